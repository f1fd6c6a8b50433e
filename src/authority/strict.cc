// SPDX-License-Identifier: GPL-3.0-or-later
#include "authority/strict.hh"

#include <cctype>

namespace writ::authority {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }

}  // namespace

bool is_plain_text(std::string_view s) {
  return !s.empty() && s.size() <= 200 && std::none_of(s.begin(), s.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

bool is_user_name(std::string_view s) {
  return !s.empty() && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
    return is_alnum(c) || std::string_view("._@:-").find(c) != std::string_view::npos;
  });
}

bool is_same_user(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

Result<std::string> text_field(const Json& j, const char* key, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, key, where));
  if (!is_plain_text(text))
    return fail(Exit::usage,
                std::string(where) + ": field '" + key + "' is empty, too long or not plain text");
  return text;
}

Result<Instant> time_field(const Json& j, const char* key, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, key, where));
  return parse_rfc3339(text);
}

Result<crypto::VerifyKey> verify_key_field(const Json& j, const char* key, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, key, where));
  return crypto::VerifyKey::parse(text);
}

Result<crypto::BoxPublic> box_field(const Json& j, const char* key, std::string_view where) {
  WRIT_TRY(text, field<std::string>(j, key, where));
  return crypto::BoxPublic::parse(text);
}

Status prints_back(const Json& in, const Json& printed, std::string_view where) {
  try {
    if (canonical(in) == canonical(printed)) return {};
  } catch (const Json::exception&) {  // not UTF-8
  }
  return fail(Exit::usage,
              std::string(where) + " has an unknown field or a value that is not in its one exact form");
}

}  // namespace writ::authority
