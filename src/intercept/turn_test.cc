// SPDX-License-Identifier: GPL-3.0-or-later
// Media that a TURN server relays to and from the target's telephone.
#include "wire/turn.hh"

#include <gmock/gmock.h>

#include "intercept/test_traffic.hh"
#include "wire/rtp.hh"

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

TEST(Turn, OnlyChannelDataAreOpened) {
  const auto is = [](std::uint8_t first, std::uint8_t says, std::size_t there) {
    Bytes b(wire::channel_head + there);
    b[0] = first;
    b[3] = says;
    return wire::channel_data(b).has_value();
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
