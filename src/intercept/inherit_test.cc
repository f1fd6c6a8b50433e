// SPDX-License-Identifier: GPL-3.0-or-later
// Grants that begin while calls are up that the probe holds for others.
#include <gmock/gmock.h>

#include "intercept/test_registration.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::HasSubstr;

bool nothing_under(const Bench& b, std::size_t grant) {
  return std::ranges::none_of(b.sink.events, [&](const auto& n) { return n.grant == grant; });
}

GrantSpec window(GrantSpec s, double from, double until = 86400) {
  s.from = at(from);
  s.until = at(until);
  return s;
}

// A call of some nine seconds, of 800 packets: 402 of them after the fifth second.
void nine_seconds(Call& c) {
  c.invite(0);
  c.response(0.1, 180);
  c.answer(1);
  c.talk(1, 400);
  c.bye(9.5);
}

std::size_t packets_since(const Bench& b, Instant from) {
  return static_cast<std::size_t>(std::ranges::count_if(b.sink.packets, [&](const auto& p) {
    return p.grant == 0 && p.tag.role == PacketRole::rtp && p.at >= from;
  }));
}

TEST(Inherit, AGrantJoinsItsTargetsCallAtItsStart) {
  for (const bool trust : {true, false})
    for (const Kind k : {Kind::content, Kind::pen_trap, Kind::trap}) {
      GrantSpec own = trust ? trusting(k) : spec(k);
      Bench b({carrier().grant(trust ? trusting() : spec()), carrier().grant(window(own, 5)),
               carrier().grant(window(trusting(k, "+14045550177"), 5))});
      Call c{b};
      nine_seconds(c);
      EXPECT_EQ(b.sink.count(PacketRole::rtp, 0), 800u);
      EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), k == Kind::content ? packets_since(b, at(5)) : 0u);
      const Event* open = b.sink.first(EventType::termination_attempt, 1);
      ASSERT_NE(open, nullptr);
      EXPECT_EQ(open->at, at(5));
      EXPECT_EQ(open->frame, 0u);
      EXPECT_EQ(open->detail["mid_call"], true);
      EXPECT_EQ(open->detail["calling"], "+12125550111");
      EXPECT_FALSE(b.sink.first(EventType::termination_attempt, 0)->detail.contains("mid_call"));
      EXPECT_EQ(b.sink.count(EventType::answer, 1), 1u);
      EXPECT_EQ(b.sink.count(EventType::cc_open, 1), k == Kind::content ? 1u : 0u);
      EXPECT_EQ(b.sink.count(EventType::release, 1), 1u);
      for (const auto& n : b.sink.events) {
        EXPECT_LT(n.grant, 2u) << "another target's grant began then, too";
        EXPECT_TRUE(n.grant == 0 || n.e.at >= at(5)) << to_string(n.e.type);
      }
      for (const auto& p : b.sink.packets) EXPECT_TRUE(p.grant == 0 || p.at >= at(5));
      EXPECT_EQ(b.sink.matter(1).calls.size(), 1u);
    }
}

TEST(Inherit, AnExtensionLosesNothingAndAPauseKeepsNothing) {
  for (const bool pause : {false, true}) {
    Bench b({carrier().grant(window(spec(), -3600, 5)), carrier().grant(window(spec(), pause ? 5.001 : 5))});
    Call c{b};
    nine_seconds(c);
    EXPECT_EQ(b.sink.count(PacketRole::rtp, 0) + b.sink.count(PacketRole::rtp, 1),
              pause ? b.sink.count(PacketRole::rtp, 0) : 800u);
    EXPECT_EQ(b.sink.count(EventType::release, 0), 0u);
    EXPECT_EQ(b.sink.count(EventType::release, 1), 1u);
    if (!pause) {
      EXPECT_EQ(b.sink.first(EventType::release, 1)->at, at(9.5));
      EXPECT_THAT(b.sink.first(EventType::gap, 0)->detail["why"].get<std::string>(),
                  HasSubstr("authority ended"));
      EXPECT_EQ(b.sink.count(EventType::gap, 1), 0u);
    }
  }
}

TEST(Inherit, AGrantThatIsDeliveredToARunningEngine) {
  std::vector<authority::VerifiedGrant> all{carrier().grant(spec())};
  all.reserve(2);
  RecordingSink sink;
  Engine engine{all, sink};
  Bench b(std::vector<authority::VerifiedGrant>{});
  b.tape = [&](double t, View f) {
    if (t >= 5 && all.size() == 1) {
      all.push_back(carrier().grant(spec()));
      engine.grants_added();
    }
    ASSERT_TRUE(engine.on_packet({at(t), 101, f, static_cast<std::uint32_t>(f.size())}));
  };
  Call c{b};
  nine_seconds(c);
  const Event* open = sink.first(EventType::termination_attempt, 1);
  ASSERT_NE(open, nullptr);
  EXPECT_TRUE(open->at > at(4.9) && open->at <= at(5)) << "with the last packet before it came";
  EXPECT_GT(sink.count(PacketRole::rtp, 1), 390u);
  EXPECT_EQ(sink.count(EventType::release, 1), 1u);
}

TEST(Inherit, TheDirectionIsTheCalls) {
  for (const bool incoming : {true, false})
    for (const Kind k : {Kind::pen, Kind::trap}) {
      Bench b({carrier().grant(trusting()), carrier().grant(window(trusting(k), 5))});
      Call c{b};
      if (!incoming) std::swap(c.caller, c.callee);
      c.invite(0);
      c.answer(1);
      reinvite(c, 6, incoming, "sendrecv");
      reinvite(c, 7, !incoming, "sendrecv", 200, 30);
      c.cseq = 40;
      c.bye(9);
      const bool seen = incoming == (k == Kind::trap);
      EXPECT_EQ(b.sink.count(incoming ? EventType::termination_attempt : EventType::origination, 1),
                seen ? 1u : 0u);
      EXPECT_EQ(b.sink.count(EventType::release, 1), seen ? 1u : 0u);
      EXPECT_EQ(nothing_under(b, 1), !seen);
    }
}

TEST(Inherit, TrustIsNotInherited) {
  Bench b({carrier().grant(trusting()), carrier().grant(window(spec(), 5))});
  Call c{b};
  std::swap(c.caller, c.callee);
  nine_seconds(c);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 0), 800u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 0u);
  ASSERT_EQ(b.sink.count(EventType::review, 1), 1u);
  EXPECT_EQ(b.sink.first(EventType::review, 1)->at, at(5));
}

TEST(Inherit, OfSeveralTargetsOnlyItsOwn) {
  GrantSpec two = spec();
  two.targets.push_back(number("+14045550177"));
  for (const bool own : {true, false}) {
    Bench b({carrier().grant(two), carrier().grant(window(spec(), 5))});
    Call c{b};
    c.callee = own ? "+14045550102" : "+14045550177";
    nine_seconds(c);
    EXPECT_EQ(b.sink.count(PacketRole::rtp, 0), 800u);
    EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), own ? packets_since(b, at(5)) : 0u);
    EXPECT_EQ(nothing_under(b, 1), !own);
  }
}

// Where its phone is registered, by what the other grant has seen of that.
void registers_line7(Bench& b, double t) {
  const std::string party = "<sip:+14045550102@carrier.example>";
  Sip r{"REGISTER sip:carrier.example SIP/2.0",
        party + ";tag=r",
        party,
        "reg",
        "1 REGISTER",
        "Contact: <sip:line7@192.0.2.7:5060>\r\nExpires: 600\r\n",
        "",
        ""};
  b.sip(t, ep("192.0.2.7", 5060), ep("198.51.100.1", 5060), r);
  r.start = "SIP/2.0 200 OK";
  b.sip(t + 0.1, ep("198.51.100.1", 5060), ep("192.0.2.7", 5060), r);
}

// By the name that the registrar has accepted, whoever asked for it.
TEST(Inherit, NamesThatTheRegistrarAccepted) {
  Bench b({carrier().grant(spec()), carrier().grant(window(spec(), 5)),
           carrier().grant(window(spec(Kind::content, "+14045550177"), 5))});
  Device d{b};
  d.extra = authorization("hb-9f3", "pbx.example.net");
  d.registers(0);
  Call c = outgoing(b, "own", ep("198.51.100.77", 5060));
  c.caller = "anonymous";
  c.invite_extra = authorization("hb-9f3", "pbx.example.net");
  c.invite(6);
  c.response(6.1, 401);
  c.cseq = 2;
  c.invite(6.2);
  c.answer(7);
  c.talk(8, 10);
  for (const std::size_t g : {0u, 1u}) EXPECT_EQ(b.sink.count(PacketRole::rtp, g), 20u);
  for (const auto& n : b.sink.events) EXPECT_LT(n.grant, 2u);
}

Call call_to_line7(Bench& b) {
  Call c{b};
  c.id = "c7";
  c.callee = "huntgroup";
  c.ruri = "line7";
  c.z = ep("192.0.2.7", 5060);
  return c;
}

void invite_line7(Call& c, double t) {
  Sip m = c.message("INVITE sip:line7@192.0.2.7:5060 SIP/2.0", "INVITE", false);
  m.body = sdp(c.am.ip.text(), c.am.port);
  c.b.sip(t, c.a, c.z, m);
}

TEST(Inherit, RegistrationsThatAreInForce) {
  for (const double registered : {0.0, 4.95}) {
    Bench b({carrier().grant(spec()), carrier().grant(window(spec(), 5)),
             carrier().grant(window(spec(Kind::content, "+14045550177"), 5))});
    registers_line7(b, registered);  // the second answer comes when the grant has begun
    Call c = call_to_line7(b);
    invite_line7(c, 6);
    c.answer(7);
    c.talk(8, 10);
    for (const std::size_t g : {0u, 1u}) EXPECT_EQ(b.sink.count(PacketRole::rtp, g), 20u) << registered;
    for (const auto& n : b.sink.events) EXPECT_LT(n.grant, 2u);
  }
}

// Who the target's party is was the word of a peer, of which the new order knows nothing.
TEST(Inherit, ATransferOnlyWhereTheNewOneTrustsTheSamePeers) {
  for (const bool trusts : {true, false}) {
    GrantSpec before = window(spec(), -3600, 5), after = window(spec(), 5);
    before.trusted_peers = {"198.51.100.1"};
    if (trusts) after.trusted_peers = before.trusted_peers;
    Bench b({carrier().grant(before), carrier().grant(after)});
    Call c{b};
    c.invite(0);
    c.answer(1);
    b.sip(4, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 40));
    transferred(b, c).whole(6);
    EXPECT_EQ(b.sink.count(EventType::termination_attempt, 1), trusts ? 2u : 1u);
    EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), trusts ? 100u : 0u);
  }
}

TEST(Inherit, ATransferThatIsUnderWay) {
  Bench b({carrier().grant(window(spec(), -3600, 5)), carrier().grant(window(spec(), 5)),
           carrier().grant(window(spec(Kind::pen), 5))});
  Call c{b};
  c.invite(0);
  c.answer(1);
  b.sip(4, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 40));
  Call n = transferred(b, c);
  n.whole(6);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 100u);
  const auto opened = all_of(b, EventType::termination_attempt, 1);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1]->detail["transferred_from"], c.id);
  EXPECT_TRUE(nothing_under(b, 2)) << "it takes no calls to the target";
}

// A contact names no target: of a grant with two of them nobody can tell whose call it is.
TEST(Inherit, WhatCannotBeToldIsSaid) {
  GrantSpec two = spec();
  two.targets.push_back(number("+14045550177"));
  Bench b({carrier().grant(two), carrier().grant(window(spec(), 5))});
  registers_line7(b, -1);
  Call c = call_to_line7(b);
  invite_line7(c, 0);
  c.answer(1);
  c.talk(1, 400);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 0), 800u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 0u);
  EXPECT_EQ(b.sink.count(EventType::gap, 1), 1u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 1), 0u);
}

TEST(Inherit, WhatWaitsForItsProof) {
  for (const bool accepted : {true, false}) {
    Bench b({carrier().grant(spec(Kind::content, "+12125550111")),
             carrier().grant(window(spec(Kind::content, "+12125550111"), 5))});
    Call c{b};
    c.invite(0);
    c.response(0.05, 407);
    c.cseq = 2;
    c.invite_extra =
        "Proxy-Authorization: Digest username=\"+12125550111\", realm=\"carrier.example\", nonce=\"n\", "
        "uri=\"sip:x\", response=\"00000000000000000000000000000000\"\r\n";
    c.invite(0.1);
    c.response(6, accepted ? 200 : 403, "INVITE", accepted);
    c.ack(6.1);
    c.talk(7, 50);
    for (const std::size_t g : {0u, 1u}) {
      EXPECT_EQ(b.sink.count(PacketRole::rtp, g), accepted ? 100u : 0u);
      EXPECT_EQ(b.sink.count(EventType::answer, g), accepted ? 1u : 0u);
    }
    for (const auto& p : b.sink.packets) EXPECT_TRUE(p.grant == 0 || p.at >= at(5));
  }
}

TEST(Inherit, TheStateOfTheCall) {
  Bench b({carrier().grant(trusting()), carrier().grant(window(trusting(), 5))});
  Call c{b};
  c.invite(0);
  c.answer(1);
  reinvite(c, 2, true, "sendonly");
  reinvite(c, 6, true, "sendrecv", 200, 30);
  for (const EventType t : {EventType::connection_break, EventType::connection})
    EXPECT_EQ(b.sink.count(t, 1), 1u) << to_string(t);
  EXPECT_EQ(b.sink.first(EventType::connection_break, 1)->at, at(5));
}

TEST(Inherit, ACallThatIsSilentUntilItWakes) {
  Bench b({carrier().grant(spec()), carrier().grant(window(spec(), 500))});
  Call c{b};
  c.invite(0);
  c.answer(1);
  c.talk(1, 5);
  for (int t = 2; t < 600; t += 10) ASSERT_TRUE(b.engine.tick(at(t)));
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 1), 1u);
  EXPECT_EQ(b.sink.count(EventType::gap, 1), 1u);
  c.talk(610, 5, 100);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 10u);
  c.bye(620);
  EXPECT_EQ(b.sink.count(EventType::release, 1), 1u);
}

// As a parser that began anew has it: the first grant has itself come upon the call in its middle.
TEST(Inherit, ACallThatWasJoinedLateBefore) {
  Bench b({carrier().grant(trusting()), carrier().grant(window(trusting(), 5)),
           carrier().grant(window(trusting(Kind::trap), 5))});
  Call c{b};
  reinvite(c, 0, true, "sendrecv");
  c.talk(1, 400);
  c.cseq = 40;
  c.bye(9.5);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), packets_since(b, at(5)));
  EXPECT_EQ(b.sink.count(EventType::release, 1), 1u);
  EXPECT_EQ(b.sink.count(EventType::review, 2), 1u) << "which way it goes is not known";
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 2) + b.sink.count(EventType::origination, 2), 0u);
}

// The grant before took a Diversion at its word; the new one names whom it trusts.
TEST(Inherit, ARedirectedCallOnlyWhereTheNewOneTrustsAsMuch) {
  for (const bool trusts : {true, false}) {
    GrantSpec late = window(spec(), 5);
    late.trusted_peers = {trusts ? "192.0.2.1" : "192.0.2.99"};
    Bench b({carrier().grant(spec()), carrier().grant(late)});
    Call c{b};
    c.callee = "+14045550199";
    c.invite_extra = "Diversion: <sip:+14045550102@carrier.example>\r\n";
    c.invite(0);
    c.answer(1);
    c.talk(2, 400);
    EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), trusts ? packets_since(b, at(5)) : 0u);
    EXPECT_EQ(b.sink.count(EventType::review, 1), trusts ? 0u : 1u);
  }
}

// A claim that the order before could not prove is none of the next one's: that hears of it by itself.
TEST(Inherit, WhatWasNotProvenIsHeardAgain) {
  Bench b({carrier().grant(spec(Kind::content, "+12125550111")),
           carrier().grant(window(spec(Kind::content, "+12125550111"), 5)), carrier().grant(spec())});
  Call c{b};
  c.invite(0);
  c.answer(1);
  EXPECT_EQ(b.sink.count(EventType::review, 0), 1u);
  reinvite(c, 6, true, "sendrecv");
  c.talk(7, 10);
  EXPECT_EQ(b.sink.count(EventType::review, 1), 1u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 0u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 2), 20u);
}

// Nor what waits for its proof when it is over: a text that was sent, a call of which the BYE was answered.
TEST(Inherit, NothingThatIsOverAndNotProven) {
  for (const char* method : {"INVITE", "MESSAGE"}) {
    const bool is_call = std::string_view(method) == "INVITE";
    Bench b({carrier().grant(spec(Kind::content, "+12125550111")),
             carrier().grant(window(spec(Kind::content, "+12125550111"), 5))});
    Call c{b};
    Sip m = c.message(c.request(method), method, false);
    b.sip(0, c.a, c.z, m);
    c.response(0.1, 407, method);
    c.cseq = 2;
    m = c.message(c.request(method), method, false);
    m.extra = "Proxy-" + authorization("+12125550111", "carrier.example");
    b.sip(0.2, c.a, c.z, m);
    if (is_call) {
      c.bye(3);
      Call next = call_to_line7(b);  // so that time goes on
      next.caller = "+13125550133";
      invite_line7(next, 6);
    } else {
      c.response(6, 200, method);
    }
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(b.sink.count(EventType::review, 0), is_call ? 1u : 0u);
    EXPECT_EQ(b.sink.count(EventType::subject_signal, 0), is_call ? 0u : 1u);
    EXPECT_TRUE(nothing_under(b, 1)) << method;
  }
}

TEST(Inherit, WhatIsJoinedLaterByItsOwnSignallingSaysSo) {
  GrantSpec late = window(spec(), 5);
  late.trusted_peers = {"192.0.2.1"};
  Bench b({carrier().grant(trusting()), carrier().grant(late)});
  Call c{b};
  std::swap(c.caller, c.callee);
  c.invite(0);
  c.answer(1);
  Sip again = c.message(c.request("INVITE"), "INVITE", true);
  again.cseq = "9 INVITE";
  again.extra = "P-Asserted-Identity: <sip:+14045550102@carrier.example>\r\n";
  b.sip(7, c.a, c.z, again);
  const Event* open = b.sink.first(EventType::origination, 1);
  ASSERT_NE(open, nullptr);
  EXPECT_EQ(open->detail["mid_call"], true);
  EXPECT_EQ(open->at, at(7));
  EXPECT_EQ(b.sink.count(EventType::answer, 1), 1u);
  EXPECT_EQ(b.sink.count(EventType::review, 1), 1u) << "said when it began";
}

// What was over when the order began is none of its own: a call that has ended, a text that was sent.
TEST(Inherit, NothingThatIsOver) {
  Bench b({carrier().grant(trusting()), carrier().grant(window(trusting(), 5))});
  Call c{b};
  c.whole(0);
  Call text{b};
  text.id = "text@a.example";
  Sip m = text.message(text.request("MESSAGE"), "MESSAGE", false);
  m.body = "hello";
  m.type = "text/plain";
  b.sip(3.5, text.a, text.z, m);
  text.response(3.6, 200, "MESSAGE");
  Call next{b};  // so that time goes on
  next.id = "next@a.example";
  next.callee = "+14045550199";
  next.invite(6);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(EventType::release, 0), 1u);
  EXPECT_TRUE(std::ranges::any_of(all_of(b, EventType::network_signal),
                                  [](const Event* e) { return e->detail.value("signal", "") == "MESSAGE"; }));
  EXPECT_TRUE(nothing_under(b, 1));
}

}  // namespace
}  // namespace writ::intercept
