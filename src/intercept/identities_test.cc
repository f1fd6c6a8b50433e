// SPDX-License-Identifier: GPL-3.0-or-later
// Change: calls whose identities become one.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(Change, ATransferMakesOneCallOfTwo) {
  // The target speaks with two parties, then gives them to each other (RFC 5589 7).
  Bench b(grants(trusting()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call second = transferred(b, c);
  second.id = "consultation";
  second.caller = "+14045550102";
  second.a = c.z;
  second.am = ep("198.51.100.1", 30500);
  second.invite(2);
  second.answer(3);
  b.sip(4, c.z, c.a,
        refer(c, false,
              "<sip:+13125550133@carrier.example?Replaces=consultation%3Bto-tag%3Dtn%3Bfrom-tag%3Dfn>", 40));
  Call n = transferred(b, c);
  n.id = "joined";
  n.ftag = ";tag=fj";
  n.ttag = ";tag=tj";
  n.invite_extra = "Replaces: consultation;to-tag=tn;from-tag=fn\r\n";
  n.invite(5);
  EXPECT_EQ(b.sink.count(EventType::change), 0u) << "it may still fail";
  n.answer(6);
  const auto changes = all_of(b, EventType::change);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0]->call_id, "joined");
  EXPECT_EQ(changes[0]->at, at(6));
  EXPECT_THAT(strings(changes[0], "previous"), UnorderedElementsAre(c.id, "consultation"));
  EXPECT_THAT(strings(changes[0], "resulting"), ElementsAre("joined"));
  n.id = "foreign";
  n.invite_extra = "Replaces: consultation;to-tag=tn;from-tag=guess\r\n";
  n.whole(15);
  EXPECT_EQ(b.sink.count(EventType::change), 1u);
}

TEST(Change, AThirdPartyTakesThePartnersPlace) {
  for (const Kind k : {Kind::content, Kind::pen_trap}) {
    Bench b(grants(spec(k)));
    Call c{b};
    c.id = "4045550155*77";  // a Call-ID that looks like a number with keys behind it is no party
    c.invite(0);
    c.answer(1);
    Call n = transferred(b, c);
    n.caller = "+13125550133";
    n.callee = "x9f3";
    n.z = c.z;
    n.invite_extra = "Replaces: " + c.id + ";to-tag=tz;from-tag=fa\r\n";
    n.whole(3);
    const auto changes = all_of(b, EventType::change);
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_THAT(strings(changes[0], "previous"), ElementsAre(c.id));
  }
}

TEST(Change, AnAgentJoinsTwoCallsThatWereUp) {
  const std::string session = "Session-ID: ab30317f1a784dc48ff824d0d3715d86\r\n";
  for (const bool afterwards : {true, false}) {
    Bench b(grants(trusting()));
    Call c{b};
    c.invite_extra = session;
    c.invite(0);
    c.answer(1);
    Call second = transferred(b, c);
    second.id = "second";
    second.callee = "+14045550102";
    second.zm = ep("203.0.113.5", 32000);
    if (!afterwards) second.invite_extra = session;
    second.invite(2);
    second.answer(3);
    Sip re = second.message(second.request("INVITE"), "INVITE", true);
    re.cseq = "30 INVITE";
    re.extra = session;
    b.sip(4, second.a, second.z, re);
    ASSERT_EQ(b.sink.count(EventType::connection), 1u);
    const auto changes = all_of(b, EventType::change);
    ASSERT_EQ(changes.size(), afterwards ? 1u : 0u);
    if (!afterwards) continue;
    EXPECT_THAT(strings(changes[0], "previous"), ElementsAre(c.id, "second"));
    EXPECT_THAT(strings(changes[0], "resulting"), ElementsAre(c.id));
  }
}

}  // namespace
}  // namespace writ::intercept
