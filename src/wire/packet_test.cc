// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/packet.hh"

#include <gmock/gmock.h>

#include "wire/frames_for_test.hh"

namespace writ::wire {
namespace {

using namespace test;

const Bytes hello = bytes_of("hello");

void expect_hello(View frame, LinkType link, const char* src = "192.0.2.1:5060",
                  const char* dst = "198.51.100.2:5070") {
  const Decoded d = decode(raw(frame, link));
  ASSERT_EQ(d.verdict, Verdict::udp);
  EXPECT_EQ(text_of(d.udp.payload), "hello");
  EXPECT_EQ(d.udp.src.text(), src);
  EXPECT_EQ(d.udp.dst.text(), dst);
  EXPECT_FALSE(d.udp.truncated);
}

TEST(Decode, EveryLinkType) {
  const Bytes v4 = ip4(udp(hello));
  const Bytes v6 = ip6(udp(hello));
  const char *s6 = "[2001:db8::1]:5060", *d6 = "[2001:db8::2]:5070";
  expect_hello(ethernet(v4), LinkType::ethernet);
  expect_hello(ethernet(v6, 0x86dd), LinkType::ethernet, s6, d6);
  for (const LinkType l : {LinkType::raw, LinkType::ipv4, LinkType::ipv6}) expect_hello(v4, l);
  expect_hello(v6, LinkType::raw, s6, d6);
  const Bytes big = {0, 0, 0, 2}, little = {2, 0, 0, 0}, bsd6 = {30, 0, 0, 0};
  expect_hello(join({big, v4}), LinkType::loop);
  expect_hello(join({little, v4}), LinkType::null);
  expect_hello(join({big, v4}), LinkType::null);  // captured on a host of the other byte order
  expect_hello(join({bsd6, v6}), LinkType::null, s6, d6);
  Bytes sll(14), sll2;
  put_be16(sll, 0x0800);
  put_be16(sll2, 0x0800);
  sll2.resize(20);
  expect_hello(join({sll, v4}), LinkType::sll);
  expect_hello(join({sll2, v4}), LinkType::sll2);
}

TEST(Decode, StackedTagsOptionsPaddingSnap) {
  const Bytes v4 = ip4(udp(hello));
  const Bytes tags = {0, 100, 0x81, 0, 0, 7, 0x81, 0, 0, 8, 8, 0};
  expect_hello(ethernet(join({tags, v4}), 0x88a8), LinkType::ethernet);
  expect_hello(ethernet(ip4(udp(hello), 17, 0, 7, Bytes{0x94, 4, 0, 0, 1, 1, 1, 0})), LinkType::ethernet);
  expect_hello(ethernet(join({v4, Bytes(30, 0xee)})), LinkType::ethernet);
  expect_hello(ethernet(join({Bytes{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, v4}), 45), LinkType::ethernet);
}

TEST(Decode, Ipv6ExtensionHeaders) {
  const Bytes chain = {43, 0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0,
                       17, 1, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0};
  const char *s = "[2001:db8::1]:5060", *d = "[2001:db8::2]:5070";
  expect_hello(ip6(join({chain, udp(hello)}), 0), LinkType::raw, s, d);
  const Bytes atomic = {17, 0, 0, 0, 0, 0, 0, 9};
  expect_hello(ip6(join({atomic, udp(hello)}), 44), LinkType::raw, s, d);
  const Bytes ah = {17, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  expect_hello(ip6(join({ah, udp(hello)}), 51), LinkType::raw, s, d);
  const Bytes lies = {17, 200, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(decode(raw(ip6(join({lies, udp(hello)}), 0), LinkType::raw)).verdict, Verdict::malformed);
}

TEST(Decode, Fragments) {
  const Bytes part = udp(hello);
  Decoded d = decode(raw(ethernet(ip4(part, 17, 0x2003, 99))));
  ASSERT_EQ(d.verdict, Verdict::fragment);
  EXPECT_EQ(d.fragment.id, 99u);
  EXPECT_EQ(d.fragment.offset, 24u);
  EXPECT_TRUE(d.fragment.more);
  EXPECT_EQ(d.fragment.data.size(), part.size());
  d = decode(raw(ip6(join({Bytes{17, 0, 0, 0x10, 0, 1, 0, 2}, part}), 44), LinkType::raw));
  ASSERT_EQ(d.verdict, Verdict::fragment);
  EXPECT_EQ(d.fragment.id, 0x10002u);
  EXPECT_EQ(d.fragment.offset, 16u);
  EXPECT_FALSE(d.fragment.more);
  EXPECT_EQ(decode(raw(ethernet(ip4(part, 6, 0x2003)))).verdict, Verdict::fragment);
  EXPECT_EQ(decode(raw(ethernet(ip4(part, 1, 0x2003)))).verdict, Verdict::other);
  EXPECT_EQ(decode(raw(ethernet(ip4(part, 17, 0x4000)))).verdict,
            Verdict::udp);  // "don't fragment" is no fragment
}

TEST(Decode, LyingLengths) {
  const auto check = [](int claimed, bool truncated, std::string_view payload) {
    const Bytes frame = ethernet(ip4(udp(hello, claimed)));
    const Decoded d = decode(raw(frame));
    ASSERT_EQ(d.verdict, Verdict::udp) << claimed;
    EXPECT_EQ(d.udp.truncated, truncated) << claimed;
    EXPECT_EQ(text_of(d.udp.payload), payload) << claimed;
  };
  check(900, true, "hello");
  check(3, true, "hello");
  check(0, false, "hello");  // segmentation offload
  check(10, false, "he");
}

// Every cut of a frame is either malformed or the truth about what is left.
TEST(Decode, EveryCut) {
  const Bytes whole = ethernet(ip6(join({Bytes{17, 0, 0, 0, 0, 0, 0, 0}, udp(hello)}), 0), 0x86dd);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const Decoded d = decode(raw(View(whole).first(n)));
    if (n < 14 + 40 + 8 + 8) {
      EXPECT_EQ(d.verdict, Verdict::malformed) << n;
    } else {
      EXPECT_TRUE(d.verdict == Verdict::udp && d.udp.truncated) << n;
    }
  }
}

TEST(Decode, OtherThings) {
  EXPECT_EQ(decode(raw(ethernet(ip4(hello, 6)))).verdict, Verdict::malformed);
  EXPECT_EQ(decode(raw(ethernet(ip4(hello, 1)))).verdict, Verdict::other);
  EXPECT_EQ(decode(raw(ethernet(hello, 0x0806))).verdict, Verdict::other);
  EXPECT_EQ(decode(raw(ethernet(ip4(udp(hello)), 0x86dd))).verdict, Verdict::malformed);
  EXPECT_EQ(decode(raw(hello, static_cast<LinkType>(147))).verdict, Verdict::unknown);
}

TEST(Address, Text) {
  Address a;
  EXPECT_TRUE(Address::parse("192.0.2.1", a) && a.is_v4());
  EXPECT_EQ(a.text(), "192.0.2.1");
  Address mapped;
  EXPECT_TRUE(Address::parse("::ffff:192.0.2.1", mapped) && mapped == a);
  EXPECT_TRUE(Address::parse("2001:db8::1", a) && !a.is_v4());
  EXPECT_EQ((Endpoint{a, 5060}).text(), "[2001:db8::1]:5060");
  for (const char* bad : {"", "192.0.2", "192.0.2.256", "example.net", "2001:db8", "[::1]", "1.2.3.4 "}) {
    EXPECT_FALSE(Address::parse(bad, a)) << bad;
  }
}

}  // namespace
}  // namespace writ::wire
