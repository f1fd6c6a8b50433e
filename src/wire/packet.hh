// SPDX-License-Identifier: GPL-3.0-or-later
// Link, network and transport headers, decoded in place. RFC 791, 8200, 768, 9293; IEEE 802.1Q, 802.1ad. What
// carries whole packets of another network is opened: MPLS (RFC 3032), PPPoE (RFC 2516), IP in IP (RFC 2003,
// 4213), GRE (RFC 2784, 2890) with Ethernet inside, ERSPAN I, II, III, VXLAN (RFC 7348), Geneve (RFC 8926),
// GTP-U (3GPP 29.281).
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "base/bytes.hh"
#include "base/time.hh"

namespace writ::wire {

// libpcap link types that are decoded (pcap-linktype(7)).
enum class LinkType : std::uint32_t {
  null = 0,
  ethernet = 1,
  raw = 101,
  loop = 108,
  sll = 113,
  erf = 197,
  ipv4 = 228,
  ipv6 = 229,
  sll2 = 276
};

struct Address {  // IPv4 as ::ffff:a.b.c.d
  std::array<std::uint8_t, 16> b{};
  auto operator<=>(const Address&) const = default;
  bool is_v4() const;
  std::string text() const;  // "192.0.2.1", "2001:db8::1"
  static bool parse(std::string_view s, Address& out);
};
struct Endpoint {
  Address ip;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
  std::string text() const;  // "192.0.2.1:5060", "[2001:db8::1]:5060"
};

// Inputs of a probe as a set; bit 0: those that have no name. What is put together from several packets came
// by the inputs of all of them.
using InputSet = std::uint64_t;
inline constexpr std::uint32_t inputs_max = 63;
inline InputSet input_set(std::uint32_t ingress) {
  return InputSet{1} << (ingress <= inputs_max ? ingress : 0);
}

struct RawPacket {  // one captured frame
  Instant at{};
  std::uint32_t link_type = 1;
  View bytes;                     // as captured
  std::uint32_t wire_length = 0;  // as it was on the wire (>= bytes.size() when cut by a snap length)
  std::uint32_t ingress = 0;      // the input that it came in at: its place in the source's list, from 1
};

struct UdpPacket {
  Endpoint src, dst;
  View payload;
  bool truncated = false;  // snap length or a header length that lies: payload is what there is
  InputSet inputs = 0;     // that it came in at
};

struct TcpSegment {
  Endpoint src, dst;
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t window = 0;
  std::uint8_t flags = 0;  // FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32
  View payload;
  bool truncated = false;  // cut by a snap length
  InputSet inputs = 0;     // that it came in at
};

enum class Verdict {
  udp,        // `udp` is filled
  tcp,        // `tcp` is filled
  fragment,   // an IP fragment of one of them, or of a tunnel: `fragment` is filled; give it to Reassembler
  other,      // something else (ARP, ICMP, ...); `protocol` tells which, when it is IP
  sealed,     // a tunnel that cannot be opened: encrypted (ESP), of an unknown kind, or nested too deep
  unknown,    // a link type that is not decoded
  malformed,  // headers run past the bytes
};

struct Fragment {
  Address src, dst;
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;
  std::uint32_t offset = 0;  // bytes
  bool more = false;
  std::uint32_t length = 0;  // bytes on the wire; more than data.size() when a snap length cut it
  View data;
};

struct Decoded {
  Verdict verdict = Verdict::other;
  std::uint8_t protocol = 0;  // IANA protocol number of what follows the innermost IP header
  std::uint8_t tunnels = 0;   // how many were opened on the way
  View network;               // from the innermost IP header on
  UdpPacket udp;
  TcpSegment tcp;
  Fragment fragment;
};

// No allocation. VLAN tags (802.1Q, 802.1ad, stacked), IPv4 options, IPv6 extension headers are walked;
// tunnels are opened, eight deep at most. Of an unfragmented packet the IP length rules (Ethernet padding is
// cut).
Decoded decode(const RawPacket& p);

}  // namespace writ::wire
