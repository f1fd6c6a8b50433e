// SPDX-License-Identifier: GPL-3.0-or-later
// Text messages: each is an event, and its answer one more.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;

struct Texts {
  Bench& b;
  Call c{b};
  // On both hops of a proxy, asked and answered.
  void send(double t, std::uint32_t cseq, bool by_caller, bool in_dialog, int status = 200) {
    Sip m = c.message(c.request("MESSAGE"), "MESSAGE", in_dialog);
    m.cseq = std::to_string(cseq) + " MESSAGE";
    m.type = "text/plain";
    m.body = "CANARY";
    if (!by_caller) std::swap(m.from, m.to);
    const wire::Endpoint a = by_caller ? c.a : c.z, z = by_caller ? c.z : c.a,
                         proxy = ep("203.0.113.9", 5060);
    b.sip(t, a, proxy, m);
    b.sip(t + 0.01, proxy, z, m);
    m.start = "SIP/2.0 " + std::to_string(status) + " X";
    m.body = "";
    b.sip(t + 0.1, z, proxy, m);
    b.sip(t + 0.11, proxy, a, m);
  }
  std::size_t texts(EventType type) const {
    const auto all = all_of(b, type);
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const Event* e) { return e->detail.value("signal", "") == "MESSAGE"; }));
  }
  std::size_t answers() const {
    const auto all = all_of(b, EventType::network_signal);
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const Event* e) { return e->detail.value("status", 0) == 200; }));
  }
};

TEST(Messages, EachUnderOneCallIdAndItsAnswerOnce) {
  Bench b(grants(spec(Kind::trap)));
  Texts t{b};
  for (std::uint32_t n = 1; n <= 3; ++n) t.send(n, n, true, false);
  EXPECT_EQ(t.texts(EventType::network_signal), 3u);
  EXPECT_EQ(t.answers(), 3u);
  EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
}

TEST(Messages, OneThatIsAskedWhoItIsIsOne) {
  Bench b(grants(trusting(Kind::pen)));
  Texts t{b};
  t.c.caller = "+14045550102";
  t.c.callee = "+12125550111";
  t.send(1, 1, true, false, 407);
  t.send(2, 2, true, false);
  EXPECT_EQ(t.texts(EventType::subject_signal), 1u);
  EXPECT_EQ(t.answers(), 1u);
}

TEST(Messages, InsideOfACall) {
  for (const Kind k : {Kind::content, Kind::trap}) {
    Bench b(grants(spec(k)));
    Texts t{b};
    t.c.invite(0);
    t.c.answer(1);
    t.send(2, 60, true, true);
    t.send(3, 61, false, true);
    EXPECT_EQ(t.texts(EventType::network_signal), 1u);
    // A trap has no part in what the target sends.
    EXPECT_EQ(t.texts(EventType::subject_signal), k == Kind::content ? 1u : 0u);
    // With tags of no dialog of the call it is somebody else's.
    t.c.ftag = ";tag=guess";
    t.c.ttag = ";tag=other";
    t.send(4, 62, true, true);
    EXPECT_EQ(t.texts(EventType::network_signal), 1u);
  }
}

// One that hides his name, under the Call-ID of another's text: to the target it is all the same.
TEST(Messages, OfAnotherSenderUnderOneCallId) {
  Bench b(grants(spec(Kind::trap)));
  Texts t{b};
  t.send(1, 1, true, false);
  t.c.caller = "anonymous";
  t.c.ftag = ";tag=hidden";
  t.send(2, 2, true, false);
  EXPECT_EQ(t.texts(EventType::network_signal), 2u);
}

TEST(Messages, WhatIsOnItsWayIsNotAnswered) {
  Bench b(grants(spec(Kind::trap)));
  Texts t{b};
  Sip m = t.c.message(t.c.request("MESSAGE"), "MESSAGE", false);
  b.sip(0, t.c.a, t.c.z, m);
  t.c.response(0.1, 100, "MESSAGE");
  EXPECT_EQ(b.sink.events.size(), 1u);
  t.c.response(1, 200, "MESSAGE");
  EXPECT_EQ(t.answers(), 1u);
}

}  // namespace
}  // namespace writ::intercept
