// SPDX-License-Identifier: GPL-3.0-or-later
// Packets inside packets. Real ones are read in captures_test.cc; here each header as its document draws it.
#include <gmock/gmock.h>

#include "wire/frames_for_test.hh"
#include "wire/packet.hh"
#include "wire/transport.hh"

namespace writ::wire {
namespace {

using namespace test;

const Bytes hello = bytes_of("hello");
const Bytes inner = ip4(udp(hello));

void expect_hello(View frame, LinkType link = LinkType::ethernet, unsigned tunnels = 1) {
  const Decoded d = decode(raw(frame, link));
  ASSERT_EQ(d.verdict, Verdict::udp);
  EXPECT_EQ(text_of(d.udp.payload), "hello");
  EXPECT_EQ(d.udp.src.text(), "192.0.2.1:5060");
  EXPECT_EQ(d.udp.dst.text(), "198.51.100.2:5070");
  EXPECT_EQ(d.tunnels, tunnels);
  EXPECT_EQ(d.network.size(), inner.size());
}

Bytes gre(std::uint16_t flags, std::uint16_t type, View rest) {
  Bytes b;
  put_be16(b, flags);
  put_be16(b, type);
  for (const unsigned bit : {0x8000u, 0x2000u, 0x1000u})
    if (flags & bit) put_be32(b, 0x01020304);
  put_bytes(b, rest);
  return b;
}

Bytes udp_to(std::uint16_t port, View payload) {
  Bytes b = udp(payload);
  b[2] = static_cast<std::uint8_t>(port >> 8);
  b[3] = static_cast<std::uint8_t>(port);
  return b;
}

TEST(Tunnel, IpInIp) {
  expect_hello(ethernet(ip4(inner, 4)));
  expect_hello(ethernet(ip6(inner, 4), 0x86dd));
  expect_hello(ip4(ip4(ip4(inner, 4), 4), 4), LinkType::raw, 3);
  const Decoded six = decode(raw(ethernet(ip4(ip6(udp(hello)), 41))));
  EXPECT_EQ(six.verdict, Verdict::udp);
  EXPECT_EQ(six.udp.src.text(), "[2001:db8::1]:5060");
}

TEST(Tunnel, AnOuterAddressOfTheOtherFamilyLeavesNoTrace) {
  const Decoded d = decode(raw(ethernet(ip6(inner, 4), 0x86dd)));
  EXPECT_TRUE(d.udp.src.ip.is_v4());
  EXPECT_EQ(d.udp.src.ip, address("192.0.2.1"));
}

TEST(Tunnel, GreWithEveryOptionalField) {
  for (const std::uint16_t flags : std::vector<std::uint16_t>{0, 0x8000, 0x2000, 0x1000, 0xb000})
    expect_hello(ethernet(ip4(gre(flags, 0x0800, inner), 47)));
  expect_hello(ethernet(ip4(gre(0, 0x6558, ethernet(inner)), 47)));
}

TEST(Tunnel, GreThatIsNotUnderstoodIsSealed) {
  for (const auto& [flags, type] : {std::pair{0x0001, 0x880b}, {0x4000, 0x0800}, {0, 0x0b0b}})
    EXPECT_EQ(
        decode(raw(ethernet(
                   ip4(gre(static_cast<std::uint16_t>(flags), static_cast<std::uint16_t>(type), inner), 47))))
            .verdict,
        Verdict::sealed);
}

TEST(Tunnel, Erspan) {
  expect_hello(ethernet(ip4(gre(0, 0x88be, ethernet(inner)), 47)));
  expect_hello(ethernet(ip4(gre(0x1000, 0x88be, join({Bytes(8, 0x10), ethernet(inner)})), 47)));
  Bytes three(12);
  three[0] = 0x20;
  expect_hello(ethernet(ip4(gre(0x1000, 0x22eb, join({three, ethernet(inner)})), 47)));
  three[11] = 1;  // the platform's own eight bytes follow
  expect_hello(ethernet(ip4(gre(0x1000, 0x22eb, join({three, Bytes(8), ethernet(inner)})), 47)));
  expect_hello(ethernet(ip4(gre(0x1000, 0x88be, join({three, Bytes(8), ethernet(inner)})), 47)));
  three[11] = 0;
  expect_hello(ethernet(ip4(gre(0x1000, 0x88be, join({three, ethernet(inner)})), 47)));
  three[10] = 2 << 2;  // a bare IP packet
  expect_hello(ethernet(ip4(gre(0x1000, 0x22eb, join({three, inner})), 47)));
}

TEST(Tunnel, MplsUnderVlanPseudowireAndStack) {
  const Bytes top = {0, 1, 0, 64}, bottom = {0, 2, 1, 64}, control = {0, 0, 0, 0};
  expect_hello(ethernet(join({top, bottom, inner}), 0x8847));
  expect_hello(ethernet(join({Bytes{0, 5, 0x88, 0x47}, bottom, inner}), 0x8100));
  expect_hello(ethernet(join({bottom, control, ethernet(inner)}), 0x8847));
  Bytes bare = ethernet(inner);
  bare[0] = 0x1c;  // no control word: what begins neither like IP nor like one is a frame
  expect_hello(ethernet(join({bottom, bare}), 0x8848));
}

// The IP header's sum, as a router leaves it.
Bytes summed(Bytes ip) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += load_be16(ip.data() + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  ip[10] = static_cast<std::uint8_t>(~sum >> 8);
  ip[11] = static_cast<std::uint8_t>(~sum);
  return ip;
}

TEST(Tunnel, APseudowireWithoutControlWordMayBeginWithAnyAddress) {
  const Bytes bottom = {0, 2, 1, 64};
  for (const std::uint8_t first : std::vector<std::uint8_t>{0x00, 0x04, 0x44, 0x4c, 0x64, 0x6c, 0xb8}) {
    Bytes bare = ethernet(summed(inner));
    const Bytes mac = {first, 0x1b, 0x17, 0x65, 0x43, 0x21};
    std::copy(mac.begin(), mac.end(), bare.begin());
    expect_hello(ethernet(join({bottom, bare}), 0x8847));
  }
  // With a control word, whatever the address behind it; IP itself stays IP.
  Bytes control = {0, 0, 0, 9};
  for (const std::uint8_t first : std::vector<std::uint8_t>{0x00, 0x44, 0x64, 0xb8}) {
    Bytes bare = ethernet(summed(inner));
    bare[0] = first;
    expect_hello(ethernet(join({bottom, control, bare}), 0x8847));
  }
  expect_hello(ethernet(join({bottom, summed(inner)}), 0x8847));
  EXPECT_EQ(decode(raw(ethernet(join({bottom, ip6(udp(hello))}), 0x8847))).verdict, Verdict::udp);
}

TEST(Tunnel, VxlanWithOtherFlagsIsOpenedWhenAFrameIsInside) {
  for (const auto& [flags, more] : {std::pair{0x88, 0}, {0x88, 0x48}, {0x0c, 0}, {0xff, 0xff}}) {
    const Bytes head = {static_cast<std::uint8_t>(flags), static_cast<std::uint8_t>(more), 0, 5, 0, 0, 9, 0};
    expect_hello(ethernet(ip4(udp_to(4789, join({head, ethernet(inner)})))));
    const Decoded d = decode(raw(ethernet(ip4(udp_to(4789, join({head, Bytes(60, 0x55)}))))));
    EXPECT_EQ(d.verdict, Verdict::udp);
    EXPECT_EQ(d.tunnels, 0);
  }
  const Bytes frame = ethernet(ip4(udp_to(8472, view_of("INVITE sip:a@example.com SIP/2.0\r\n"))));
  const Decoded sip = decode(raw(frame));
  EXPECT_EQ(sip.tunnels, 0);
  EXPECT_TRUE(text_of(sip.udp.payload).starts_with("INVITE"));
  EXPECT_EQ(decode(raw(ethernet(ip4(udp_to(4789, join({Bytes(8), ethernet(inner)})))))).tunnels, 0);
}

TEST(Tunnel, Pppoe) {
  Bytes head = {0x11, 0, 0, 9};
  put_be16(head, static_cast<std::uint16_t>(inner.size() + 2));
  put_be16(head, 0x0021);
  expect_hello(ethernet(join({head, inner, Bytes(20)}), 0x8864));
}

TEST(Tunnel, VxlanGeneveGtp) {
  expect_hello(ethernet(ip4(udp_to(4789, join({Bytes{8, 0, 0, 0, 0, 0, 9, 0}, ethernet(inner)})))));
  expect_hello(
      ethernet(ip4(udp_to(6081, join({Bytes{1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 4}, ethernet(inner)})))));
  expect_hello(ethernet(ip4(udp_to(2152, join({Bytes{0x30, 0xff, 0, 48, 0, 0, 0, 1}, inner})))));
  expect_hello(ethernet(
      ip4(udp_to(2152, join({Bytes{0x34, 0xff, 0, 48, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0}, inner})))));
}

TEST(Tunnel, MediaOnATunnelsPortStaysMedia) {
  for (const std::uint16_t port : std::vector<std::uint16_t>{4789, 6081, 2152}) {
    const Bytes rtp = {0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0xfd, 0xfc};
    const Decoded d = decode(raw(ethernet(ip4(udp_to(port, rtp)))));
    EXPECT_EQ(d.verdict, Verdict::udp);
    EXPECT_EQ(d.tunnels, 0);
    EXPECT_EQ(d.udp.payload.size(), rtp.size());
  }
}

TEST(Tunnel, NestedTooDeepIsSealedNotFollowed) {
  Bytes nested = inner;
  for (int i = 0; i < tunnels_max; ++i) nested = ip4(nested, 4);
  expect_hello(nested, LinkType::raw, tunnels_max);
  for (int i = 0; i < 2000; ++i) nested = ip4(nested, 4);
  EXPECT_EQ(decode(raw(nested, LinkType::raw)).verdict, Verdict::sealed);
}

TEST(Tunnel, EveryCutIsMalformedOrTrue) {
  const Bytes whole = ethernet(ip4(gre(0x1000, 0x88be, join({Bytes(8, 0x10), ethernet(inner)})), 47));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const Decoded d = decode(raw(View(whole).first(n)));
    EXPECT_TRUE(d.verdict == Verdict::malformed || (d.verdict == Verdict::udp && d.udp.truncated)) << n;
  }
}

TEST(Decode, TcpSegments) {
  const Bytes tcp = {0x13, 0xc4, 0xc0, 1, 0, 0, 0, 7, 0, 0, 0,   9,   0x60, 0x18,
                     1,    2,    0,    0, 0, 0, 1, 1, 1, 1, 'S', 'I', 'P'};
  const Bytes frame = ethernet(join({ip4(tcp, 6), Bytes(6)}));
  const Decoded d = decode(raw(frame));
  ASSERT_EQ(d.verdict, Verdict::tcp);
  EXPECT_EQ(d.tcp.src.text(), "192.0.2.1:5060");
  EXPECT_EQ(d.tcp.dst.text(), "198.51.100.2:49153");
  EXPECT_EQ(d.tcp.seq, 7u);
  EXPECT_EQ(d.tcp.ack, 9u);
  EXPECT_EQ(d.tcp.window, 0x102);
  EXPECT_EQ(text_of(d.tcp.payload), "SIP");
  EXPECT_FALSE(d.tcp.truncated);
}

}  // namespace
}  // namespace writ::wire
