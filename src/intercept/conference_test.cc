// SPDX-License-Identifier: GPL-3.0-or-later
// Conferences of the subject: parties that are joined, held, dropped. Each for a content grant and, where it
// may differ, for a pen register.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;

const char* conference_xml(int version, const char* state, const char* users) {
  static std::string t;
  t = "<?xml version=\"1.0\"?><!-- <user entity='sip:ghost@x'/> --><ci:conference-info "
      "xmlns:ci='urn:ietf:params:xml:ns:conference-info' entity='sip:conf7@focus.example' state='" +
      std::string(state) + "' version='" + std::to_string(version) + "'><ci:users>" + users +
      "</ci:users></ci:conference-info>";
  return t.c_str();
}

std::string user(const char* uri, const char* status) {
  return std::string("<ci:user entity=\"sip:") + uri +
         "\"><ci:display-text>CANARY</ci:display-text><ci:endpoint><ci:status>" + status +
         "</ci:status></ci:endpoint></ci:user>";
}

TEST(Conference, SubjectInitiatedWithItsParties) {
  for (const Kind k : {Kind::content, Kind::pen}) {
    Bench b(grants(trusting(k)));
    Call c{b};
    c.caller = "+14045550102";
    c.callee = "conf7";
    c.answer_extra = "Contact: <sip:conf7@focus.example:5060>;isfocus\r\n";
    c.invite(0);
    c.answer(1);
    const Event* first = b.sink.first(EventType::conf_party_change);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->detail["conference"], "conf7@focus.example");
    EXPECT_EQ(first->detail["initiated_by_target"], true);
    b.sip(2, c.a, c.z, refer(c, true, "<sip:+13125550133@carrier.example>", 30));
    Sip n = c.message("NOTIFY sip:t@192.0.2.1 SIP/2.0", "NOTIFY", true);
    std::swap(n.from, n.to);
    n.type = "application/conference-info+xml";
    const auto tell = [&](double t, int version, const char* state, const std::string& users) {
      n.cseq = std::to_string(10 + version) + " NOTIFY";
      n.body = conference_xml(version, state, users.c_str());
      b.sip(t, c.z, c.a, n);
    };
    tell(3, 1, "full", user("+14045550102@carrier.example", "connected"));
    tell(4, 2, "partial", user("+13125550133@carrier.example", "connected"));
    tell(4.1, 2, "partial", user("+13125550133@carrier.example", "connected"));
    tell(5, 3, "partial", user("+13125550133@carrier.example", "on-hold"));
    tell(6, 4, "partial", user("+13125550133@carrier.example", "connected"));
    tell(7, 5, "partial", "<ci:user entity='sip:+13125550133@carrier.example' state='deleted'/>");
    tell(8, 4, "full", "");  // an old one comes late
    const auto changes = all_of(b, EventType::conf_party_change);
    ASSERT_EQ(changes.size(), 6u);
    EXPECT_THAT(strings(changes[2], "joined"), ElementsAre("+13125550133"));
    EXPECT_THAT(strings(changes[2], "communicating"), ElementsAre("+13125550133", "+14045550102"));
    EXPECT_THAT(strings(changes[3], "held"), ElementsAre("+13125550133"));
    EXPECT_THAT(strings(changes[5], "removed"), ElementsAre("+13125550133"));
    EXPECT_EQ(b.sink.count(EventType::subject_signal), 1u) << "the REFER that asks the party in";
    if (k == Kind::pen) {
      EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
    }
  }
}

TEST(Conference, ThreeWayOfOneTelephone) {
  Bench b(grants(trusting()));
  Call c{b};  // a call to the target
  c.invite(0);
  c.answer(1);
  reinvite(c, 2, false, "sendonly", 200, 20);
  Call second = transferred(b, c);
  second.id = "second";
  second.caller = "+14045550102";
  second.a = c.z;
  second.am = ep("198.51.100.1", 30500);
  second.invite(3);
  second.answer(4);
  EXPECT_EQ(b.sink.count(EventType::conf_party_change), 0u) << "one is on hold";
  reinvite(c, 5, false, "sendrecv", 200, 21);
  ASSERT_EQ(b.sink.count(EventType::conf_party_change), 1u);
  EXPECT_THAT(strings(b.sink.first(EventType::conf_party_change), "communicating"),
              testing::UnorderedElementsAre("+12125550111", "+13125550133"));
  c.bye(9);
  const auto changes = all_of(b, EventType::conf_party_change);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_THAT(strings(changes[1], "removed"), ElementsAre("+12125550111"));
}

// The subscription has a Call-ID of its own and is quiet for minutes: what is known of the parties stays as
// long as it lasts.
TEST(Conference, IsKnownAsLongAsItsSubscriptionLasts) {
  Bench b(grants(trusting()));
  Call c{b};
  c.caller = "+14045550102";
  c.callee = "conf7";
  c.id = "subscription";
  Sip s = c.message(c.request("SUBSCRIBE"), "SUBSCRIBE", false);
  b.sip(0, c.a, c.z, s);
  Sip n = c.message("NOTIFY sip:t@192.0.2.1 SIP/2.0", "NOTIFY", true);
  std::swap(n.from, n.to);
  n.type = "application/conference-info+xml";
  const auto tell = [&](double t, int version, const char* state, const std::string& users) {
    n.cseq = std::to_string(10 + version) + " NOTIFY";
    n.extra = "Subscription-State: active;expires=600\r\n";
    n.body = conference_xml(version, state, users.c_str());
    b.sip(t, c.z, c.a, n);
  };
  tell(1, 1, "full", user("+13125550133@carrier.example", "connected") + user("+12125550111@x", "connected"));
  for (int t = 2; t < 550; ++t) ASSERT_TRUE(b.engine.tick(at(t)));
  tell(550, 2, "partial", "<ci:user entity='sip:+12125550111@x' state='deleted'/>");
  const auto changes = all_of(b, EventType::conf_party_change);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_THAT(strings(changes[1], "removed"), ElementsAre("+12125550111"));
  EXPECT_THAT(strings(changes[1], "communicating"), ElementsAre("+13125550133"));
  // And no longer.
  for (int t = 551; t < 1300; ++t) ASSERT_TRUE(b.engine.tick(at(t)));
  tell(1300, 3, "partial", "<ci:user entity='sip:+13125550133@carrier.example' state='deleted'/>");
  EXPECT_EQ(all_of(b, EventType::conf_party_change).size(), 2u);
}

// Two telephones of one number, each with a conference of its own at the same time.
TEST(Conference, OfEachTelephoneApart) {
  Bench b(grants(trusting()));
  std::vector<Call> calls;
  for (int n = 0; n < 4; ++n) {
    Call c{b};
    const std::string phone = n < 2 ? "192.0.2.1" : "192.0.2.2";
    c.id = "call-" + std::to_string(n);
    c.caller = "+14045550102";
    c.callee = "+1212555012" + std::to_string(n);
    c.a = ep(phone, 5060);
    c.am = ep(phone, static_cast<std::uint16_t>(20000 + 2 * n));
    c.zm.port = static_cast<std::uint16_t>(30000 + 2 * n);
    calls.push_back(c);
  }
  const auto hold = [&](std::size_t n, double t, const char* how) {
    reinvite(calls[n], t, true, how, 200, static_cast<std::uint32_t>(20 + t));
  };
  for (const std::size_t first : {0u, 2u}) {
    const double t = static_cast<double>(first) * 0.1;
    calls[first].invite(t);
    calls[first].answer(t + 1);
    hold(first, t + 2, "sendonly");
    calls[first + 1].invite(t + 3);
    calls[first + 1].answer(t + 4);
  }
  hold(0, 6, "sendrecv");
  hold(2, 7, "sendrecv");
  auto changes = all_of(b, EventType::conf_party_change);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_THAT(strings(changes[0], "communicating"), ElementsAre("+12125550120", "+12125550121"));
  EXPECT_THAT(strings(changes[1], "communicating"), ElementsAre("+12125550122", "+12125550123"));
  calls[0].cseq = 40;
  calls[0].bye(8);
  changes = all_of(b, EventType::conf_party_change);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_THAT(strings(changes[2], "removed"), ElementsAre("+12125550120"));
  EXPECT_THAT(strings(changes[2], "communicating"), ElementsAre("+12125550121"));
}

TEST(Conference, TwoCallsOfOneNumberAloneAreNone) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call d{b};
  d.id = "other";
  d.caller = "+12125550122";
  d.am = ep("192.0.2.7", 20000);
  d.zm = ep("198.51.100.1", 30900);
  d.invite(2);
  d.answer(3);
  EXPECT_EQ(b.sink.count(EventType::conf_party_change), 0u);
}

}  // namespace
}  // namespace writ::intercept
