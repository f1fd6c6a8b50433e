// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip_cut.hh"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "wire/sip.hh"
#include "wire/sip_names.hh"
#include "wire/sip_no_length.hh"
#include "wire/text.hh"
#include "wire/websocket.hh"

namespace writ::wire {
namespace {

constexpr std::size_t begun_line_max = 1024;

constexpr std::array<std::string_view, 14> method_names = {
    "INVITE", "ACK",  "BYE",   "CANCEL",  "OPTIONS",   "REGISTER", "PRACK",
    "UPDATE", "INFO", "REFER", "MESSAGE", "SUBSCRIBE", "NOTIFY",   "PUBLISH"};

bool is_in(std::string_view s, std::string_view what) {
  return memmem(s.data(), s.size(), what.data(), what.size()) != nullptr;
}

bool may_be_line_of_sip(std::string_view line) {
  if (line.empty() || (line.size() > 1 && line[1] == '=') || looks_like_sip(view_of(line))) return true;
  const std::string_view name = trim(line.substr(0, std::min(line.find(':'), line.size())));
  return name.size() < line.size() && std::all_of(name.begin(), name.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
         });
}

}  // namespace

bool is_tls(View v) { return v.size() >= 3 && v[0] >= 0x14 && v[0] <= 0x17 && v[1] == 3 && v[2] <= 4; }

bool is_start(View v) {
  if (looks_like_websocket_sip(v)) return true;
  if (!looks_like_sip(v)) return false;
  const std::string_view s = trim(text_of(v));
  const Method m = method_of(s.substr(0, s.find_first_of(" \t")));
  return starts_ci(s, "SIP/") || (m != Method::none && m != Method::other);
}

bool may_become_start(View v) {
  std::string_view s = text_of(v);
  s.remove_prefix(line_ends(v));
  if (s.empty()) return true;
  if (s.find('\n') != s.npos) return is_start(v);
  if (s.size() >= begun_line_max) return false;
  const std::size_t word = std::min(s.find_first_of(" \t"), s.size());
  const std::string_view first = s.substr(0, word);
  if (starts_ci(first, "SIP/") || (word == s.size() && starts_ci("SIP/", first))) return true;
  return std::any_of(method_names.begin(), method_names.end(), [&](std::string_view m) {
    return word == s.size() ? starts_ci(m, first) : equal_ci(m, first);
  });
}

bool is_websocket_head(View v) {
  if (v.size() < 2 || (v[0] & 0x7f) == 0 || (v[0] & 0x7f) > 2) return false;
  const unsigned length = v[1] & 0x7fu;
  return length != 0 && v.size() == 2u +
                                        (length == 127   ? 8u
                                         : length == 126 ? 2u
                                                         : 0u) +
                                        ((v[1] & 0x80) != 0 ? 4u : 0u);
}

// In the middle of messages every line is a start line, a header's, SDP's or empty; the first and the last
// may be cut. A log of SIP in somebody's mail or upload has other lines too.
bool smells_of_sip(View v) {
  std::string_view s = text_of(v);
  if (!is_in(s, "SIP/2.0") && !is_in(s, "\nCSeq:")) return false;
  for (bool is_first = true; !s.empty(); is_first = false) {
    const std::size_t end = s.find('\n');
    const bool continues = s.starts_with(' ') || s.starts_with('\t');
    const std::string_view line = trim(s.substr(0, end));
    if (is_in(line, " HTTP/") || line.starts_with("HTTP/")) return false;
    if (!is_first && !continues && end != s.npos && !may_be_line_of_sip(line)) return false;
    s = end == s.npos ? std::string_view{} : s.substr(end + 1);
  }
  return true;
}

std::size_t line_ends(View v) {
  std::size_t n = 0;
  while (n < v.size() && (v[n] == '\r' || v[n] == '\n')) ++n;
  return n;
}

std::size_t hidden_start(View v) {
  const std::string_view s = text_of(v);
  for (std::size_t n = s.find('\n'); n != s.npos; n = s.find('\n', n + 1)) {
    const View rest = v.subspan(n + 1);
    if (line_ends(rest) != 0 || !looks_like_sip(rest) || !is_start(rest)) continue;
    const std::size_t line = s.find('\n', n + 1);
    const std::size_t colon = line == s.npos ? s.npos : s.find(':', line);
    if (colon != s.npos && header_of(trim(s.substr(line + 1, colon - line - 1))) != Header::other)
      return n + 1;
  }
  return 0;
}

std::size_t hidden_frame(View v) {
  for (std::size_t n = 1; n < v.size(); ++n)
    if ((v[n] & 0x7f) != 0 && (v[n] & 0x7f) <= 2 && looks_like_websocket_sip(v.subspan(n))) return n;
  return 0;
}

std::size_t headers_end(std::string_view s) {
  std::size_t at = 0;
  while (at < s.size() && is_space(s[at])) ++at;
  while (at < s.size()) {
    const std::size_t n = s.find('\n', at);
    if (n == s.npos) return 0;
    const std::string_view line = s.substr(at, n - at);
    at = n + 1;
    if (line.empty() || line == "\r") return at;
  }
  return 0;
}

Found sip_message(View v, std::size_t& length, bool& no_length) {
  if (!looks_like_sip(v)) {
    // A start line that has only begun cannot be told yet.
    const std::string_view s = text_of(v);
    const bool begun = s.size() < begun_line_max && s.find('\n') == s.npos && (is_alpha(s[0]) || s[0] == 'S');
    return begun ? Found::incomplete : Found::none;
  }
  const std::size_t headers = headers_end(text_of(v));
  if (headers == 0) return v.size() < headers_bytes_max ? Found::incomplete : Found::none;
  SipMessage m;
  if (!parse_sip(v.first(headers), m)) return Found::none;
  std::string_view text = m.first(Header::content_length);
  std::uint64_t body = 0;
  if (!take_number(text, message_bytes_max, body) || !trim(text).empty()) {
    const BodyLength looks = body_by_its_looks(m.first(Header::content_type), v.subspan(headers));
    length = headers + looks.bytes;
    no_length = looks.bytes != 0;
    return looks.ended ? Found::message : Found::incomplete;
  }
  length = headers + static_cast<std::size_t>(body);
  return length <= v.size() ? Found::message : Found::incomplete;
}

Found websocket_message(View v, std::size_t& length, Bytes& message, bool& compressed) {
  const bool deflate_counts = std::exchange(compressed, false);
  message.clear();
  length = 0;
  WebSocketFrame f;
  for (bool begun = false;;) {
    switch (read_websocket(v.subspan(length), f, deflate_counts)) {
      case WebSocketRead::incomplete:
        return Found::incomplete;
      case WebSocketRead::not_a_frame:
        return Found::none;
      case WebSocketRead::frame:
        break;
    }
    if (!f.is_control() && begun != (f.opcode == 0)) return Found::none;
    length += f.length;
    if (!f.is_control()) {
      begun = true;
      compressed = compressed || f.compressed;
      put_bytes(message, f.payload);
      if (message.size() > message_bytes_max) return Found::none;
    }
    if (f.final && (f.is_control() ? !begun : true)) return Found::message;
  }
}

std::size_t junk_length(View v) {
  const std::string_view s = text_of(v);
  for (std::size_t n = s.find('\n'); n != s.npos; n = s.find('\n', n + 1))
    if (looks_like_sip(v.subspan(n + 1))) return n + 1;
  return v.size();
}

}  // namespace writ::wire
