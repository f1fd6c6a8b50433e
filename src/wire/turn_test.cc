// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "wire/turn_for_test.hh"

namespace writ::wire {
namespace {

using How = Relayed::How;

Endpoint at(std::string_view ip, std::uint16_t port) {
  Endpoint e;
  EXPECT_TRUE(Address::parse(ip, e.ip));
  e.port = port;
  return e;
}

// The masked address of RFC 5769 2.2 and 2.3, with its transaction.
TEST(Turn, TheAddressIsUnmasked) {
  const Bytes head{0,    0x17, 0,    0,    0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7,
                   0xa7, 1,    0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};
  const Bytes v4{0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43},
      v6{0,    2,    0xa1, 0x47, 1,    0x13, 0xa9, 0xfa, 0xa5, 0xd3,
         0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};
  for (const auto& [value, text] :
       {std::pair{v4, "192.0.2.1:32853"}, std::pair{v6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"}}) {
    Bytes b = head;
    test::put_attribute(b, 0x0013, view_of("hello"));
    test::put_attribute(b, 0x0012, value);
    b[3] = static_cast<std::uint8_t>(b.size() - 20);
    const auto r = relayed(b);
    ASSERT_TRUE(r) << text;
    EXPECT_EQ(r->peer.text(), text);
    EXPECT_EQ(text_of(r->payload), "hello");
    EXPECT_EQ(r->head, 24u);
    EXPECT_EQ(r->how, How::data);
  }
}

TEST(Turn, TheEndsOfWhatIsInside) {
  const Endpoint client = at("192.0.2.9", 40000), server = at("203.0.113.200", 3478),
                 peer = at("198.51.100.1", 30000);
  const Bytes out = test::indication(How::send, peer, view_of("abc"));
  const UdpPacket sent = without_relay({client, server, out, false}, *relayed(out));
  EXPECT_EQ(sent.src, client);
  EXPECT_EQ(sent.dst, peer);
  const Bytes in = test::indication(How::data, peer, view_of("abc"));
  const UdpPacket came = without_relay({server, client, in, false}, *relayed(in));
  EXPECT_EQ(came.src, peer);
  EXPECT_EQ(came.dst, client);
  const Bytes channel{0x40, 0, 0, 3, 'a', 'b', 'c', 0};
  const UdpPacket bound = without_relay({client, server, channel, false}, *relayed(channel));
  EXPECT_EQ(bound.dst, server);
  EXPECT_EQ(text_of(bound.payload), "abc");
}

TEST(Turn, WhatIsNoneOrLiesIsLeftAlone) {
  const Endpoint peer = at("198.51.100.1", 30000);
  const Bytes good = test::indication(How::send, peer, view_of("abcd"));
  ASSERT_TRUE(relayed(good));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(relayed(View(good).first(n))) << n;
  for (const std::size_t place : {0u, 1u, 2u, 3u, 4u, 7u, 33u, 37u, 46u}) {
    Bytes bad = good;
    bad[place] ^= 0x80;
    EXPECT_FALSE(relayed(bad)) << place;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(relayed(longer));
  // Without a peer, without data (the report of an ICMP error), and the second of two peers.
  Bytes b(good.begin(), good.begin() + 20);
  test::put_attribute(b, 0x0013, view_of("abcd"));
  b[3] = static_cast<std::uint8_t>(b.size() - 20);
  EXPECT_FALSE(relayed(b));
  b.resize(20);
  const View mask = View(good).subspan(4, 16);
  test::put_attribute(b, 0x0012, test::xor_peer(peer, mask));
  b[3] = static_cast<std::uint8_t>(b.size() - 20);
  EXPECT_FALSE(relayed(b));
  test::put_attribute(b, 0x0012, test::xor_peer(at("192.0.2.66", 1), mask));
  test::put_attribute(b, 0x0013, view_of("abcd"));
  b[3] = static_cast<std::uint8_t>(b.size() - 20);
  ASSERT_TRUE(relayed(b));
  EXPECT_EQ(relayed(b)->peer, peer);
}

}  // namespace
}  // namespace writ::wire
