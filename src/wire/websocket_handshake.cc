// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/websocket_handshake.hh"

#include "wire/text.hh"

namespace writ::wire {
namespace {

bool names_sip(std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    if (equal_ci(trim(list.substr(0, end)), "sip")) return true;
    list = end == list.npos ? std::string_view{} : list.substr(end + 1);
  }
  return false;
}

}  // namespace

bool is_http_head(View v) {
  const std::string_view s = text_of(v);
  return s.starts_with("GET ") || s.starts_with("HTTP/1.");
}

bool upgrades_to_sip(View v) {
  std::string_view s = text_of(v);
  if (!s.starts_with("GET ") && !s.starts_with("HTTP/1.1 101")) return false;
  while (!s.empty()) {
    const std::size_t end = s.find('\n');
    const std::string_view line = trim(s.substr(0, end));
    s = end == s.npos ? std::string_view{} : s.substr(end + 1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon != line.npos && equal_ci(trim(line.substr(0, colon)), "Sec-WebSocket-Protocol") &&
        names_sip(line.substr(colon + 1)))
      return true;
  }
  return false;
}

}  // namespace writ::wire
