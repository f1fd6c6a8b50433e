// SPDX-License-Identifier: GPL-3.0-or-later
// Media that a TURN server relays to and from the target's telephone.
#include "wire/turn.hh"

#include <gmock/gmock.h>

#include "intercept/test_traffic.hh"
#include "wire/rtp.hh"
#include "wire/turn_for_test.hh"

namespace writ::intercept {
namespace {

using namespace test;

Bytes on_channel(const Bytes& datagram, std::size_t padding = 0) {
  Bytes b{0x40, 0};
  put_be16(b, static_cast<std::uint16_t>(datagram.size()));
  put_bytes(b, datagram);
  b.resize(b.size() + padding);
  return b;
}

TEST(Turn, WhatIsOnAChannelIsTheCallsMedia) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  const wire::Endpoint server = ep("203.0.113.200", 3478);
  for (std::uint16_t i = 0; i < 50; ++i) {
    b.udp(1.1 + 0.02 * i, c.zm, server, on_channel(rtp(0xbbbb, i), i % 4));
    b.udp(1.1 + 0.02 * i, server, c.zm, on_channel(rtp(0xaaaa, i)));
    b.udp(1.1 + 0.02 * i, server, ep("198.51.100.9", 30000), on_channel(rtp(0xcccc, i)));  // a neighbour's
  }
  b.udp(2.2, c.zm, server, on_channel({1, 2, 3, 4}));
  Bytes cut = on_channel(rtp(0xbbbb, 60));
  cut.resize(cut.size() - 8);
  b.udp(2.3, c.zm, server, cut);
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.packets.size(), 5u + 102u) << "of the neighbour's nothing";
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 2u);
  for (const MediaStream& s : m.calls[0].media) {
    EXPECT_EQ(s.packets, 50u);
    EXPECT_EQ(s.codec, "PCMU");
    EXPECT_EQ(s.direction, s.src == c.zm ? Direction::from_target : Direction::to_target);
    EXPECT_FALSE(s.foreign);
    EXPECT_EQ(wire::parse_rtp(m.packets.at(s.packet_index[7]).datagram)->payload.size(), 40u);
  }
  EXPECT_THAT(m.calls[0].anomalies,
              testing::Contains(testing::HasSubstr("2 packets on media ports are neither")));
}

using How = wire::Relayed::How;

std::size_t gaps_with(const RecordingSink& sink, std::string_view words) {
  return static_cast<std::size_t>(std::ranges::count_if(sink.events, [&](const auto& n) {
    return n.e.type == EventType::gap &&
           n.e.detail.at("why").template get<std::string>().find(words) != std::string::npos;
  }));
}

// Before a channel is bound, and with telephones that bind none, media go in indications. The stream is
// between the client and the peer that these name.
TEST(Turn, WhatIsInAnIndicationIsTheCallsMedia) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  const wire::Endpoint server = ep("203.0.113.200", 3478), relay = ep("203.0.113.200", 49160);
  for (std::uint16_t i = 0; i < 50; ++i) {
    const double t = 1.1 + 0.02 * i;
    b.udp(t, c.zm, server, wire::test::indication(How::send, c.am, rtp(0xbbbb, i)));
    b.udp(t + 0.001, relay, c.am, rtp(0xbbbb, i));  // the other side of the relay
    b.udp(t + 0.002, server, c.zm, wire::test::indication(How::data, c.am, rtp(0xaaaa, i)));
  }
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 50u) << "what is wrapped stays a frame of STUN";
  EXPECT_EQ(b.sink.count(PacketRole::other_media), 100u);
  EXPECT_EQ(b.sink.count(EventType::cc_unavailable), 0u) << "both ways were heard";
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 3u);
  std::size_t inside = 0;
  for (const MediaStream& s : m.calls[0].media) {
    EXPECT_EQ(s.packets, 50u);
    EXPECT_FALSE(s.foreign) << s.src.text();
    if (s.src == relay) continue;
    ++inside;
    EXPECT_TRUE((s.src == c.zm && s.dst == c.am) || (s.src == c.am && s.dst == c.zm)) << s.src.text();
    EXPECT_EQ(s.codec, "PCMU");
    EXPECT_EQ(wire::parse_rtp(m.packets.at(s.packet_index[7]).datagram)->payload.size(), 40u);
  }
  EXPECT_EQ(inside, 2u);
}

// One socket at a TURN server may serve other calls too; and anybody may name the target's end as a peer.
TEST(Turn, APeerOfAnotherCallIsNotKept) {
  Bench b(grants(spec()));
  Call c(b), other(b);
  other.id = "neighbour@x.example";
  other.callee = "+14045550199";
  other.a = ep("192.0.2.7", 5060);
  other.am = ep("192.0.2.7", 21000);
  other.zm = ep("198.51.100.9", 31000);
  c.invite(0);
  c.answer(1);
  other.invite(1.01);
  other.response(1.02, 200, "INVITE", true);
  const wire::Endpoint server = ep("203.0.113.200", 3478);
  const std::size_t before = b.sink.packets.size();
  for (std::uint16_t i = 0; i < 20; ++i) {
    const double t = 1.1 + 0.02 * i;
    b.udp(t, server, c.zm, wire::test::indication(How::data, other.am, rtp(0xdddd, i)));
    b.udp(t, c.zm, server, wire::test::indication(How::send, other.am, rtp(0xeeee, i)));
    b.udp(t, other.zm, server, wire::test::indication(How::send, c.am, rtp(0xffff, i)));
  }
  EXPECT_EQ(b.sink.packets.size(), before);
  EXPECT_EQ(gaps_with(b.sink, "one that another call has announced was not kept"), 1u);
  b.udp(2, server, c.zm, wire::test::indication(How::data, ep("192.0.2.50", 7000), rtp(0xaaaa, 1)));
  EXPECT_EQ(b.sink.packets.size(), before + 1) << "a peer behind NAT is nobody else's";
}

TEST(Turn, KeysInsideAreHeardLive) {
  GrantSpec s = spec();
  s.trust_from = true;
  s.digits = true;
  Bench b(grants(s));
  Call c(b);
  c.caller = "+14045550102";  // the target
  c.callee = "+12125550111";
  c.invite(0);
  c.answer(1);
  const wire::Endpoint server = ep("203.0.113.200", 3478);
  const auto key = [](std::uint16_t n) {
    Bytes p = rtp(0xaaaa, n, 101);
    p.resize(12);
    p.insert(p.end(), {5, 0x8a, 0, 160});
    return p;
  };
  b.udp(1.2, c.am, server, wire::test::indication(How::send, c.zm, key(1)));
  b.udp(1.5, c.am, server, on_channel(key(9)));
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Event* e = b.sink.first(EventType::dialed_digit_extraction);
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(e->detail.at("digits"), "55");
}

TEST(Turn, OnlyChannelDataAreOpened) {
  const auto is = [](std::uint8_t first, std::uint8_t says, std::size_t there) {
    Bytes b(4 + there);
    b[0] = first;
    b[3] = says;
    return wire::relayed(b).has_value();
  };
  EXPECT_TRUE(is(0x40, 8, 8));
  EXPECT_TRUE(is(0x4f, 8, 8 + 3));
  EXPECT_FALSE(is(0x3f, 8, 8));
  EXPECT_FALSE(is(0x50, 8, 8));
  EXPECT_FALSE(is(0x40, 8, 8 + 4)) << "more than padding";
  EXPECT_FALSE(is(0x40, 9, 8)) << "cut";
}

}  // namespace
}  // namespace writ::intercept
