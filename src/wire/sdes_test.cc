// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sdes.hh"

#include <gmock/gmock.h>

#include "wire/sdp.hh"

namespace writ::wire {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* rfc4568_key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";  // of its section 9.1

TEST(Sdes, TheExamplesOfItsRfc) {
  const auto one =
      parse_crypto(std::string("1 AES_CM_128_HMAC_SHA1_80 inline:") + rfc4568_key + "|2^20|1:32");
  ASSERT_EQ(one.keys.size(), 1u) << one.why;
  EXPECT_EQ(one.why, "");
  EXPECT_EQ(one.keys[0].tag, 1u);
  EXPECT_EQ(one.keys[0].suite, SrtpSuite::aes_cm_128_80);
  EXPECT_EQ(text_of(one.keys[0].master), "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#");  // what `base64 -d` says
  EXPECT_EQ(one.keys[0].mki.size(), 32u);
  EXPECT_EQ(one.keys[0].mki.back(), 1);
  const auto two = parse_crypto(
      "2 F8_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;"
      "inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP");
  EXPECT_TRUE(two.keys.empty());
  EXPECT_THAT(two.why, HasSubstr("F8_128_HMAC_SHA1_80 is not known"));
  const auto both = parse_crypto(
      "3 AES_CM_128_HMAC_SHA1_32 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;"
      "inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 UNENCRYPTED_SRTP");
  ASSERT_EQ(both.keys.size(), 2u);
  EXPECT_EQ(both.keys[1].mki, (Bytes{0, 0, 0, 2}));
  EXPECT_FALSE(both.keys[1].encrypted);
}

TEST(Sdes, LongerKeysAndDraftNamesAndMissingPadding) {
  const std::string key46 = std::string(61, 'A') + "E";  // 62 characters: 46 bytes, the padding is missing
  for (const char* name : {"AES_256_CM_HMAC_SHA1_80", "AES_CM_256_HMAC_SHA1_80", "aes_256_cm_hmac_sha1_80"}) {
    const auto k = parse_crypto(std::string("7 ") + name + " inline:" + key46);
    ASSERT_EQ(k.keys.size(), 1u) << name << ": " << k.why;
    EXPECT_EQ(k.keys[0].suite, SrtpSuite::aes_cm_256_80);
    EXPECT_EQ(k.keys[0].master.size(), 46u);
  }
  EXPECT_EQ(parse_crypto("1 AEAD_AES_256_GCM inline:" + std::string(59, 'A') + "=").keys.size(), 1u);
  EXPECT_EQ(parse_crypto("1 AEAD_AES_128_GCM inline:" + std::string(38, 'A') + "==").keys.size(), 1u);
  for (int i = 0; i < static_cast<int>(srtp_suites); ++i) {
    const auto s = static_cast<SrtpSuite>(i);
    const std::string key((srtp_key_bytes(s) * 4 + 2) / 3, 'A');
    const auto k = parse_crypto(std::string("1 ") + to_string(s) + " inline:" + key);
    ASSERT_EQ(k.keys.size(), 1u) << to_string(s);
    EXPECT_EQ(k.keys[0].suite, s);
  }
}

TEST(Sdes, WhatCannotBeUsedSaysWhyWithoutTheKey) {
  const std::string key = rfc4568_key;
  for (const std::string& line :
       {"1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "AAAA", "1 AES_CM_128_HMAC_SHA1_80 " + key,
        "AES_CM_128_HMAC_SHA1_80 inline:" + key, "1 inline:" + key, "1 " + key, "1 AES_" + key + key,
        "1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|1:0",
        "1 AES_CM_128_HMAC_SHA1_80 inline:" + key + " KDR=3",
        "1 AES_CM_128_HMAC_SHA1_80 inline:" + key + " UNAUTHENTICATED_SRTP",
        std::string("1 AES_CM_128_HMAC_SHA1_80"), std::string()}) {
    const auto r = parse_crypto(line);
    EXPECT_TRUE(r.keys.empty()) << line;
    EXPECT_NE(r.why, "") << line;
    EXPECT_THAT(r.why, Not(HasSubstr(key.substr(4, 10)))) << line;
  }
}

TEST(Sdes, LinesStandInSdpAndOdditiesDoNotShowThem) {
  const Sdp s = parse_sdp(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\na=crypto:9 AES_CM_128_HMAC_SHA1_80 "
      "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\nm=audio 4000 RTP/SAVP 0\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm\r\n"
      " inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 X\r\nm=audio 4002 RTP/AVP 0\r\n");
  ASSERT_EQ(s.media.size(), 2u);
  ASSERT_EQ(s.media[0].crypto.size(), 2u) << "its own, and the session's";
  EXPECT_THAT(s.media[0].crypto[0], HasSubstr("SHA1_32"));
  EXPECT_TRUE(s.media[0].must_encrypt);
  EXPECT_FALSE(s.media[1].must_encrypt);
  ASSERT_FALSE(s.media[0].oddities.empty());
  for (const std::string& o : s.media[0].oddities) EXPECT_THAT(o, Not(HasSubstr("QUJj")));
}

}  // namespace
}  // namespace writ::wire
