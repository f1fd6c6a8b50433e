// SPDX-License-Identifier: GPL-3.0-or-later
// The question that nearly every frame of a mirrored port answers with yes: a whole, plain media packet? It
// reads some forty bytes in one pass and decides nothing that wire::decode would decide otherwise
// (glance_test.cc and fuzz/link_fuzz.cc hold them against each other); whatever is not quite so is left to
// decode.
#pragma once
#include <cstring>

#include "wire/packet.hh"
#include "wire/transport.hh"

namespace writ::wire {

struct Glance {
  std::uint16_t src_port = 0, dst_port = 0;
  const std::uint8_t* addresses = nullptr;  // in the frame: source, then destination
  bool v6 = false;
  View payload;

  Endpoint src() const { return {address(addresses), src_port}; }
  Endpoint dst() const { return {address(addresses + (v6 ? 16 : 4)), dst_port}; }

 private:
  Address address(const std::uint8_t* at) const {
    Address a{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    std::memcpy(v6 ? a.b.data() : a.b.data() + 12, at, v6 ? 16 : 4);
    return a;
  }
};

// True for Ethernet (at most one VLAN tag), IPv4 without options or IPv6 without extension headers, UDP, in
// one piece and not cut, of one byte or more, the first 0x80 or above (RFC 3550 version 2: no SIP, no STUN,
// no tunnel begins so), and to no port of a tunnel. decode() then gives Verdict::udp between these endpoints,
// this payload and no tunnel.
[[gnu::always_inline]] inline bool is_plain_media(const RawPacket& p, Glance& out) {
  constexpr std::size_t ethernet = 14, tag = 4, ipv4 = 20, ipv6 = 40, udp = 8;
  if (p.link_type != static_cast<std::uint32_t>(LinkType::ethernet)) return false;
  const std::uint8_t* v = p.bytes.data();
  std::size_t size = p.bytes.size();
  if (size < ethernet + tag + ipv4 + udp) return false;
  std::uint16_t type = load_be16(v + 12);
  std::size_t at = ethernet;
  if (type == 0x8100) {
    type = load_be16(v + ethernet + 2);
    at += tag;
  }
  v += at;
  size -= at;
  std::size_t length = 0;  // of the datagram, as IP says
  const std::uint8_t* addresses = nullptr;
  if (type == type_ipv4) {
    const std::size_t total = load_be16(v + 2);
    if (v[0] != 0x45 || v[9] != ip_protocol_udp || (load_be16(v + 6) & 0x3fff) != 0 || total > size ||
        total < ipv4)
      return false;
    length = total - ipv4;
    addresses = v + 12;
    v += ipv4;
  } else if (type == type_ipv6) {
    if (size < ipv6 + udp || v[0] >> 4 != 6 || v[6] != ip_protocol_udp) return false;
    length = load_be16(v + 4);
    if (length > size - ipv6) return false;
    addresses = v + 8;
    v += ipv6;
  } else {
    return false;
  }
  if (length <= udp) return false;
  const std::size_t stated = load_be16(v + 4);
  if (stated <= udp || stated > length || v[udp] < 0x80) return false;
  out.src_port = load_be16(v);
  out.dst_port = load_be16(v + 2);
  out.addresses = addresses;
  out.v6 = type == type_ipv6;
  out.payload = {v + udp, stated - udp};
  return !is_tunnel_port(out.dst_port);
}

}  // namespace writ::wire
