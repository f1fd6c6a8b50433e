// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip_start_line.hh"

#include <algorithm>
#include <array>

#include "wire/sip.hh"
#include "wire/sip_names.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr std::size_t junk_max = 256;  // bytes of CRLF, NUL and blanks before the start line
constexpr std::size_t start_line_max = 1024;
constexpr std::size_t method_max = 64;  // RFC 4475 3.1.1.2 shows 43

constexpr auto token_table = [] {
  std::array<bool, 256> t{};
  for (int c = 0; c < 256; ++c)
    t[static_cast<std::size_t>(c)] = is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c));
  for (const char c : std::string_view("-.!%*_+`'~")) t[static_cast<unsigned char>(c)] = true;
  return t;
}();
constexpr bool is_token(char c) { return token_table[static_cast<unsigned char>(c)]; }

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::size_t junk_length(std::string_view s) {
  std::size_t n = s.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  while (n < s.size() && n < junk_max && (is_space(s[n]) || s[n] == '\0')) ++n;
  return n;
}

// "SIP/2.0" at the front: its length, else 0. Any version number is taken.
std::size_t version_length(std::string_view s) {
  if (!starts_ci(s, "SIP/")) return 0;
  std::size_t n = 4;
  while (n < s.size() && (is_digit(s[n]) || s[n] == '.')) ++n;
  return n > 4 ? n : 0;
}

bool scan_status_line(std::string_view s, std::size_t version, StartLine& out) {
  std::string_view rest = s.substr(version);
  out.odd = version != 7 || s.substr(0, 7) != "SIP/2.0" || rest.empty() || rest[0] != ' ';
  while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1);
  std::uint64_t code = 0;
  if (!take_number(rest, 999, code) || code < 100 || code > 699) return false;
  out.odd = out.odd || rest.empty() || rest[0] != ' ';  // the space is due even before an empty reason
  out.status = static_cast<int>(code);
  out.reason = trim(rest);
  return true;
}

bool is_known(std::string_view method) {
  const Method m = method_of(method);
  return m != Method::none && m != Method::other;
}

// "<sip:x@y>" and "\"x\" <sip:x@y>": devices that take a name-addr for a Request-URI.
std::string_view without_brackets(std::string_view uri) {
  const std::size_t open = uri.rfind('<'), close = uri.find('>', open);
  return open == uri.npos || close == uri.npos ? uri : trim(uri.substr(open + 1, close - open - 1));
}

// "METHOD SP uri SP SIP/2.0". Without a version the URI has to tell: of a line that the snap length cut
// (`ended` is false), or that stands there so, behind a method that is known.
bool scan_request_line(std::string_view s, bool ended, StartLine& out) {
  std::size_t n = 0;
  while (n < s.size() && n <= method_max && is_token(s[n])) ++n;
  if (n == 0 || n > method_max || n == s.size() || (s[n] != ' ' && s[n] != '\t')) return false;
  out.method = s.substr(0, n);
  const std::string_view rest = trim(s.substr(n));
  std::size_t gap = rest.size();  // the last blank, counted from one
  while (gap > 0 && rest[gap - 1] != ' ' && rest[gap - 1] != '\t') --gap;
  const std::string_view last = gap == 0 ? std::string_view{} : rest.substr(gap);
  if (version_length(last) == last.size() && !last.empty()) {
    out.uri = trim(rest.substr(0, gap));
    out.odd = last != "SIP/2.0" || s.size() != n + 1 + out.uri.size() + 1 + last.size() ||
              std::any_of(out.uri.begin(), out.uri.end(),
                          [](char c) { return c == ' ' || c == '\t' || c == '<' || c == '>'; });
    out.uri = without_brackets(out.uri);
    return !out.uri.empty();
  }
  if (ended && (gap != 0 || !is_known(out.method))) return false;
  if (!(starts_ci(rest, "sip:") || starts_ci(rest, "sips:") || starts_ci(rest, "tel:"))) return false;
  out.uri = rest.substr(0, rest.find_first_of(" \t"));
  out.odd = true;
  return true;
}

bool scan_ended_line(const Line& l, StartLine& out) {
  if (const std::size_t version = version_length(l.text); version != 0) {
    return scan_status_line(l.text, version, out);
  }
  return scan_request_line(l.text, l.ended, out);
}

}  // namespace

// Lines may end in CR alone: then what came as one line is many.
bool scan_start_line(const Line& l, StartLine& out) {
  const std::size_t end = l.text.substr(0, start_line_max).find('\r');
  out.bare_cr = end < l.text.size() && end + 1 < l.text.size() && l.text[end + 1] != '\r' &&
                scan_ended_line({l.text.substr(0, end), false, true}, out);
  return out.bare_cr || scan_ended_line(l, out);
}

bool begins_with_token(std::string_view all, std::size_t& junk) {
  junk = junk_length(all);
  return junk < all.size() && is_token(all[junk]);
}

bool looks_like_sip(View payload) {
  // RTP and STUN end here, on the first byte.
  if (payload.empty() || (!is_token(static_cast<char>(payload[0])) && payload[0] > ' ' &&
                          !text_of(payload).starts_with(byte_order_mark)))
    return false;
  std::string_view s = text_of(payload);
  std::size_t junk = 0;
  if (!begins_with_token(s, junk)) return false;
  s.remove_prefix(junk);
  StartLine line;
  return scan_start_line(take_line(s), line);
}

}  // namespace writ::wire
