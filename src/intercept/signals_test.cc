// SPDX-License-Identifier: GPL-3.0-or-later
// Signals without a call, the status of surveillance, the place of each event, a call that is given up. Each
// for a content grant and, where it may differ, for a pen register.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::HasSubstr;

TEST(Signals, MessagesWaitingAndTextMessages) {
  Bench b(grants(spec(Kind::pen_trap)));
  Call c{b};
  Sip n = c.message("NOTIFY sip:+14045550102@192.0.2.7 SIP/2.0", "NOTIFY", false);
  n.call_id = "mwi";
  n.type = "application/simple-message-summary";
  n.body = "Messages-Waiting: yes\r\nMessage-Account: sip:CANARY@x\r\nVoice-Message: 2/8\r\n";
  b.sip(0, c.a, c.z, n);
  Sip m = c.message(c.request("MESSAGE"), "MESSAGE", false);
  m.call_id = "sms";
  m.type = "text/plain";
  m.body = "CANARY";
  b.sip(1, c.a, c.z, m);
  m.start = "SIP/2.0 202 Accepted";
  b.sip(1.1, c.z, c.a, m);
  EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
  const Json j = calls_json(b.sink.matter());
  std::vector<std::string> kinds;
  for (const Json& e : j["signals"])
    kinds.push_back(e["type"].get<std::string>() + " " + e.value("signal", e.value("event", std::string())));
  EXPECT_THAT(kinds, testing::Contains("NetworkSignal MESSAGE"));
  EXPECT_THAT(kinds, testing::Contains("NetworkSignal NOTIFY"));
  EXPECT_THAT(kinds, testing::Contains("SurveillanceStatus activation"));
  bool waiting = false;
  for (const Json& e : j["signals"]) waiting = waiting || e.value("message_waiting", false);
  EXPECT_TRUE(waiting);
}

TEST(Status, SaidWithTheFirstWordUnderAGrantAndAtItsEnd) {
  GrantSpec s = spec();
  s.until = at(60);
  Bench b({carrier().grant(s), carrier().grant(spec(Kind::content, "+14045550177"))});
  Call c{b};
  c.callee = "+12125550190";
  c.id = "foreign";
  c.whole(0);
  EXPECT_TRUE(b.sink.statuses.empty());
  c.id = "own";
  c.callee = "+14045550102";
  c.whole(10);
  ASSERT_EQ(b.sink.statuses.size(), 1u);
  EXPECT_EQ(b.sink.statuses[0].e.at, at(0)) << "since the window and the input began";
  ASSERT_TRUE(b.engine.tick(at(61)));
  ASSERT_TRUE(b.engine.finish());
  ASSERT_EQ(b.sink.statuses.size(), 2u) << "and nothing under the grant that nothing passed for";
  EXPECT_EQ(b.sink.statuses[1].e.detail["event"], "deactivation");
  EXPECT_EQ(b.sink.statuses[1].e.at, at(60) - Nanos{1});
}

TEST(Nameless, CallsWithoutACallIdAreSaidOnce) {
  for (const Kind k : {Kind::content, Kind::trap, Kind::pen}) {
    Bench b({carrier().grant(spec(k)), carrier().grant(spec(Kind::content, "+14045550177"))});
    Call c{b};
    c.id = "";
    c.whole(0);
    c.whole(10);
    const bool seen = k != Kind::pen;
    EXPECT_EQ(b.sink.count(EventType::gap), seen ? 1u : 0u);
    EXPECT_EQ(b.sink.events.size(), seen ? 1u : 0u) << "and nobody else hears of it";
    EXPECT_TRUE(b.sink.packets.empty());
    std::swap(c.caller, c.callee);  // without trust: somebody says so
    c.whole(20);
    c.whole(30);
    EXPECT_EQ(b.sink.count(EventType::review), k == Kind::trap ? 0u : 1u);
  }
}

TEST(Events, NameThePacketTheyWereReadFrom) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);           // 1
  c.response(0.1, 180);  // 2
  c.answer(1);           // 3, 4
  c.talk(1.1, 5);        // 5..14
  c.bye(2);              // 15, 16
  EXPECT_EQ(b.sink.first(EventType::termination_attempt)->frame, 1u);
  EXPECT_EQ(b.sink.first(EventType::network_signal)->frame, 2u);
  EXPECT_EQ(b.sink.first(EventType::answer)->frame, 3u);
  EXPECT_EQ(b.sink.first(EventType::release)->frame, 15u) << "the BYE, whose answer made it count";
  EXPECT_EQ(b.sink.first(EventType::release)->at, at(2));
  const auto back = decode_event(encode(*b.sink.first(EventType::answer)));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->frame, 3u);
}

TEST(Cancel, TheCallerGaveUp) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.response(0.1, 180);
  b.sip(1, c.a, c.z, c.message(c.request("CANCEL"), "CANCEL", false));
  c.response(1.05, 200, "CANCEL");
  c.response(1.1, 487);
  ASSERT_EQ(b.sink.count(EventType::release), 1u);
  EXPECT_EQ(b.sink.first(EventType::release)->detail["by"], "caller");
  EXPECT_THAT(b.sink.first(EventType::release)->detail["cause"].get<std::string>(), HasSubstr("487"));
}

}  // namespace
}  // namespace writ::intercept
