// SPDX-License-Identifier: GPL-3.0-or-later
// Strict reading of signed JSON, for this room. What is parsed must print back to the same bytes: upper-case
// hex, other spellings of a time, unknown fields and numbers in disguise all end here, so a signed text has
// exactly one form.
#pragma once
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/json.hh"
#include "base/time.hh"
#include "crypto/crypto.hh"

namespace writ::authority {

// Times in JSON have microseconds; what is signed is what is printed.
inline Instant whole_micros(Instant t) { return std::chrono::floor<std::chrono::microseconds>(t); }

// A name or number that people read: 1 to 200 bytes, no control characters.
bool is_plain_text(std::string_view s);
// ASCII letters, digits and "._@:-", so that no two people differ by a look-alike only; at most 64 bytes.
bool is_user_name(std::string_view s);
// Names that differ by the case of letters only are one person's.
bool is_same_user(std::string_view a, std::string_view b);

Result<Instant> time_field(const Json& j, const char* key, std::string_view where);
Result<std::string> text_field(const Json& j, const char* key, std::string_view where);
Result<crypto::VerifyKey> verify_key_field(const Json& j, const char* key, std::string_view where);
Result<crypto::BoxPublic> box_field(const Json& j, const char* key, std::string_view where);

template <std::size_t N>
Result<std::array<std::uint8_t, N>> hex_field(const Json& j, const char* key, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, key, where));
  WRIT_TRY(bytes, crypto::unhex(text));
  if (bytes.size() != N)
    return fail(Exit::usage, std::string(where) + ": field '" + key + "' has the wrong length");
  std::array<std::uint8_t, N> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// Each element of the array j[key] through `parse` (Json -> Result<T>).
template <class Parse>
auto list_field(const Json& j, const char* key, std::string_view where, Parse parse)
    -> Result<std::vector<typename decltype(parse(j))::value_type>> {
  const auto it = j.is_object() ? j.find(key) : j.end();
  if (it == j.end() || !it->is_array())
    return fail(Exit::usage, std::string(where) + ": field '" + key + "' is not a list");
  std::vector<typename decltype(parse(j))::value_type> out;
  for (const Json& e : *it) {
    auto v = parse(e);
    if (!v) return tl::unexpected<Error>(std::move(v).error());
    out.push_back(std::move(*v));
  }
  return out;
}

Status prints_back(const Json& in, const Json& printed, std::string_view where);

}  // namespace writ::authority
