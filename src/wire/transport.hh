// SPDX-License-Identifier: GPL-3.0-or-later
// The decoder's parts: packet.cc (link, network, transport), tunnel.cc (packets inside packets); the
// Reassembler uses them too.
#pragma once
#include "wire/packet.hh"

namespace writ::wire {

inline constexpr std::uint8_t ip_protocol_ipv4 = 4, ip_protocol_tcp = 6, ip_protocol_udp = 17,
                              ip_protocol_ipv6 = 41, ip_protocol_gre = 47, ip_protocol_esp = 50;
inline constexpr std::uint16_t type_ipv4 = 0x0800, type_ipv6 = 0x86dd;
inline constexpr std::uint8_t tunnels_max = 8;  // nested deeper: nobody does that by accident

// Walks IPv6 extension headers (and AH) from `protocol` to the transport header. `out.udp.src.ip`,
// `out.udp.dst.ip` are set by the caller. `missing`: so many bytes the IP length promises more than `rest`
// holds. With `may_fragment`, an IPv6 fragment header fills `out.fragment` (its `length` counts `missing`
// bytes that the snap length took).
void decode_transport(std::uint8_t protocol, View rest, std::uint32_t missing, bool may_fragment,
                      Decoded& out);
void decode_ip(View v, Decoded& out);
void decode_ethernet(View v, Decoded& out);
void decode_ethertype(std::uint16_t type, View v, Decoded& out);  // `v` begins after the type field

// MPLS, PPPoE; another type is none of ours.
void open_link_tunnel(std::uint16_t type, View v, Decoded& out);
// IP in IP, GRE, ESP.
void open_ip_tunnel(std::uint8_t protocol, View v, Decoded& out);
// VXLAN, Geneve, GTP-U by port, when the header is one; else the datagram stays what it was.
constexpr bool is_tunnel_port(std::uint16_t port) {
  return port == 4789 || port == 8472 || port == 6081 || port == 2152;
}
void open_udp_tunnel(Decoded& out);

}  // namespace writ::wire
