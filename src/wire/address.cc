// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "wire/packet.hh"

namespace writ::wire {
namespace {

constexpr std::uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

bool Address::is_v4() const { return std::memcmp(b.data(), v4_prefix, sizeof v4_prefix) == 0; }

std::string Address::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    inet_ntop(AF_INET, b.data() + 12, buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, b.data(), buffer, sizeof buffer);
  }
  return buffer;
}

bool Address::parse(std::string_view s, Address& out) {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (s.empty() || s.size() >= sizeof buffer || s.find('\0') != s.npos) return false;
  std::copy(s.begin(), s.end(), buffer);
  Address a;
  if (s.find(':') != s.npos) {
    if (inet_pton(AF_INET6, buffer, a.b.data()) != 1) return false;
  } else {
    std::copy(std::begin(v4_prefix), std::end(v4_prefix), a.b.begin());
    if (inet_pton(AF_INET, buffer, a.b.data() + 12) != 1) return false;
  }
  out = a;
  return true;
}

std::string Endpoint::text() const {
  const std::string host = ip.text();
  return (ip.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

}  // namespace writ::wire
