// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sdes.hh"

#include <algorithm>
#include <array>
#include <optional>

#include "wire/text.hh"

namespace writ::wire {
namespace {

struct Suite {
  std::string_view name;
  SrtpSuite suite;
  std::uint8_t key_bytes;
};
// The first of each suite is its registered name. The others are what devices of the draft's time still send.
constexpr std::array suites{
    Suite{"AES_CM_128_HMAC_SHA1_80", SrtpSuite::aes_cm_128_80, 30},
    Suite{"AES_CM_128_HMAC_SHA1_32", SrtpSuite::aes_cm_128_32, 30},
    Suite{"AES_192_CM_HMAC_SHA1_80", SrtpSuite::aes_cm_192_80, 38},
    Suite{"AES_192_CM_HMAC_SHA1_32", SrtpSuite::aes_cm_192_32, 38},
    Suite{"AES_256_CM_HMAC_SHA1_80", SrtpSuite::aes_cm_256_80, 46},
    Suite{"AES_256_CM_HMAC_SHA1_32", SrtpSuite::aes_cm_256_32, 46},
    Suite{"AEAD_AES_128_GCM", SrtpSuite::aead_aes_128_gcm, 28},
    Suite{"AEAD_AES_256_GCM", SrtpSuite::aead_aes_256_gcm, 44},
    Suite{"AES_CM_192_HMAC_SHA1_80", SrtpSuite::aes_cm_192_80, 38},
    Suite{"AES_CM_192_HMAC_SHA1_32", SrtpSuite::aes_cm_192_32, 38},
    Suite{"AES_CM_256_HMAC_SHA1_80", SrtpSuite::aes_cm_256_80, 46},
    Suite{"AES_CM_256_HMAC_SHA1_32", SrtpSuite::aes_cm_256_32, 46},
};
constexpr std::size_t keys_max = 16;

const Suite& registered(SrtpSuite s) {
  return *std::find_if(suites.begin(), suites.end(), [&](const Suite& x) { return x.suite == s; });
}

// Padding may be missing and the last bits may be anything: devices get both wrong.
std::optional<Bytes> sdes_base64(std::string_view s) {
  while (!s.empty() && s.back() == '=') s.remove_suffix(1);
  Bytes out;
  std::uint32_t bits = 0;
  int n = 0;
  for (const char c : s) {
    const int v = base64_value(c);
    if (v < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    n += 6;
    if (n >= 8) {
      n -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> n));
    }
  }
  return out;
}

// "1:4": the value as so many bytes, big-endian.
std::optional<Bytes> mki_of(std::string_view s) {
  std::uint64_t value = 0, length = 0;
  if (!take_number(s, ~std::uint64_t{0}, value) || s.empty() || s[0] != ':') return std::nullopt;
  s.remove_prefix(1);
  if (!take_number(s, srtp_mki_bytes_max, length) || !s.empty() || length == 0) return std::nullopt;
  Bytes out(length, 0);
  for (std::size_t i = 0; i < std::min<std::size_t>(8, length); ++i)
    out[length - 1 - i] = static_cast<std::uint8_t>(value >> 8 * i);
  return out;
}

// "inline:KEY|lifetime|MKI:length", the last two optional.
std::string add_key(std::string_view param, const SdesKey& like, std::vector<SdesKey>& out) {
  if (!starts_ci(param, "inline:")) return "its key is not inline";
  param.remove_prefix(7);
  SdesKey k = like;
  const std::size_t bar = param.find('|');
  const auto key = sdes_base64(param.substr(0, bar));
  if (!key || key->size() != srtp_key_bytes(k.suite)) return "its key has not the length of its suite";
  k.master = *key;
  for (std::string_view rest = bar == param.npos ? std::string_view{} : param.substr(bar + 1);
       !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest = rest.substr(std::min(end + 1, rest.size()));
    if (part.find(':') == part.npos) continue;  // the lifetime: who sends beyond it is still to be heard
    const auto mki = mki_of(part);
    if (!mki) return "its MKI makes no sense";
    k.mki = *mki;
  }
  if (out.size() == keys_max) return "it carries more keys than are read";
  out.push_back(std::move(k));
  return {};
}

// Session parameters (RFC 4568 section 6.3); the empty text when the key can be used under them.
std::string take_parameters(std::string_view v, SdesKey& like) {
  while (!v.empty()) {
    const std::string word = upper_text(take_word(v));
    if (word == "UNENCRYPTED_SRTP") like.encrypted = false;
    if (word == "UNAUTHENTICATED_SRTP")
      return "its packets carry no authentication: nothing would tell the right key from noise";
    if (word.starts_with("KDR=") && word != "KDR=0") return "it derives keys anew on the way (KDR)";
  }
  return {};
}

}  // namespace

const char* to_string(SrtpSuite s) { return registered(s).name.data(); }
std::size_t srtp_key_bytes(SrtpSuite s) { return registered(s).key_bytes; }

SdesLine parse_crypto(std::string_view value) {
  SdesLine out;
  SdesKey like;
  if (!take_number(value, 999'999'999, like.tag)) out.why = "it has no tag";
  const std::string name = upper_text(take_word(value));
  const auto suite =
      std::find_if(suites.begin(), suites.end(), [&](const Suite& s) { return s.name == name; });
  std::string_view params = take_word(value);
  if (!out.why.empty()) return out;
  if (suite == suites.end()) {
    // Shown only when it looks like a suite's name: a key in the wrong column is not.
    const bool shown = name.starts_with("F8_") || name.starts_with("AES_") || name.starts_with("AEAD_") ||
                       name.starts_with("SEED_") || name.starts_with("ARIA_");
    const bool is_name = name.size() <= 32 && name.find_first_of("+/=") == name.npos;
    out.why = "suite " + (shown && is_name ? name : std::string("of an unreadable name")) + " is not known";
    return out;
  }
  like.suite = suite->suite;
  out.why = take_parameters(value, like);
  while (out.why.empty() && !params.empty()) {
    const std::size_t end = std::min(params.find(';'), params.size());
    out.why = add_key(params.substr(0, end), like, out.keys);
    params = params.substr(std::min(end + 1, params.size()));
  }
  if (out.keys.empty() && out.why.empty()) out.why = "it has no key";
  return out;
}

}  // namespace writ::wire
