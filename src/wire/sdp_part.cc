// SPDX-License-Identifier: GPL-3.0-or-later
// The SDP of a message body: the body itself, or one part of a multipart (RFC 2046 5.1), which may be nested.
#include "wire/sdp.hh"
#include "wire/sip.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr int nesting_max = 4;

// From `s`, the next line that is a delimiter: `begin` is where the part before it ends, `after` where the
// next begins.
struct Delimiter {
  std::size_t begin = std::string_view::npos, after = std::string_view::npos;
  bool last = false;
};

Delimiter find_delimiter(std::string_view s, std::size_t from, std::string_view boundary) {
  for (std::size_t at = s.find(boundary, from); at != s.npos; at = s.find(boundary, at + 1)) {
    if (at < from + 2 || s.substr(at - 2, 2) != "--" || (at > 2 && s[at - 3] != '\n')) continue;
    Delimiter d;
    d.begin = at - 2;
    const std::size_t end = at + boundary.size();
    d.last = s.substr(end, 2) == "--";
    const std::size_t line_end = s.find('\n', end);
    if (!d.last && !trim(s.substr(end, line_end == s.npos ? s.npos : line_end - end)).empty()) continue;
    d.after = line_end == s.npos ? s.size() : line_end + 1;
    return d;
  }
  return {};
}

// Header lines up to an empty one; leaves the rest in `part`. Returns the Content-Type's value.
std::string_view take_part_headers(std::string_view& part) {
  std::string_view type;
  while (!part.empty()) {
    const std::size_t end = part.find('\n');
    const std::string_view line = trim(part.substr(0, end));
    part = end == part.npos ? std::string_view{} : part.substr(end + 1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view name = trim(line.substr(0, colon));
    if (equal_ci(name, "Content-Type") || equal_ci(name, "c")) type = trim(line.substr(colon + 1));
  }
  return type;
}

std::string_view find_sdp(std::string_view content_type, std::string_view body, int depth) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  if (equal_ci(type, "application/sdp")) return body;
  if (type.empty()) return trim(body).substr(0, 3) == "v=0" ? body : std::string_view{};
  if (!starts_ci(type, "multipart/") || depth == nesting_max) return {};
  const std::string_view boundary = param(content_type, "boundary");
  if (boundary.empty()) return {};
  for (Delimiter d = find_delimiter(body, 0, boundary); d.begin != body.npos && !d.last;) {
    const Delimiter next = find_delimiter(body, d.after, boundary);
    std::string_view part = body.substr(d.after, next.begin == body.npos ? body.npos : next.begin - d.after);
    const std::string_view part_type = take_part_headers(part);
    // A part without a type is text/plain, so it is not searched for "v=0".
    const std::string_view found =
        part_type.empty() ? std::string_view{} : find_sdp(part_type, part, depth + 1);
    if (!found.empty()) return found;
    d = next;
  }
  return {};
}

}  // namespace

std::string_view sdp_part(std::string_view content_type, std::string_view body) {
  return find_sdp(content_type, body, 0);
}

}  // namespace writ::wire
