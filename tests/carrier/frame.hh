// SPDX-License-Identifier: GPL-3.0-or-later
// Ethernet frames as a switch mirrors them: 802.1Q, IPv4 (RFC 791) with fragments, IPv6 (RFC 8200), UDP, TCP,
// all checksums right.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrier {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;
inline View view_of(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

struct Host {
  std::array<std::uint8_t, 16> b{};  // IPv4 in the first four
  bool v6 = false;
  std::string text() const;    // as in `c=`
  std::string in_uri() const;  // IPv6 in brackets
  bool operator==(const Host&) const = default;
};
Host ipv4(std::uint32_t address);
Host ipv4(unsigned a, unsigned b, unsigned c, unsigned d);
Host ipv6(std::uint32_t subnet, std::uint32_t n);  // 2001:db8:subnet::n

struct Endpoint {
  Host host;
  std::uint16_t port = 0;
  std::string text() const;  // "192.0.2.1:5060", "[2001:db8::1]:5060"
  std::string in_uri() const { return host.in_uri() + ":" + std::to_string(port); }
  Endpoint with(unsigned p) const { return {host, static_cast<std::uint16_t>(p)}; }
  bool operator==(const Endpoint&) const = default;
};

struct Wire {              // what a network adds to every frame
  std::uint16_t vlan = 0;  // 0: none
};

Bytes udp_frame(const Endpoint& from, const Endpoint& to, View payload, Wire w, std::uint16_t id);
// One datagram in IP fragments of at most `piece` bytes of IP payload (a multiple of 8).
std::vector<Bytes> udp_fragments(const Endpoint& from, const Endpoint& to, View payload, Wire w,
                                 std::uint16_t id, std::size_t piece);
struct TcpHead {
  std::uint32_t sequence = 0, acknowledged = 0;
  std::uint8_t flags = 0x18;  // PSH, ACK
};
Bytes tcp_frame(const Endpoint& from, const Endpoint& to, TcpHead head, View payload, Wire w,
                std::uint16_t id);

}  // namespace carrier
