// SPDX-License-Identifier: GPL-3.0-or-later
// One part of a message body: the body itself, or a part of a multipart (RFC 2046 5.1), which may be nested.
#include "wire/sdp.hh"
#include "wire/sip.hh"
#include "wire/sip_body.hh"
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

// Header lines up to an empty one; leaves the rest in `part.bytes`.
void take_part_headers(BodyPart& part) {
  std::string_view& rest = part.bytes;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = trim(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
    if (equal_ci(name, "Content-Type") || equal_ci(name, "c")) part.type = value;
    if (equal_ci(name, "Content-Encoding") || equal_ci(name, "e")) part.encoding = value;
    if (equal_ci(name, "Content-Transfer-Encoding")) part.transfer = value;
  }
}

bool is_wanted(std::string_view type, std::string_view wanted) {
  return wanted.ends_with('/') ? starts_ci(type, wanted) : equal_ci(type, wanted);
}

// The parameter, or what the first delimiter says where it was forgotten.
std::string_view boundary_of(const BodyPart& whole) {
  if (const std::string_view given = param(whole.type, "boundary"); !given.empty()) return given;
  std::string_view body = trim(whole.bytes);
  if (!body.starts_with("--")) return {};
  body.remove_prefix(2);
  return trim(body.substr(0, body.find('\n')));
}

// A part without a type would be text/plain (RFC 2046 5.1). What begins as SDP is SDP to whoever waits for
// some: to its receiver, and so here.
std::string_view type_by_looks(std::string_view bytes) {
  return trim(bytes).starts_with("v=0") ? std::string_view("application/sdp") : std::string_view{};
}

std::optional<BodyPart> find_part(const BodyPart& whole, std::string_view wanted, int depth) {
  const std::string_view type = trim(whole.type.substr(0, whole.type.find(';')));
  if (is_wanted(type, wanted)) return whole;
  if (!starts_ci(type, "multipart/") || depth == nesting_max) return std::nullopt;
  const std::string_view body = whole.bytes, boundary = boundary_of(whole);
  if (boundary.empty()) return std::nullopt;
  for (Delimiter d = find_delimiter(body, 0, boundary); d.begin != body.npos && !d.last;) {
    const Delimiter next = find_delimiter(body, d.after, boundary);
    BodyPart part;
    part.bytes = body.substr(d.after, next.begin == body.npos ? body.npos : next.begin - d.after);
    take_part_headers(part);
    if (part.type.empty()) part.type = type_by_looks(part.bytes);
    if (auto found = find_part(part, wanted, depth + 1)) return found;
    d = next;
  }
  return std::nullopt;
}

}  // namespace

std::optional<BodyPart> body_part(std::string_view content_type, std::string_view body,
                                  std::string_view wanted) {
  if (trim(content_type).empty()) content_type = type_by_looks(body);
  return find_part(BodyPart{content_type, {}, {}, body}, wanted, 0);
}

std::string_view sdp_part(std::string_view content_type, std::string_view body) {
  const auto part = body_part(content_type, body, "application/sdp");
  return part ? part->bytes : std::string_view{};
}

}  // namespace writ::wire
