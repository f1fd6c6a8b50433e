// SPDX-License-Identifier: GPL-3.0-or-later
// The construction (libsodium's documentation, "Encrypted streams and file encryption"): of the ChaCha20 key
// stream of key and nonce, block 0 is the Poly1305 key, block 1 hides the tag and 63 zeros, the rest hides
// the message. The MAC covers block 1, the message, (length mod 16) zeros, the length of the additional data
// (0) and of the message with block 1, both as little-endian 64 bits. After each message the first 8 octets
// of the MAC are added to the nonce and its counter goes up; a counter that comes round again gives a new
// key.
#include "crypto/secretstream.hh"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace writ::crypto {
namespace {

constexpr std::size_t block_bytes = 64, mac_bytes = 16, counter_bytes = 4;

void need(bool done) {
  if (done) return;
  std::fputs("error: OpenSSL cannot compute ChaCha20-Poly1305\n", stderr);
  std::abort();
}

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Cipher = std::unique_ptr<EVP_CIPHER, Freed<EVP_CIPHER_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC, Freed<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX_free>>;

struct Algorithms {
  Algorithms() {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    chacha20.reset(EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr));
    poly1305.reset(EVP_MAC_fetch(nullptr, "POLY1305", nullptr));
    need(chacha20 && poly1305);
  }
  Cipher chacha20;
  Mac poly1305;
};
const Algorithms& algorithms() {
  static const Algorithms* const found = new Algorithms;  // used until the end
  return *found;
}
// Before main: what the probe and the workers give away afterwards (files, system calls) is not needed later.
[[maybe_unused]] const bool ready_to_push = algorithms().poly1305 != nullptr;

// One a thread: making them costs more than a short message.
struct PushContexts {
  CipherContext cipher{EVP_CIPHER_CTX_new()};
  MacContext mac{EVP_MAC_CTX_new(algorithms().poly1305.get())};

  void begin_cipher(const std::uint8_t* key, const std::uint8_t* nonce) {
    std::array<std::uint8_t, counter_bytes + crypto_stream_chacha20_ietf_NONCEBYTES> iv{};  // block 0 first
    std::memcpy(iv.data() + counter_bytes, nonce, crypto_stream_chacha20_ietf_NONCEBYTES);
    need(EVP_EncryptInit_ex2(cipher.get(), algorithms().chacha20.get(), key, iv.data(), nullptr) == 1);
  }
  void encrypt(std::uint8_t* out, const std::uint8_t* in, std::size_t n) {
    int done = 0;
    if (n > 0)
      need(EVP_EncryptUpdate(cipher.get(), out, &done, in, static_cast<int>(n)) == 1 &&
           static_cast<std::size_t>(done) == n);
  }
  void authenticate(const std::uint8_t* in, std::size_t n) {
    if (n > 0) need(EVP_MAC_update(mac.get(), in, n) == 1);
  }
};

}  // namespace

void secretstream_push(crypto_secretstream_xchacha20poly1305_state& state, std::uint8_t* out, View plain,
                       std::uint8_t tag) {
  thread_local PushContexts c;
  std::array<std::uint8_t, block_bytes> block{};
  c.begin_cipher(state.k, state.nonce);
  c.encrypt(block.data(), block.data(), block.size());
  need(EVP_MAC_init(c.mac.get(), block.data(), crypto_onetimeauth_poly1305_KEYBYTES, nullptr) == 1);
  block.fill(0);
  block[0] = tag;
  c.encrypt(block.data(), block.data(), block.size());
  out[0] = block[0];
  std::uint8_t* const sealed = out + 1;
  c.encrypt(sealed, plain.data(), plain.size());

  c.authenticate(block.data(), block.size());
  c.authenticate(sealed, plain.size());
  std::array<std::uint8_t, 16 + 16> rest{};  // the zeros, then both lengths
  const std::size_t zeros = plain.size() % 16;
  for (std::size_t i = 0; i < 8; ++i)
    rest[zeros + 8 + i] = static_cast<std::uint8_t>((block_bytes + plain.size()) >> (8 * i));
  c.authenticate(rest.data(), zeros + 16);
  std::uint8_t* const mac = sealed + plain.size();
  std::size_t size = 0;
  need(EVP_MAC_final(c.mac.get(), mac, &size, mac_bytes) == 1 && size == mac_bytes);
  sodium_memzero(block.data(), block.size());

  for (std::size_t i = 0; i < sizeof state.nonce - counter_bytes; ++i)
    state.nonce[counter_bytes + i] ^= mac[i];
  sodium_increment(state.nonce, counter_bytes);
  if ((tag & crypto_secretstream_xchacha20poly1305_TAG_REKEY) != 0 ||
      sodium_is_zero(state.nonce, counter_bytes) == 1)
    crypto_secretstream_xchacha20poly1305_rekey(&state);
}

}  // namespace writ::crypto
