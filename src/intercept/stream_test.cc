// SPDX-License-Identifier: GPL-3.0-or-later
// Calls whose signalling comes over TCP or through tunnels: the same calls, and nothing of the neighbours on
// the same connection.
#include <gtest/gtest.h>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;

void expect_one_whole_call(Bench& b) {
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  EXPECT_EQ(m.calls[0].direction, "to-target");
  EXPECT_TRUE(m.calls[0].answer.has_value());
  EXPECT_EQ(m.calls[0].release_cause, "200 BYE by caller");
  ASSERT_EQ(m.calls[0].media.size(), 2u);
  for (const MediaStream& s : m.calls[0].media) EXPECT_EQ(s.packets, 50u);
  EXPECT_TRUE(m.calls[0].anomalies.empty()) << m.calls[0].anomalies.front();
}

TEST(OverTcp, ACallInWholeSegments) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call(b).whole(0);
  expect_one_whole_call(b);
}

TEST(OverTcp, ACallInSegmentsOfAHundredBytes) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call c(b);
  c.invite(0, 100);
  c.answer(1);
  c.talk(1.1, 50);
  c.bye(3);
  expect_one_whole_call(b);
}

// A trunk between two switches: everybody's signalling in one stream, several messages in one segment.
TEST(OverTcp, NeighboursOnTheSameConnectionLeaveNoTrace) {
  Bench b(grants(spec()));
  Call target(b), neighbour(b);
  neighbour.caller = "+12125550155";
  neighbour.callee = "+14045550166";
  neighbour.id = "CANARY-neighbour";
  neighbour.am.port = 21000;
  neighbour.zm.port = 31000;
  const auto both = [&](double t, const wire::Endpoint& from, const wire::Endpoint& to, Sip of_target,
                        Sip of_neighbour) {
    b.tcp(t, from, to, of_neighbour.text() + of_target.text() + of_neighbour.text(), 333);
  };
  const auto invite = [](const Call& c) {
    Sip m = c.message(c.request("INVITE"), "INVITE", false);
    m.body = sdp(c.am.ip.text(), c.am.port);
    return m;
  };
  const auto ok = [](const Call& c) {
    Sip m = c.message("SIP/2.0 200 OK", "INVITE", true);
    m.body = sdp(c.zm.ip.text(), c.zm.port);
    return m;
  };
  both(0, target.a, target.z, invite(target), invite(neighbour));
  both(1, target.z, target.a, ok(target), ok(neighbour));
  target.talk(1.1, 50);
  neighbour.talk(1.1, 50);
  ++target.cseq;
  b.tcp(3, target.a, target.z, target.message(target.request("BYE"), "BYE", true).text());
  b.tcp(3.05, target.z, target.a, target.message("SIP/2.0 200 OK", "BYE", true).text());
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  for (const char* canary : {"CANARY", "5550155", "5550166", "21000", "31000"})
    EXPECT_EQ(b.sink.all().find(canary), std::string::npos) << canary;
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  EXPECT_EQ(m.calls[0].release_cause, "200 BYE by caller");
  EXPECT_EQ(m.calls[0].media.size(), 2u);
}

TEST(OverTcp, APenRegisterYieldsNoPacket) {
  Bench b(grants(spec(authority::Kind::pen_trap)));
  b.over_tcp = true;
  Call(b).whole(0);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_TRUE(b.sink.packets.empty());
  EXPECT_EQ(b.sink.count(EventType::answer), 1u);
}

TEST(OverTcp, WhatIsMissingOfAMessageIsSaid) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call c(b);
  c.invite(0);
  const std::string answer = c.message("SIP/2.0 180 Ringing", "INVITE", true).text();
  b.tcp(1, c.z, c.a, answer.substr(0, 60));
  b.skip(c.z, c.a, static_cast<std::uint32_t>(answer.size() - 60));  // never seen
  c.answer(2);
  c.talk(2.1, 50);
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Event* gap = b.sink.first(EventType::gap);
  ASSERT_NE(gap, nullptr);
  EXPECT_EQ(gap->detail["why"], "SIP over TCP of which parts are missing");
  EXPECT_EQ(b.sink.matter().calls.at(0).media.size(), 2u) << "the next message is read all the same";
}

Bytes in_vxlan(View ip) {
  Bytes inner(12, 0x12);
  put_be16(inner, 0x0800);
  put_bytes(inner, ip);
  Bytes v{8, 0, 0, 0, 0, 0, 1, 0};
  put_bytes(v, inner);
  return ipv4_udp(ep("203.0.113.1", 40000), ep("203.0.113.2", 4789), v).front();
}

TEST(InTunnels, ACallIsTheSameCallAndItsFramesKeepTheTunnel) {
  Bench plain(grants(spec())), tunnelled(grants(spec()));
  Call(plain).whole(0);
  // The same frames once more, each in a VXLAN datagram.
  ASSERT_TRUE(plain.engine.finish());
  for (const RecordingSink::Packet& p : plain.sink.packets) {
    const Bytes f = in_vxlan(p.bytes);
    ASSERT_TRUE(tunnelled.engine.on_packet({p.at, 101, f, static_cast<std::uint32_t>(f.size())}));
  }
  expect_one_whole_call(tunnelled);
  EXPECT_EQ(tunnelled.sink.packets.size(), plain.sink.packets.size());
  EXPECT_EQ(tunnelled.sink.packets.front().bytes.size(), plain.sink.packets.front().bytes.size() + 50);
}

}  // namespace
}  // namespace writ::intercept
