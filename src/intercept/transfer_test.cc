// SPDX-License-Identifier: GPL-3.0-or-later
// Transfer and redirection: who is followed, and who is not. Each for a content grant and, where it may
// differ, for a pen register.
#include <gmock/gmock.h>

#include <functional>

#include "intercept/expected_calls.hh"
#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;

TEST(Transfer, BlindByTheTargetIsFollowed) {
  for (const Kind k : {Kind::content, Kind::trap, Kind::pen}) {
    Bench b(grants(spec(k)));
    Call c{b};
    c.invite(0);
    c.answer(1);
    b.sip(2, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example?X=CANARY>", 40));
    Sip notify = c.message("NOTIFY sip:x@198.51.100.1 SIP/2.0", "NOTIFY", true);
    notify.cseq = "50 NOTIFY";
    notify.type = "message/sipfrag;version=2.0";
    notify.body = "SIP/2.0 100 Trying\r\n";
    b.sip(2.2, c.a, c.z, notify);
    Call n = transferred(b, c);
    n.whole(2.5);
    notify.cseq = "51 NOTIFY";
    notify.body = "SIP/2.0 200 OK\r\nSubject: CANARY\r\n";
    b.sip(3.6, c.a, c.z, notify);
    b.sip(3.7, c.a, c.z, notify);
    c.bye(4);
    const bool seen = k != Kind::pen;  // a call to the target: a pen register has no part in it
    ASSERT_EQ(b.sink.count(EventType::subject_signal), seen ? 1u : 0u);
    ASSERT_EQ(b.sink.count(EventType::termination_attempt), seen ? 2u : 0u);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), k == Kind::content ? 100u : 0u);
    if (!seen) continue;
    EXPECT_EQ(b.sink.first(EventType::subject_signal)->detail["refer_to"], "+13125550133");
    const auto opened = all_of(b, EventType::termination_attempt);
    EXPECT_EQ(opened[1]->detail["identity_source"], "transfer");
    EXPECT_EQ(opened[1]->detail["transferred_from"], c.id);
    EXPECT_EQ(opened[1]->detail["direction"], "redirected");
    const auto redirections = all_of(b, EventType::redirection);
    ASSERT_EQ(redirections.size(), 2u);
    const auto* old = redirections[0]->call_id == c.id ? redirections[0] : redirections[1];
    EXPECT_EQ(old->detail["new_call_id"], "new-leg");
    std::vector<int> statuses;
    for (const Event* e : all_of(b, EventType::network_signal))
      if (e->detail.contains("refer_status")) statuses.push_back(e->detail["refer_status"]);
    EXPECT_THAT(statuses, ElementsAre(100, 200));
    if (k != Kind::content) {
      EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
    }
  }
}

TEST(Transfer, OnlyThePartyThatWasSentAndOnlyThere) {
  struct Row {
    const char* what;
    std::function<void(Call&)> change;
  };
  const Row rows[] = {{"somebody else behind the same address", [](Call& n) { n.caller = "+12125550177"; }},
                      {"from another address", [](Call& n) { n.a = ep("192.0.2.9", 5060); }},
                      {"to another place", [](Call& n) { n.callee = "+13125550144"; }}};
  for (const Row& r : rows) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    b.sip(2, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 40));
    Call n = transferred(b, c);
    r.change(n);
    n.whole(2.5);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 0u) << r.what;
  }
  // Too late, and a second call of the same party there.
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  b.sip(2, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 40));
  Call n = transferred(b, c);
  n.whole(3);
  n.id = "again";
  n.whole(10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  b.sip(20, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 41));
  n.id = "late";
  n.whole(90);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Transfer, AReferWithWrongTagsIsNone) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip forged = refer(c, false, "<sip:+13125550133@carrier.example>", 40);
  forged.from = c.party(c.callee) + ";tag=guess";
  forged.to = c.party(c.caller) + ";tag=other";
  b.sip(2, c.z, c.a, forged);
  Call n = transferred(b, c);
  n.whole(2.5);
  EXPECT_EQ(b.sink.count(EventType::subject_signal), 0u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 0u);
}

// A device that names thousands of places hides neither its next call nor another target's; what no longer
// fits is said.
TEST(Transfer, AFloodOfPlacesHidesNothingThatFollows) {
  std::vector<authority::VerifiedGrant> both = grants(spec());
  both.push_back(carrier().grant(spec(Kind::content, "+14045550103")));
  Bench b(std::move(both));
  Call c{b}, quiet{b};
  quiet.id = "quiet";
  quiet.callee = "+14045550103";
  quiet.a = ep("192.0.2.7", 5060);
  quiet.am = ep("192.0.2.7", 20000);
  quiet.zm = ep("198.51.100.1", 30300);
  for (Call* each : {&quiet, &c}) {
    each->invite(0);
    each->answer(1);
  }
  const auto place = [](std::size_t n) { return "+1312555" + std::to_string(10000 + n).substr(1); };
  const auto sent = [&](const Call& by, double t, const std::string& to, std::uint32_t cseq) {
    b.sip(t, by.z, by.a, refer(by, false, "<sip:" + to + "@carrier.example>", cseq));
  };
  sent(quiet, 1.9, "+13125550133", 40);
  constexpr std::size_t places = ExpectedCalls::per_grant_max + 1000;
  for (std::size_t n = 0; n < places; ++n)
    sent(c, 2 + 0.0001 * static_cast<double>(n), place(n), 40 + static_cast<std::uint32_t>(n));
  Call quiet_goes = transferred(b, quiet);
  quiet_goes.whole(3);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 100u);
  std::uint16_t port = 21000;
  const auto goes = [&](std::size_t n, double t) {
    Call g = transferred(b, c);
    g.id = "goes-" + std::to_string(n);
    g.callee = place(n);
    g.am.port = g.zm.port = port += 2;
    g.whole(t);
    return b.sink.count(PacketRole::rtp);
  };
  EXPECT_EQ(goes(places - 1, 10), 100u);  // the newest
  EXPECT_EQ(goes(1000, 15), 200u);        // the earliest that still fits
  EXPECT_EQ(goes(999, 20), 200u);
  const auto gaps = all_of(b, EventType::gap);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0]->call_id, c.id);
  EXPECT_THAT(gaps[0]->detail["why"].get<std::string>(), testing::HasSubstr("more than 4096 places"));
}

// The place that the target named, as the PBX writes it.
TEST(Transfer, BehindAPbxIsFollowedWhereItIsProven) {
  struct Row {
    const char *what, *refer_to, *party, *place, *caller, *referred_by;
    bool followed;
  };
  const char *outside = "+12125550111", *target = "Referred-By: <sip:+14045550102@pbx.example>\r\n";
  const Row rows[] = {
      {"an extension at its contact", "103@pbx.example", outside, "103", outside, "", true},
      {"sent by the target, says the PBX", "103@pbx.example", outside, "103", "+14045550100", target, true},
      {"with a prefix to get out", "913125550133@pbx.example", outside, "+13125550133", outside, "", true},
      {"without the country", "93125550133@pbx.example", outside, "+13125550133", outside, "", true},
      {"by extensions alone: another house's", "103@pbx.example", "102", "103", "102", "", false},
      {"somebody else", "103@pbx.example", outside, "103", "+12125550177", "", false},
      {"sent by somebody else", "103@pbx.example", outside, "103", "+12125550177",
       "Referred-By: <sip:+14045550109@pbx.example>\r\n", false},
      {"to another extension", "103@pbx.example", outside, "104", outside, target, false},
      {"a number that ends alike", "+13125550133@x", outside, "+443125550133", outside, target, false},
  };
  for (const Row& r : rows) {
    Bench b(grants(spec()));
    Call c{b};
    c.caller = r.party;
    c.invite(0);
    c.answer(1);
    b.sip(2, c.z, c.a, refer(c, false, std::string("<sip:") + r.refer_to + ">", 40));
    Call n = transferred(b, c);
    n.callee = r.place;
    n.caller = r.caller;
    n.invite_extra = r.referred_by;
    n.whole(2.5);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), r.followed ? 100u : 0u) << r.what;
    for (int t = 4; t < 70; ++t) ASSERT_TRUE(b.engine.tick(at(t)));
    const auto gaps = all_of(b, EventType::gap);
    ASSERT_EQ(gaps.size(), r.followed ? 0u : 1u) << r.what;
    if (r.followed) continue;
    EXPECT_EQ(gaps[0]->call_id, c.id);
    EXPECT_THAT(gaps[0]->detail["why"].get<std::string>(), testing::HasSubstr("none was followed")) << r.what;
  }
}

TEST(Transfer, ThatCannotComeIsNoGap) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip m = refer(c, false, "<sip:+13125550133@carrier.example>", 40);
  b.sip(2, c.z, c.a, m);
  m.start = "SIP/2.0 603 Decline";
  b.sip(2.1, c.a, c.z, m);
  b.sip(3, c.z, c.a, refer(c, false, "<sip:+13125550133@x?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", 41));
  for (int t = 4; t < 100; ++t) ASSERT_TRUE(b.engine.tick(at(t)));
  EXPECT_EQ(b.sink.count(EventType::gap), 0u);
}

// One REFER passes two hops, and its call comes by one of them.
TEST(Transfer, IsMetOnAllHops) {
  Bench b(grants(spec()));
  Call c{b};
  const wire::Endpoint proxy = ep("203.0.113.9", 5060);
  c.invite(0);
  c.answer(1);
  const Sip m = refer(c, false, "<sip:+13125550133@carrier.example>", 40);
  b.sip(2, c.z, proxy, m);
  b.sip(2.01, proxy, c.a, m);
  transferred(b, c).whole(2.5);
  for (int t = 4; t < 100; ++t) ASSERT_TRUE(b.engine.tick(at(t)));
  EXPECT_EQ(b.sink.count(EventType::gap), 0u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Transfer, AttendedReplacesTheTargetsDialog) {
  // The target speaks with two parties, then gives them to each other (RFC 5589 7).
  Bench b(grants(trusting()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call second = transferred(b, c);  // the target calls the third party
  second.id = "consultation";
  second.caller = "+14045550102";
  second.a = c.z;
  second.am = ep("198.51.100.1", 30500);
  second.invite(2);
  second.answer(3);
  b.sip(4, c.z, c.a,
        refer(c, false,
              "<sip:+13125550133@carrier.example?Replaces=consultation%3Bto-tag%3Dtn%3Bfrom-tag%3Dfn>", 40));
  EXPECT_EQ(b.sink.first(EventType::subject_signal)->detail["replaces"], "consultation");
  Call n = transferred(b, c);
  n.id = "joined";
  n.ftag = ";tag=fj";
  n.ttag = ";tag=tj";
  n.a = ep("192.0.2.99", 5060);  // from where it comes does not matter: it knows the dialog's identifiers
  n.invite_extra = "Replaces: consultation;to-tag=tn;from-tag=fn\r\n";
  n.whole(5);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  const auto opened = all_of(b, EventType::termination_attempt);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1]->detail["identity_source"], "replaces");
  EXPECT_EQ(opened[1]->detail["direction"], "redirected");
  // The same with tags that are not the dialog's is somebody else's call.
  n.id = "foreign";
  n.invite_extra = "Replaces: consultation;to-tag=tn;from-tag=guess\r\n";
  n.whole(15);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Transfer, ReplacesAtTheTargetIsACallToTheTarget) {
  // The target's partner gives its place to a third party; the Request-URI is the target's contact of the
  // day.
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call n = transferred(b, c);
  n.caller = "+13125550133";
  n.callee = "x9f3";
  n.a = ep("203.0.113.5", 5060);
  n.z = c.z;
  n.invite_extra = "Replaces: " + c.id + ";to-tag=tz;from-tag=fa\r\n";
  n.whole(3);
  const auto opened = all_of(b, EventType::termination_attempt);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1]->detail["direction"], "to-target");
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Redirect, AMovedCallIsFollowedWithoutDiversion) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  Sip m = c.message("SIP/2.0 302 Moved", "INVITE", true);
  m.extra = "Contact: <sip:+13125550133@carrier.example>;q=1\r\n";
  b.sip(0.2, c.z, c.a, m);
  Call n = transferred(b, c);
  n.whole(0.5);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(all_of(b, EventType::termination_attempt).at(1)->detail["transferred_from"], c.id);
}

}  // namespace
}  // namespace writ::intercept
