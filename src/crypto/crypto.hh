// SPDX-License-Identifier: GPL-3.0-or-later
// Thin doors to libsodium. No primitive is implemented here. Key types are distinct, so that a key for
// signing cannot be given where one for sealing belongs. Secrets are wiped on destruction, have no
// stream operator, and live in memory that is locked where the system allows it.
#pragma once
#include <array>
#include <compare>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hh"
#include "base/result.hh"

namespace writ::crypto {

// Must be called once before anything else; aborts the process when libsodium or OpenSSL cannot start.
// Also switches core dumps off and marks the process not dumpable.
void start();

using Digest = std::array<std::uint8_t, 32>;
Digest sha256(View v);
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&);  // goes on from the same bytes
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& operator=(Sha256&&) noexcept;
  void update(View v);
  Digest finish();
  Digest so_far() const { return Sha256{*this}.finish(); }  // more may come

 private:
  struct State;
  std::unique_ptr<State> s_;
};
Result<Digest> sha256_file(const std::string& path);  // streams; constant memory

// Keyed BLAKE2b of any length from 16 to 64 bytes: a pseudo-random function, for values derived from a key.
// `out` is filled; `key` has 16 to 64 bytes.
void blake2b(std::span<std::uint8_t> out, View key, View v);
// SipHash-2-4, keyed with 16 bytes: for tables that outside text cannot drive into collisions; no MAC.
std::uint64_t siphash(View key16, View v);

std::string hex(View v);
Result<Bytes> unhex(std::string_view s);
std::string base64(View v);                  // standard alphabet, padded
Result<Bytes> unbase64(std::string_view s);  // strict
Bytes random_bytes(std::size_t n);

// Fixed-size secret in guarded, locked memory (sodium_malloc); moves only.
class Secret32 {
 public:
  Secret32();                 // random
  explicit Secret32(View v);  // exactly 32 bytes (asserted)
  View view() const;

 private:
  struct Free {
    void operator()(std::uint8_t* p) const;
  };
  std::unique_ptr<std::uint8_t, Free> p_;
};

// --- Ed25519 -------------------------------------------------------------------------------------
struct VerifyKey {
  std::array<std::uint8_t, 32> k{};
  auto operator<=>(const VerifyKey&) const = default;
  std::string text() const { return hex(k); }
  static Result<VerifyKey> parse(std::string_view hex_text);
};
using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
 public:
  SigningKey() = default;  // random seed
  explicit SigningKey(View seed) : seed_(seed) {}
  VerifyKey public_key() const;
  // The signature covers domain, a zero byte, and the message: a signature made for one purpose is none
  // for another. `openssl pkeyutl -verify` accepts it over the same bytes.
  Signature sign(std::string_view domain, View message) const;
  View seed() const { return seed_.view(); }

 private:
  Secret32 seed_;
};
bool verify(const VerifyKey& key, std::string_view domain, View message, View signature);

// --- X25519 sealed boxes ---------------------------------------------------------------------------
struct BoxPublic {
  std::array<std::uint8_t, 32> k{};
  auto operator<=>(const BoxPublic&) const = default;
  std::string text() const { return hex(k); }
  static Result<BoxPublic> parse(std::string_view hex_text);
};
class BoxKey {
 public:
  BoxKey() = default;
  explicit BoxKey(View secret) : secret_(secret) {}
  BoxPublic public_key() const;
  Result<Bytes> open(View sealed) const;
  View secret() const { return secret_.view(); }

 private:
  Secret32 secret_;
};
Bytes seal(const BoxPublic& to, View plain);

// --- symmetric --------------------------------------------------------------------------------------
// XChaCha20-Poly1305 with a random nonce in front; `ad` is authenticated, not stored.
Bytes encrypt(const Secret32& key, View plain, View ad = {});
Result<Bytes> decrypt(const Secret32& key, View sealed, View ad = {});

// secretstream_xchacha20poly1305
inline constexpr std::size_t stream_header_bytes = 24;
inline constexpr std::size_t stream_overhead_bytes = 17;
class StreamPush {
 public:
  explicit StreamPush(const Secret32& key);
  ~StreamPush();
  StreamPush(StreamPush&&) noexcept;
  StreamPush(const StreamPush&) = delete;
  StreamPush& operator=(const StreamPush&) = delete;
  View header() const;                                   // 24 bytes, stored in clear
  void push(View plain, bool final, Bytes& out_append);  // appends plain.size()+17 bytes

 private:
  struct State;
  std::unique_ptr<State> s_;
};
class StreamPull {
 public:
  StreamPull(const Secret32& key, View header);
  ~StreamPull();
  StreamPull(const StreamPull&) = delete;
  StreamPull& operator=(const StreamPull&) = delete;
  Result<Bytes> pull(View sealed,
                     bool& final);  // Exit::integrity when the frame is not authentic or out of order

 private:
  struct State;
  std::unique_ptr<State> s_;
};

// --- passphrases ------------------------------------------------------------------------------------
// Argon2id, RFC 9106 second recommended option in libsodium's terms: 3 passes, 64 MiB.
// The result is a canonical JSON text {"kdf":"argon2id","ops":..,"mem":..,"salt":..,"box":..}.
std::string lock_with_passphrase(std::string_view passphrase, View secret);
Result<Bytes> unlock_with_passphrase(std::string_view passphrase,
                                     std::string_view locked);  // Exit::refused when wrong

// CRC-32C (Castagnoli), for torn writes, never for tampering.
std::uint32_t crc32c(View v, std::uint32_t seed = 0);

}  // namespace writ::crypto
