// SPDX-License-Identifier: GPL-3.0-or-later
// What the simulated carrier (tests/carrier) showed: what is said before the identity is proven, strangers
// under the call's own Call-ID, requests that nobody accepted.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

// The far hop of a proxy answers first; the proof comes with the same answer on the near hop.
TEST(BeforeTheProof, WhatTheFarHopSaidIsNotLost) {
  Bench b(grants(spec(Kind::content, "+12125550111")));
  Call c{b};
  c.invite(0);
  c.response(0.01, 407);
  c.ack(0.02);
  ++c.cseq;
  const std::string session = "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=0\r\n";
  c.invite_extra = session +
                   "Proxy-Authorization: Digest username=\"+12125550111\", realm=\"carrier.example\", "
                   "nonce=\"n\", response=\"r\"\r\n";
  c.invite(0.1);
  Call far = c;
  far.a = c.z;
  far.z = ep("203.0.113.5", 5060);
  far.invite_extra.clear();
  far.invite(0.11);
  Call leg = far;  // an agent behind, under a Call-ID of its own, that says who calls
  far.response(0.5, 200, "INVITE", true);
  EXPECT_EQ(b.sink.events.size(), 0u);
  c.answer(0.51);
  ASSERT_EQ(b.sink.count(EventType::answer), 1u);
  EXPECT_EQ(b.sink.first(EventType::answer)->at, at(0.5));
  leg.id = "leg2";
  leg.callee = "+13125550133";
  leg.invite_extra = session + "Diversion: <sip:+12125550111@carrier.example>\r\n";
  leg.invite(0.6);
  ASSERT_EQ(b.sink.count(EventType::connection), 1u) << "the session was named before the proof";
  EXPECT_EQ(b.sink.first(EventType::connection)->detail["leg_of"], c.id);
}

// Whoever knows the tags may send a request; a number that nobody accepted hides no real end.
TEST(Requests, OfAnyNumberThatNobodyAcceptsChangeNothing) {
  for (const int answered : {481, 0}) {
    Bench b(grants(trusting()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    Call forger = c;
    forger.a = ep("203.0.113.66", 5060);
    forger.cseq = 900;
    b.sip(2, forger.a, forger.z, forger.message(forger.request("INFO"), "INFO", true));
    if (answered != 0) forger.response(2.1, answered, "INFO");
    b.sip(3, c.a, c.z, refer(c, true, "<sip:+13125550133@carrier.example>", 5));
    c.cseq = 5;
    c.bye(4);
    EXPECT_EQ(b.sink.count(EventType::network_signal), 1u) << "the REFER with the lower number";
    ASSERT_EQ(b.sink.count(EventType::release), 1u);
    EXPECT_EQ(b.sink.first(EventType::release)->detail["cause"], "200 BYE by caller");
  }
}

// Other people's call under the Call-ID of the target's, over the same proxy and in sight on both sides of
// it.
TEST(Strangers, UnderTheSameCallIdAreNotTheTargets) {
  for (const bool first_hop_seen : {true, false}) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    const std::size_t before = b.sink.packets.size();
    Call n{b};
    n.id = c.id;
    n.caller = "+12125550177";
    n.callee = "+12125550178";
    n.a = ep("203.0.113.66", 5060);
    n.am = ep("203.0.113.66", 21000);
    n.zm = ep("203.0.113.77", 31000);
    n.ftag = ";tag=stranger";
    n.ttag = ";tag=other";
    n.invite(2);
    Call far = n;
    far.a = n.z;
    far.z = ep("203.0.113.77", 5060);
    far.invite(2.1);
    far.answer(3);
    n.answer(3.1);
    n.talk(3.2, 20);
    if (first_hop_seen) n.bye(5);
    EXPECT_EQ(b.sink.packets.size(), before);
    EXPECT_EQ(b.sink.all().find("550177"), std::string::npos);
    EXPECT_EQ(b.sink.count(EventType::gap), 1u) << "and it is said";
    c.talk(6, 10);
    c.bye(8);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
    EXPECT_EQ(b.sink.count(EventType::release), 1u);
  }
}

// Two sources that nobody announced, the phone behind a NAT and somebody else for half a second: media go
// back to the one only.
TEST(Strangers, BesideANatAreToldApartByWhoIsAnswered) {
  Bench b(grants(spec()));
  Call c{b};
  c.am = ep("10.0.0.5", 20000);
  c.invite(0);
  c.answer(1);
  const wire::Endpoint nat = ep("203.0.113.9", 41000);
  b.talk(1.1, nat, c.zm, 1, 100);
  b.talk(1.101, c.zm, nat, 2, 100);
  b.talk(1.5, ep("203.0.113.66", 6666), c.zm, 3, 20);
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 3u);
  for (const MediaStream& s : m.calls[0].media) EXPECT_EQ(s.foreign, s.ssrc == 3);
}

// A key that INFO tells of stands among the call's digits, once, though two hops show it.
TEST(Strangers, AndKeysByInfoOfTheCallItself) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip info = c.message(c.request("INFO"), "INFO", true);
  info.cseq = "2 INFO";
  info.type = "application/dtmf-relay";
  info.body = "Signal=7\r\nDuration=160\r\n";
  b.sip(2, c.a, c.z, info);
  b.sip(2.01, c.z, ep("203.0.113.5", 5060), info);
  info.from = c.party(c.caller) + ";tag=guess";
  info.to = c.party(c.callee) + ";tag=guess2";
  info.cseq = "3 INFO";
  b.sip(2.5, ep("203.0.113.66", 5060), c.z, info);
  c.cseq = 3;
  c.bye(4);
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).dtmf.size(), 1u);
  EXPECT_EQ(m.calls[0].dtmf[0].digit, '7');
  EXPECT_EQ(m.calls[0].dtmf[0].source, "info");
  EXPECT_FALSE(m.calls[0].dtmf[0].from_target);
}

}  // namespace
}  // namespace writ::intercept
