// SPDX-License-Identifier: GPL-3.0-or-later
// From and To are believed at the inputs that the grant names: at the trunk of another carrier, and not at an
// access port, where anybody can write them.
#include <gtest/gtest.h>

#include "intercept/test_features.hh"
#include "wire/hep_for_test.hh"

namespace writ::intercept {
namespace {

using namespace test;

constexpr std::uint32_t access_port = 1, trunk_a = 2, trunk_b = 3;

EngineOptions three_inputs() {
  EngineOptions o;
  o.inputs = {"access", "trunk-a", "trunk-b"};
  return o;
}

GrantSpec at_trunks(Kind k = Kind::content) {
  GrantSpec s = spec(k);
  s.trust_from_at = {"trunk-a", "trunk-b"};
  return s;
}

// A call that shows the target in From, and nowhere else.
Call claiming(Bench& b, const std::string& id = "claimed") {
  Call c{b};
  c.id = id;
  std::swap(c.caller, c.callee);
  return c;
}

std::size_t openings(const Bench& b, std::size_t grant = 0) {
  return b.sink.count(EventType::origination, grant) + b.sink.count(EventType::termination_attempt, grant);
}

TEST(TrustedInput, FromIsBelievedWhereTheGrantSaysSo) {
  for (const Kind k : {Kind::content, Kind::pen}) {
    Bench b(grants(at_trunks(k)), three_inputs());
    b.ingress = access_port;
    claiming(b, "forged").whole(0);
    EXPECT_EQ(openings(b), 0u);
    EXPECT_TRUE(b.sink.packets.empty());
    EXPECT_EQ(b.sink.count(EventType::review), 1u);
    b.ingress = trunk_a;
    claiming(b, "genuine").whole(10);
    ASSERT_EQ(openings(b), 1u);
    EXPECT_EQ(b.sink.first(EventType::origination)->detail["identity_source"], "from-trusted");
    EXPECT_EQ(b.sink.count(PacketRole::rtp), k == Kind::content ? 100u : 0u);
    EXPECT_EQ(b.sink.count(EventType::review), 1u);
  }
}

TEST(TrustedInput, ToIsBelievedThereToo) {
  Bench b(grants(at_trunks()), three_inputs());
  for (const std::uint32_t port : {access_port, trunk_b}) {
    b.ingress = port;
    Call c{b};
    c.id = "to-" + std::to_string(port);
    c.ruri = "line-7";
    c.whole(port * 10);
    EXPECT_EQ(openings(b), port == trunk_b ? 1u : 0u);
  }
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
}

TEST(TrustedInput, AnInputWithoutANameAndANameWithoutAnInputAreTrustedNowhere) {
  for (const bool named : {false, true}) {
    EngineOptions o;
    if (named) o.inputs = {"access"};
    Bench b(grants(at_trunks()), o);
    for (const std::uint32_t port : {0u, 1u, 2u, 64u, 4'000'000'000u}) {
      b.ingress = port;
      claiming(b, "at-" + std::to_string(port)).whole(port % 100 * 10);
    }
    EXPECT_EQ(openings(b), 0u);
    EXPECT_EQ(b.sink.count(EventType::review), 5u);
  }
}

TEST(TrustedInput, TrustWithoutAListIsOfEveryInput) {
  Bench b(grants(trusting()), three_inputs());
  b.ingress = access_port;
  claiming(b).whole(0);
  EXPECT_EQ(openings(b), 1u);
}

// How an INVITE comes in two pieces and more: each at the next of these ports, the last one again and again.
struct Pieces {
  const char* name;
  std::vector<std::uint32_t> ports;
  bool believed;
};
const Pieces in_pieces[] = {{"all at the trunk", {trunk_a}, true},
                            {"at two that are trusted", {trunk_a, trunk_b}, true},
                            {"the first at the access port", {access_port, trunk_a}, false},
                            {"one in the middle at the access port", {trunk_a, access_port, trunk_a}, false},
                            {"all but the first at the access port", {trunk_a, access_port}, false}};

void invite_in_pieces(Bench& b, Call& c, const std::vector<std::uint32_t>& ports) {
  std::size_t n = 0;
  b.tape = [&](double s, View bytes) {
    const std::uint32_t port = ports[std::min(n++, ports.size() - 1)];
    ASSERT_TRUE(b.engine.on_packet({at(s), 101, bytes, static_cast<std::uint32_t>(bytes.size()), port}));
  };
  c.invite(0, 120);
  EXPECT_GT(n, 2u);
  b.tape = {};
}

TEST(TrustedInput, AMessageInPiecesIsBelievedWhereAllOfThemAre) {
  for (const Pieces& p : in_pieces)
    for (const bool by_tcp : {false, true}) {
      Bench b(grants(at_trunks()), three_inputs());
      b.over_tcp = by_tcp;
      Call c = claiming(b);
      invite_in_pieces(b, c, p.ports);
      EXPECT_EQ(openings(b), p.believed ? 1u : 0u) << p.name << (by_tcp ? ", TCP" : ", fragments");
      ASSERT_TRUE(b.engine.finish());
      EXPECT_EQ(b.sink.count(EventType::review), p.believed ? 0u : 1u) << p.name;
    }
}

// The next message of the same connection is judged by its own segments.
TEST(TrustedInput, AConnectionIsNotSpoiltByOneMessage) {
  Bench b(grants(at_trunks()), three_inputs());
  b.over_tcp = true;
  Call first = claiming(b, "mixed");
  invite_in_pieces(b, first, {trunk_a, access_port, trunk_a});
  b.ingress = trunk_a;
  claiming(b, "whole").invite(1, 150);
  EXPECT_EQ(openings(b), 1u);
}

TEST(TrustedInput, WhatAnAgentTellsCameInWhereItsMessageDid) {
  const wire::Endpoint agent = ep("203.0.113.9", 40000), collector = ep("203.0.113.1", 9060);
  for (const Pieces& p : in_pieces)
    for (const bool by_tcp : {false, true}) {
      EngineOptions o = three_inputs();
      o.hep_from = {agent.ip};
      Bench b(grants(at_trunks()), o);
      b.wrap = [&](double s, const wire::Endpoint& x, const wire::Endpoint& y, View payload) {
        const Bytes m = wire::test::hep_message({x, y, at(s)}, payload);
        if (by_tcp)
          b.tcp(s, agent, collector, text_of(m), 120);
        else
          b.udp(s, agent, collector, m, 120);
      };
      Call c = claiming(b);
      invite_in_pieces(b, c, p.ports);
      EXPECT_EQ(openings(b), p.believed ? 1u : 0u) << p.name << (by_tcp ? ", TCP" : ", fragments");
    }
}

// A proxy keeps Call-ID and From. What it passes on to the trunk was written at the access port all the same.
TEST(TrustedInput, AFromThatWasPassedOnToTheTrunkIsNoBetter) {
  Bench b(grants(at_trunks()), three_inputs());
  b.ingress = access_port;
  Call c = claiming(b);
  c.invite(0);
  Call onward = claiming(b);
  onward.a = c.z;
  onward.z = ep("203.0.113.5", 5060);
  b.ingress = trunk_a;
  onward.invite(0.01);
  onward.answer(1);
  b.ingress = access_port;
  c.answer(1.1);
  EXPECT_EQ(openings(b), 0u);
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
  // Later, when the claim is forgotten, too.
  for (const double t : {2.0, 3.0, 300.0}) ASSERT_TRUE(b.engine.tick(at(t)));
  b.ingress = trunk_a;
  reinvite(onward, 400, true, "sendrecv");
  onward.bye(410);
  EXPECT_EQ(openings(b), 0u);
  EXPECT_EQ(b.sink.count(EventType::review), 1u) << "said once";
  EXPECT_TRUE(b.sink.packets.empty());
}

// The other way round it was the trunk that wrote it.
TEST(TrustedInput, AFromThatCameInAtTheTrunkIsBelievedAllTheWay) {
  Bench b(grants(at_trunks()), three_inputs());
  Call c = claiming(b);
  b.ingress = trunk_a;
  c.invite(0);
  Call onward = claiming(b);
  onward.a = c.z;
  onward.z = ep("203.0.113.5", 5060);
  b.ingress = access_port;
  onward.invite(0.01);
  onward.answer(1);
  b.ingress = trunk_a;
  c.answer(1.1);
  EXPECT_EQ(openings(b), 1u);
  EXPECT_EQ(b.sink.count(EventType::answer), 1u);
}

TEST(TrustedInput, AnHeirTakesOverWhatItTrustsItself) {
  struct Row {
    std::vector<std::string> at;
    bool everywhere, joins;
  };
  for (const Row& row : {Row{{}, true, true}, Row{{"trunk-a"}, false, true}, Row{{"trunk-b"}, false, false},
                         Row{{}, false, false}}) {
    GrantSpec heir = spec();
    heir.from = at(5);
    heir.trust_from = row.everywhere;
    heir.trust_from_at = row.at;
    Bench b({carrier().grant(at_trunks()), carrier().grant(heir)}, three_inputs());
    b.ingress = trunk_a;
    Call c = claiming(b);
    c.invite(0);
    c.answer(1);
    c.talk(1, 400);
    EXPECT_EQ(openings(b, 1), row.joins ? 1u : 0u);
    EXPECT_EQ(b.sink.count(EventType::review, 1), row.joins ? 0u : 1u);
  }
}

// Who is connected now, by the word of who is trusted only.
TEST(TrustedInput, AConnectedPartyIsBelievedThereOnly) {
  for (const std::uint32_t port : {access_port, trunk_a}) {
    Bench b(grants(at_trunks()), three_inputs());
    Call c{b};
    b.ingress = port;
    c.invite(0);
    c.answer(1);
    Sip m = c.message(c.request("INVITE"), "INVITE", true);
    m.cseq = "20 INVITE";
    m.extra = "P-Asserted-Identity: <sip:+13125550133@carrier.example>\r\n";
    m.body = sdp(c.am.ip.text(), c.am.port);
    b.sip(2, c.a, c.z, m);
    EXPECT_EQ(b.sink.count(EventType::connection), port == trunk_a ? 1u : 0u);
  }
}

}  // namespace
}  // namespace writ::intercept
