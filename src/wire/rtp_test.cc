// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/rtp.hh"

#include <gtest/gtest.h>

namespace writ::wire {
namespace {

Bytes rtp(std::uint8_t first, std::uint8_t second, View rest) {
  Bytes b = {first, second, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef};
  put_bytes(b, rest);
  return b;
}

TEST(Rtp, Plain) {
  const Bytes b = rtp(0x80, 0x88, bytes_of("voice"));
  const auto p = parse_rtp(b);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->payload_type, 8);
  EXPECT_TRUE(p->marker);
  EXPECT_EQ(p->sequence, 0x1234);
  EXPECT_EQ(p->timestamp, 160u);
  EXPECT_EQ(p->ssrc, 0xdeadbeefu);
  EXPECT_EQ(text_of(p->payload), "voice");
}

TEST(Rtp, CsrcExtensionPadding) {
  Bytes rest(8);  // two CSRC
  put_be32(rest, 0xbede0001);
  put_be32(rest, 0);
  put_bytes(rest, bytes_of("voice"));
  put_bytes(rest, Bytes{0, 0, 3});
  const Bytes b = rtp(0xb2, 0, rest);
  const auto p = parse_rtp(b);
  ASSERT_TRUE(p);
  EXPECT_EQ(text_of(p->payload), "voice");
}

TEST(Rtp, WhatIsNone) {
  EXPECT_FALSE(parse_rtp({}));
  EXPECT_FALSE(parse_rtp(rtp(0x40, 0, {})));
  EXPECT_FALSE(parse_rtp(View(rtp(0x80, 0, {})).first(11)));
  EXPECT_FALSE(parse_rtp(rtp(0x8f, 0, {})));                 // CSRC list past the end
  EXPECT_FALSE(parse_rtp(rtp(0x90, 0, Bytes{0, 0, 0, 9})));  // extension past the end
  EXPECT_FALSE(parse_rtp(rtp(0xa0, 0, Bytes{0, 0, 9})));     // padding longer than the payload
  EXPECT_TRUE(parse_rtp(rtp(0xa0, 0, Bytes{1, 2, 0})));      // a padding count of zero is sent by devices
}

TEST(Rtp, Rtcp) {
  EXPECT_TRUE(is_rtcp(rtp(0x80, 200, {})));
  EXPECT_TRUE(is_rtcp(rtp(0x81, 223, {})));
  EXPECT_FALSE(is_rtcp(rtp(0x80, 0x80 | 8, {})));
  EXPECT_FALSE(is_rtcp(rtp(0x80, 224, {})));
  EXPECT_FALSE(is_rtcp(rtp(0x00, 200, {})));
}

TEST(Rtp, TelephoneEvent) {
  const auto e = parse_telephone_event(Bytes{11, 0x8a, 3, 0x20});
  ASSERT_TRUE(e);
  EXPECT_TRUE(e->end);
  EXPECT_EQ(e->volume, 10);
  EXPECT_EQ(e->duration, 800);
  EXPECT_EQ(event_digit(e->event), '#');
  EXPECT_EQ(event_digit(0), '0');
  EXPECT_EQ(event_digit(15), 'D');
  EXPECT_EQ(event_digit(16), '!');
  EXPECT_EQ(event_digit(17), '\0');
  EXPECT_FALSE(parse_telephone_event(Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace writ::wire
