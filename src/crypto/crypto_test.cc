// SPDX-License-Identifier: GPL-3.0-or-later
#include "crypto/crypto.hh"

#include <gtest/gtest.h>

#include "crypto/same_secret.hh"

namespace writ::crypto {
namespace {

TEST(Crc32c, MatchesThePublishedCheckValue) {
  EXPECT_EQ(crc32c(view_of("123456789")), 0xE3069283u);  // RFC 3720 B.4 / CRC catalogue
  const Bytes zeros(32, 0);
  EXPECT_EQ(crc32c(zeros), 0x8A9136AAu);  // RFC 3720 B.4
  EXPECT_EQ(crc32c(view_of("6789"), crc32c(view_of("12345"))), 0xE3069283u);
}

TEST(SameSecret, OnlyTheSameBytesOfTheSameLength) {
  EXPECT_TRUE(same_secret(view_of("secret"), view_of("secret")));
  EXPECT_FALSE(same_secret(view_of("secret"), view_of("secres")));
  EXPECT_FALSE(same_secret(view_of("secret"), view_of("secre")));
  EXPECT_TRUE(same_secret({}, {}));
}

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(hex(sha256(view_of("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 h;
  h.update(view_of("a"));
  h.update(view_of("bc"));
  EXPECT_EQ(h.finish(), sha256(view_of("abc")));
}

TEST(Ed25519, SignatureIsBoundToDomainMessageAndKey) {
  const SigningKey k, other;
  const auto s = k.sign("writ.test/1", view_of("message"));
  EXPECT_TRUE(verify(k.public_key(), "writ.test/1", view_of("message"), s));
  EXPECT_FALSE(verify(k.public_key(), "writ.test/2", view_of("message"), s));
  EXPECT_FALSE(verify(k.public_key(), "writ.test/1", view_of("messagf"), s));
  EXPECT_FALSE(verify(other.public_key(), "writ.test/1", view_of("message"), s));
  EXPECT_FALSE(verify(k.public_key(), "writ.test/1", view_of("message"), View(s).first(63)));
}

TEST(SealedBox, OpensOnlyWithItsKey) {
  const BoxKey k, other;
  const Bytes sealed = seal(k.public_key(), view_of("secret"));
  EXPECT_EQ(text_of(*k.open(sealed)), "secret");
  EXPECT_FALSE(other.open(sealed));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes bad = sealed;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1u << bit % 8);
    EXPECT_FALSE(k.open(bad)) << bit;
  }
}

TEST(Encrypt, BindsKeyAndAssociatedData) {
  const Secret32 k, other;
  const Bytes c = encrypt(k, view_of("text"), view_of("ad"));
  EXPECT_EQ(text_of(*decrypt(k, c, view_of("ad"))), "text");
  EXPECT_FALSE(decrypt(k, c, view_of("da")));
  EXPECT_FALSE(decrypt(other, c, view_of("ad")));
  EXPECT_FALSE(decrypt(k, View(c).first(10), view_of("ad")));
}

TEST(Stream, RefusesReorderedAndMissingFrames) {
  const Secret32 k;
  StreamPush push(k);
  Bytes a, b;
  push.push(view_of("one"), false, a);
  push.push(view_of("two"), true, b);
  bool final = false;
  StreamPull good(k, push.header());
  EXPECT_EQ(text_of(*good.pull(a, final)), "one");
  EXPECT_FALSE(final);
  EXPECT_EQ(text_of(*good.pull(b, final)), "two");
  EXPECT_TRUE(final);
  StreamPull skipped(k, push.header());
  EXPECT_FALSE(skipped.pull(b, final));
  EXPECT_FALSE(skipped.pull(a, final)) << "a broken stream stays broken";
}

TEST(Passphrase, WrongOneIsRefusedAndCheapParametersAreNotAccepted) {
  const std::string locked = lock_with_passphrase("correct", view_of("seed"));
  EXPECT_EQ(text_of(*unlock_with_passphrase("correct", locked)), "seed");
  const auto wrong = unlock_with_passphrase("wrong", locked);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().exit, Exit::refused);
  std::string cheap = locked;
  cheap.replace(cheap.find("\"ops\":3"), 7, "\"ops\":1");
  EXPECT_FALSE(unlock_with_passphrase("correct", cheap));
}

TEST(Text, HexAndBase64AreStrict) {
  EXPECT_EQ(hex(*unhex("00ff10")), "00ff10");
  EXPECT_EQ(hex(Bytes{}), "");
  EXPECT_FALSE(unhex("00FF"));
  EXPECT_FALSE(unhex("0"));
  EXPECT_FALSE(unhex("0g"));
  EXPECT_EQ(text_of(*unbase64(base64(view_of("a")))), "a");
  EXPECT_FALSE(unbase64("YR=="));  // non-zero padding bits
  EXPECT_FALSE(unbase64("YQ"));
}

}  // namespace
}  // namespace writ::crypto
