// SPDX-License-Identifier: GPL-3.0-or-later
// A pen register takes what goes out, a trap what comes in, whoever speaks later in the call.
#include <gmock/gmock.h>

#include "intercept/barred_calls.hh"
#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::HasSubstr;

// A call of which the called party speaks last: re-INVITE, INFO, BYE.
void ended_by_callee(Call& c, double t) {
  c.invite(t);
  c.response(t + 0.1, 180);
  c.answer(t + 1);
  reinvite(c, t + 2, false, "sendrecv");
  Sip info = c.message("INFO sip:x@192.0.2.1 SIP/2.0", "INFO", true);
  std::swap(info.from, info.to);
  info.cseq = "21 INFO";
  c.b.sip(t + 3, c.z, c.a, info);
  Sip bye = c.message("BYE sip:x@192.0.2.1 SIP/2.0", "BYE", true);
  std::swap(bye.from, bye.to);
  bye.cseq = "22 BYE";
  c.b.sip(t + 4, c.z, c.a, bye);
  bye.start = "SIP/2.0 200 OK";
  c.b.sip(t + 4.05, c.a, c.z, bye);
}

Call call_of(Bench& b, bool incoming, const std::string& id) {
  Call c{b};
  c.id = id;
  if (!incoming) std::swap(c.caller, c.callee);
  return c;
}

TEST(Direction, OfTheOtherWayNothingIsTakenWhoeverSpeaks) {
  for (const Kind k : {Kind::pen, Kind::trap, Kind::pen_trap})
    for (const bool incoming : {true, false}) {
      Bench b(grants(trusting(k)));
      Call c = call_of(b, incoming, "c1");
      ended_by_callee(c, 0);
      const bool seen = k == Kind::pen_trap || incoming == (k == Kind::trap);
      EXPECT_EQ(b.sink.count(EventType::termination_attempt), seen && incoming ? 1u : 0u);
      EXPECT_EQ(b.sink.count(EventType::origination), seen && !incoming ? 1u : 0u);
      EXPECT_EQ(b.sink.count(EventType::release), seen ? 1u : 0u);
      EXPECT_EQ(b.sink.events.empty(), !seen) << "not even a review: " << b.sink.all();
    }
}

TEST(Direction, NeitherBehindADialogThatIsForgotten) {
  Bench b(grants(trusting(Kind::pen)));
  Call c = call_of(b, true, "c1");
  ended_by_callee(c, 0);
  ASSERT_TRUE(b.engine.tick(at(400)));
  c.bye(401);
  reinvite(c, 402, false, "sendrecv", 200, 40);
  EXPECT_TRUE(b.sink.events.empty()) << b.sink.all();
}

TEST(Direction, OfACallThatIsJoinedLateAPersonHears) {
  for (const Kind k : {Kind::pen, Kind::trap, Kind::pen_trap, Kind::content})
    for (const bool by_target : {true, false}) {
      Bench b(grants(trusting(k)));
      Call c = call_of(b, true, "up");
      reinvite(c, 0, !by_target, "sendrecv");
      const bool guesses = k == Kind::pen_trap || k == Kind::content;
      EXPECT_EQ(b.sink.count(EventType::origination) + b.sink.count(EventType::termination_attempt),
                guesses ? 1u : 0u);
      ASSERT_EQ(b.sink.count(EventType::review), guesses ? 0u : 1u);
      if (guesses) continue;
      EXPECT_EQ(b.sink.events.size(), 1u);
      EXPECT_THAT(b.sink.first(EventType::review)->detail["source"].get<std::string>(),
                  HasSubstr("the beginning was not seen"));
    }
}

TEST(Direction, IsThatOfTheCallWhoeverIsHeardFirst) {
  GrantSpec late = trusting();
  late.from = at(1.5);
  GrantSpec pen = trusting(Kind::pen), other = trusting(Kind::pen, "+14045550177");
  pen.from = late.from;
  Bench b({carrier().grant(trusting(Kind::trap)), carrier().grant(late), carrier().grant(pen),
           carrier().grant(other)});
  Call c = call_of(b, true, "up");
  ended_by_callee(c, 0);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 0), 1u);
  for (const std::size_t g : {2u, 3u}) EXPECT_EQ(b.sink.count(EventType::review, g), 0u);
  for (const auto& n : b.sink.events) EXPECT_LT(n.grant, 2u) << to_string(n.e.type);
  EXPECT_EQ(b.sink.count(EventType::origination, 1), 0u);
  const Event* open = b.sink.first(EventType::termination_attempt, 1);
  ASSERT_NE(open, nullptr);
  EXPECT_EQ(open->detail["calling"], "+12125550111");
  EXPECT_EQ(open->detail["called"], "+14045550102");
}

// In a dialog the Request-URI is the other party's Contact, which a stranger can write.
TEST(Direction, ACallerIsNotProvenByHisOwnContact) {
  for (const Kind k : {Kind::pen, Kind::pen_trap, Kind::content}) {
    Bench b({carrier().grant(spec(k)), carrier().grant(spec(Kind::content, "+12125550190"))});
    Call c{b};
    c.caller = "+14045550102";  // says he, and he knows the number that he calls to be tapped
    c.callee = "+12125550190";
    c.invite(0);
    c.answer(1);
    Sip bye = c.message("INVITE sip:+14045550102@192.0.2.1 SIP/2.0", "INVITE", true);
    std::swap(bye.from, bye.to);
    bye.cseq = "5 INVITE";
    b.sip(2, c.z, c.a, bye);
    c.talk(3, 5);
    for (const auto& n : b.sink.events)
      EXPECT_TRUE(n.grant == 1 || n.e.type == EventType::review) << to_string(n.e.type);
    EXPECT_EQ(b.sink.count(PacketRole::rtp, 0), 0u);
    EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 10u);
  }
}

TEST(Direction, WhatIsForgottenIsAReview) {
  Bench b(grants(trusting(Kind::pen)));
  for (std::size_t n = 0; n <= BarredCalls::per_grant_max; ++n)
    call_of(b, true, "c" + std::to_string(n)).invite(0.01 * static_cast<double>(n));
  Call first = call_of(b, true, "c0"), last = call_of(b, true, "c9");
  reinvite(last, 20, false, "sendrecv");
  EXPECT_TRUE(b.sink.events.empty());
  reinvite(first, 21, false, "sendrecv");
  EXPECT_EQ(b.sink.events.size(), 1u);
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
}

// A Diversion within the call: neither side is the party that diverted it.
TEST(Direction, ARedirectedCallIsOneWhoeverSpeaks) {
  for (const bool by_caller : {true, false}) {
    GrantSpec late = spec(Kind::content, "+14045550177");
    late.from = at(1.5);
    Bench b({carrier().grant(spec()), carrier().grant(late)});
    Call c = call_of(b, true, "up");
    c.invite(0);
    c.answer(1);
    Sip m = c.message(c.request("INVITE"), "INVITE", true);
    if (!by_caller) std::swap(m.from, m.to);
    m.cseq = "5 INVITE";
    m.extra = "Diversion: <sip:+14045550177@carrier.example>\r\n";
    b.sip(2, by_caller ? c.a : c.z, by_caller ? c.z : c.a, m);
    const Event* open = b.sink.first(EventType::termination_attempt, 1);
    ASSERT_NE(open, nullptr);
    EXPECT_EQ(open->detail["direction"], "redirected");
    EXPECT_EQ(b.sink.count(EventType::redirection, 1), 1u);
  }
}

// Of a call that is joined late the side that was heard first stands for the caller, and whoever calls that
// side in it calls the target.
TEST(Direction, ACallThatIsJoinedLateIsProvenByWhoCallsTheTargetInIt) {
  Bench b(grants(spec()));
  Call c = call_of(b, true, "up");
  Sip m = c.message("INVITE sip:+12125550111@192.0.2.1 SIP/2.0", "INVITE", true);
  std::swap(m.from, m.to);
  m.cseq = "5 INVITE";
  m.body = sdp(c.zm.ip.text(), c.zm.port);
  b.sip(0, c.z, c.a, m);
  EXPECT_TRUE(b.sink.events.empty());
  reinvite(c, 1, true, "sendrecv");
  c.talk(2, 10);
  EXPECT_EQ(b.sink.count(EventType::origination), 1u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
}

// From one target to another a pen register takes the call, so of what comes when it is forgotten a person
// hears.
TEST(Direction, ACallBetweenTwoTargetsIsNotBarred) {
  GrantSpec two = trusting(Kind::pen);
  two.targets.push_back(number("+12125550111"));
  Bench b(grants(two));
  Call c = call_of(b, true, "c1");
  c.whole(0);
  EXPECT_EQ(b.sink.count(EventType::origination), 1u);
  EXPECT_EQ(b.sink.count(EventType::release), 1u);
  ASSERT_TRUE(b.engine.tick(at(400)));
  reinvite(c, 402, false, "sendrecv", 200, 40);
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
}

// A message of the call's Call-ID with tags of none of its dialogs, as whoever learned it can write: what it
// names is no party of this call.
TEST(Direction, AMessageOfNoDialogOfTheCallProvesNobodysPartInIt) {
  for (const char* method : {"INVITE", "INFO", "MESSAGE"})
    for (const bool by_from : {false, true}) {
      const std::string named = "+12125550190";
      Bench b({carrier().grant(spec()),
               carrier().grant(by_from ? trusting(Kind::content, named) : spec(Kind::content, named))});
      Call c = call_of(b, true, "up");
      c.invite(0);
      c.answer(1);
      const bool begins = std::string_view(method) == "MESSAGE";
      Sip m = c.message(std::string(method) + " sip:" + (by_from ? "x" : named) + "@192.0.2.1 SIP/2.0",
                        method, !begins);
      m.from = c.party(by_from ? named : "+12125550166") + ";tag=guess";
      if (!begins) m.to = c.party("+14045550102") + ";tag=other";
      b.sip(2, c.a, c.z, m);
      c.talk(3, 10);
      ASSERT_TRUE(b.engine.finish());
      EXPECT_EQ(b.sink.count(PacketRole::rtp, 0), 20u);
      EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 0u) << method;
      EXPECT_EQ(b.sink.count(EventType::review, 1), 1u) << "a person hears of it";
      for (const auto& n : b.sink.events) EXPECT_TRUE(n.grant == 0 || n.e.type == EventType::review);
    }
}

// The caller's tag tells who speaks, also to a branch whose answer was not seen.
TEST(Direction, OfABranchThatIsHeardOfLate) {
  GrantSpec late = trusting();
  late.from = at(1.5);
  Bench b({carrier().grant(spec(Kind::content, "+12125550199")), carrier().grant(late)});
  Call c = call_of(b, true, "up");
  c.ruri = "+12125550199";
  c.invite(0);
  c.response(0.5, 180);
  c.ttag = ";tag=branch";
  Sip m = c.message("UPDATE sip:x@192.0.2.1 SIP/2.0", "UPDATE", true);
  std::swap(m.from, m.to);
  b.sip(2, c.z, c.a, m);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 1), 1u);
  EXPECT_EQ(b.sink.count(EventType::origination, 1), 0u);
}

// Of a call that was joined late not all tags are known: a leg with others says itself which way it goes.
TEST(Direction, OfALegWithOtherTagsOfACallThatIsJoinedLate) {
  GrantSpec late = trusting(Kind::content, "+12125550111");
  late.from = at(1.5);
  Bench b({carrier().grant(trusting()), carrier().grant(late)});
  Call c = call_of(b, true, "up");
  reinvite(c, 0, true, "sendrecv");
  c.ftag = ";tag=leg";
  c.ttag = ";tag=far";
  reinvite(c, 2, true, "sendrecv", 200, 30);
  EXPECT_EQ(b.sink.count(EventType::origination, 1), 1u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 1), 0u);
}

}  // namespace
}  // namespace writ::intercept
