// SPDX-License-Identifier: GPL-3.0-or-later
// libsodium's own function is the oracle: the same bytes and the same state, message after message.
#include "crypto/secretstream.hh"

#include <gtest/gtest.h>

#include <cstring>

#include "crypto/crypto.hh"

namespace writ::crypto {
namespace {

using State = crypto_secretstream_xchacha20poly1305_state;
constexpr std::size_t overhead = crypto_secretstream_xchacha20poly1305_ABYTES;

class Secretstream : public testing::Test {
 protected:
  Secretstream() {
    const Bytes key = random_bytes(crypto_secretstream_xchacha20poly1305_KEYBYTES);
    std::uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    crypto_secretstream_xchacha20poly1305_init_push(&ours_, header, key.data());
    theirs_ = ours_;
  }
  bool same(View plain, std::uint8_t tag) {
    Bytes a(plain.size() + overhead), b(plain.size() + overhead);
    secretstream_push(ours_, a.data(), plain, tag);
    crypto_secretstream_xchacha20poly1305_push(&theirs_, b.data(), nullptr, plain.data(), plain.size(),
                                               nullptr, 0, tag);
    return a == b && std::memcmp(&ours_, &theirs_, sizeof ours_) == 0;
  }
  State ours_{}, theirs_{};
};

TEST_F(Secretstream, IsLibsodiumsByteForByteAtEveryLength) {
  const Bytes plain = random_bytes(1u << 20);
  for (std::size_t n = 0; n <= 1100; ++n) ASSERT_TRUE(same(View(plain).first(n), 0)) << n;
  for (std::size_t n = 65'500; n <= 65'600; n += 3) ASSERT_TRUE(same(View(plain).first(n), 0)) << n;
  EXPECT_TRUE(same(plain, 0));
}

TEST_F(Secretstream, TakesANewKeyWhereLibsodiumDoes) {
  const Bytes plain = random_bytes(100);
  for (const std::uint8_t tag :
       {std::uint8_t{0}, std::uint8_t{crypto_secretstream_xchacha20poly1305_TAG_PUSH},
        std::uint8_t{crypto_secretstream_xchacha20poly1305_TAG_REKEY},
        std::uint8_t{crypto_secretstream_xchacha20poly1305_TAG_FINAL}})
    EXPECT_TRUE(same(plain, tag)) << int{tag};
  std::memset(ours_.nonce, 0xff, 4);  // the counter comes round
  theirs_ = ours_;
  const State before = ours_;
  EXPECT_TRUE(same(plain, 0));
  EXPECT_NE(std::memcmp(before.k, ours_.k, sizeof before.k), 0);
}

}  // namespace
}  // namespace writ::crypto
