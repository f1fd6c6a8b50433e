// SPDX-License-Identifier: GPL-3.0-or-later
// The lines of a SIP message, and its first one. A line is cut off where LF ends it, CRLF or not; where the
// start line shows that lines end in CR alone (what came as one line is many then), take_cr_line cuts them.
#pragma once
#include <cstring>
#include <string_view>

#include "base/bytes.hh"

namespace writ::wire {

struct Line {
  std::string_view text;  // without line end
  bool bare_lf = false;
  bool ended = false;
};

// Where lines end in CR alone.
inline Line take_cr_line(std::string_view& rest) {
  const std::size_t end = rest.find('\r');
  Line l{rest.substr(0, end), false, end != rest.npos};
  rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  if (rest.starts_with('\n')) rest.remove_prefix(1);
  return l;
}

inline Line take_line(std::string_view& rest) {
  Line l;
  const void* end = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
  if (end == nullptr) {
    l.text = rest;
    rest = {};
    if (!l.text.empty() && l.text.back() == '\r') l.text.remove_suffix(1);
    return l;
  }
  const auto n = static_cast<std::size_t>(static_cast<const char*>(end) - rest.data());
  l.ended = true;
  l.bare_lf = n == 0 || rest[n - 1] != '\r';
  l.text = rest.substr(0, n - (l.bare_lf ? 0 : 1));
  rest.remove_prefix(n + 1);
  return l;
}

struct StartLine {
  std::string_view method, uri, reason;
  int status = 0;
  bool odd = false, bare_cr = false;
};

// Where a message can begin: behind CRLF, NUL, blanks and a byte order mark, if there are any, of which
// `junk` is the length. False: it begins with no token.
bool begins_with_token(std::string_view all, std::size_t& junk);
// False when the line is no start line of SIP. What breaks the grammar but can be read is `odd`.
bool scan_start_line(const Line& l, StartLine& out);

}  // namespace writ::wire
