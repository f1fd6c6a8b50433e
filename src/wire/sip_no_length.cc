// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip_no_length.hh"

#include <string>

#include "wire/sip.hh"
#include "wire/sip_cut.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

// "v=0", "a=sendrecv": one small letter and a sign.
bool is_sdp_line(std::string_view line) {
  return line.size() >= 2 && line[0] >= 'a' && line[0] <= 'z' && line[1] == '=';
}

BodyLength sdp_length(std::string_view s) {
  std::size_t at = 0;
  while (at < s.size()) {
    const std::size_t end = s.find('\n', at);
    const std::string_view line = s.substr(at, end == s.npos ? end : end - at);
    if (end == s.npos && (is_sdp_line(line) || line.size() < 2)) return {s.size(), false};
    if (!is_sdp_line(line)) break;
    at = end + 1;
  }
  return {at, at > 0};
}

BodyLength multipart_length(std::string_view type, std::string_view s) {
  const std::string_view boundary = param(type, "boundary");
  const std::size_t last = boundary.empty() ? s.npos : s.find("--" + std::string(boundary) + "--");
  if (last == s.npos) return {s.size(), boundary.empty()};
  const std::size_t end = s.find('\n', last);
  return {end == s.npos ? s.size() : end + 1, true};
}

}  // namespace

BodyLength body_by_its_looks(std::string_view content_type, View rest) {
  if (trim(content_type).empty() || is_start(rest)) return {};
  const std::size_t next = hidden_start(rest);
  const std::string_view s = text_of(next != 0 ? rest.first(next) : rest);
  BodyLength r{s.size(), true};
  const std::string_view kind = trim(content_type.substr(0, content_type.find(';')));
  if (equal_ci(kind, "application/sdp"))
    r = sdp_length(s);
  else if (starts_ci(kind, "multipart/"))
    r = multipart_length(content_type, s);
  if (next != 0) r.ended = true;
  return r;
}

}  // namespace writ::wire
