// SPDX-License-Identifier: GPL-3.0-or-later
// SRTP keys in SDP: a=crypto (RFC 4568; suites of RFC 4568, 6188 and 7714). What stands here is content: it
// must never be shown, logged or counted by.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hh"

namespace writ::wire {

enum class SrtpSuite : std::uint8_t {
  aes_cm_128_80,
  aes_cm_128_32,
  aes_cm_192_80,
  aes_cm_192_32,
  aes_cm_256_80,
  aes_cm_256_32,
  aead_aes_128_gcm,
  aead_aes_256_gcm,
};
inline constexpr std::size_t srtp_suites = 8;
const char* to_string(SrtpSuite s);       // as registered: "AES_CM_128_HMAC_SHA1_80"
std::size_t srtp_key_bytes(SrtpSuite s);  // master key and master salt, one after the other
inline constexpr std::size_t srtp_key_bytes_max = 46, srtp_mki_bytes_max = 128;

struct SdesKey {
  std::uint64_t tag = 0;
  SrtpSuite suite = SrtpSuite::aes_cm_128_80;
  Bytes master;           // srtp_key_bytes(suite)
  Bytes mki;              // stands in every packet before the authentication tag; mostly none
  bool encrypted = true;  // false: UNENCRYPTED_SRTP, authenticated only
  bool operator==(const SdesKey&) const = default;
};

struct SdesLine {
  std::vector<SdesKey> keys;  // a line may carry several, told apart by MKI
  std::string why;            // why a key of it cannot be used, for people; "" otherwise. Never shows a key.
};
// The value of one a=crypto: "1 AES_CM_128_HMAC_SHA1_80 inline:...|2^31|1:4 UNENCRYPTED_SRTCP".
SdesLine parse_crypto(std::string_view value);

}  // namespace writ::wire
