// SPDX-License-Identifier: GPL-3.0-or-later
// ASCII text helpers of the SIP and SDP scanners. Locale-free: a switch in Turkey compares like any other.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace writ::wire {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

constexpr bool equal_ci(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}
constexpr bool starts_ci(std::string_view s, std::string_view prefix) {
  return s.size() >= prefix.size() && equal_ci(s.substr(0, prefix.size()), prefix);
}
// Folded line ends count as space.
constexpr std::string_view trim(std::string_view s) {
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}
inline std::string lower_text(std::string_view s) {
  std::string r(s);
  for (char& c : r) c = lower(c);
  return r;
}
inline std::string upper_text(std::string_view s) {
  std::string r(s);
  for (char& c : r) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return r;
}
// The six bits of a character of base64; -1 when it is none, as is '='.
constexpr int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}
// Leading digits; false when there are none or the value is above `max`. Removes them from `s`.
constexpr bool take_number(std::string_view& s, std::uint64_t max, std::uint64_t& out) {
  std::uint64_t v = 0;
  std::size_t n = 0;
  for (; n < s.size() && is_digit(s[n]); ++n) {
    const auto digit = static_cast<std::uint64_t>(s[n] - '0');
    if (v > (max - digit) / 10) return false;
    v = v * 10 + digit;
  }
  if (n == 0) return false;
  s.remove_prefix(n);
  out = v;
  return true;
}
// Up to the next space; removes it and the spaces around.
constexpr std::string_view take_word(std::string_view& s) {
  s = trim(s);
  std::size_t n = 0;
  while (n < s.size() && !is_space(s[n])) ++n;
  const std::string_view word = s.substr(0, n);
  s = trim(s.substr(n));
  return word;
}

}  // namespace writ::wire
