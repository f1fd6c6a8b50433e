// SPDX-License-Identifier: GPL-3.0-or-later
// Packets inside packets. A mirror that is not beside the switch sends its frames through one of these; a
// carrier's own network adds more. Each is opened in place and decoding goes on inside, so that nothing above
// knows a tunnel from a wire. A header that says what we do not understand is `sealed`, never skipped by a
// guess.
#include "wire/transport.hh"

namespace writ::wire {
namespace {

constexpr std::uint16_t type_bridged = 0x6558, type_erspan = 0x88be, type_erspan3 = 0x22eb,
                        type_mpls = 0x8847, type_mpls_multicast = 0x8848, type_pppoe = 0x8864,
                        type_loopback_keepalive = 0;

// One level deeper; false (and `sealed`) when that is too deep.
bool enter(Decoded& out) {
  out.verdict = Verdict::other;
  if (++out.tunnels <= tunnels_max) return true;
  out.verdict = Verdict::sealed;
  return false;
}

void malformed(Decoded& out) { out.verdict = Verdict::malformed; }

bool adds_up(View header) {  // RFC 1071
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < header.size(); i += 2) sum += load_be16(header.data() + i);
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

// No chance: the checksum is right, or the length is that of all there is.
bool proves_ip(View v) {
  if (v.size() >= 40 && v[0] >> 4 == 6) return 40u + load_be16(v.data() + 4) == v.size();
  const std::size_t header = v.empty() || v[0] >> 4 != 4 ? 0 : std::size_t{4} * (v[0] & 15u);
  return header >= 20 && header <= v.size() && adds_up(v.first(header));
}

// An Ethernet frame with IP in it; who captures on the sending machine may see an IPv4 checksum of zero.
bool is_frame_of_ip(View v) {
  if (v.size() < 14) return false;
  std::uint16_t type = load_be16(v.data() + 12);
  for (v = v.subspan(14); (type == 0x8100 || type == 0x88a8) && v.size() >= 4; v = v.subspan(4))
    type = load_be16(v.data() + 2);
  if (v.empty()) return false;
  if (type == type_ipv6) return v[0] >> 4 == 6;
  return type == type_ipv4 && v.size() >= 20 && v[0] >> 4 == 4 &&
         (load_be16(v.data() + 10) == 0 || proves_ip(v));
}

void open_mpls(View v, Decoded& out) {
  for (;;) {
    if (v.size() < 4) return malformed(out);
    const bool bottom = (v[2] & 1) != 0;
    v = v.subspan(4);
    if (bottom) break;
  }
  if (v.empty()) return malformed(out);
  // RFC 4928: the first nibble tells IP from a pseudowire's control word. Without a control word it is that
  // of a MAC address, which may be any: then what follows tells.
  switch (v[0] >> 4) {
    case 4:
    case 6:
      return !proves_ip(v) && is_frame_of_ip(v) ? decode_ethernet(v, out) : decode_ip(v, out);
    case 0:
      if (v.size() < 4) return malformed(out);
      return !is_frame_of_ip(v.subspan(4)) && is_frame_of_ip(v) ? decode_ethernet(v, out)
                                                                : decode_ethernet(v.subspan(4), out);
    default:
      return decode_ethernet(v, out);
  }
}

void open_pppoe(View v, Decoded& out) {
  if (v.size() < 8) return malformed(out);
  if (v[0] != 0x11 || v[1] != 0) return;  // discovery and errors carry nothing
  const std::size_t length = load_be16(v.data() + 4);
  const View ppp = v.subspan(6, std::min<std::size_t>(length, v.size() - 6));
  if (ppp.size() < 2) return malformed(out);
  const std::uint16_t protocol = load_be16(ppp.data());
  if (protocol == 0x0021 || protocol == 0x0057) decode_ip(ppp.subspan(2), out);
}

void open_erspan3(View v, Decoded& out) {
  if (v.size() < 12) return malformed(out);
  const std::size_t header = (v[11] & 1) != 0 ? 20 : 12;  // with the platform's own part
  if (v.size() < header) return malformed(out);
  const unsigned frame_type = (v[10] >> 2) & 31u;
  if (frame_type == 0) return decode_ethernet(v.subspan(header), out);
  if (frame_type == 2) return decode_ip(v.subspan(header), out);
  out.verdict = Verdict::sealed;
}

// Flags: checksum 0x8000, key 0x2000, sequence 0x1000; source routes (0x4000) and version 1 (PPTP) are not
// opened.
void open_gre(View v, Decoded& out) {
  if (v.size() < 4) return malformed(out);
  const std::uint16_t flags = load_be16(v.data()), type = load_be16(v.data() + 2);
  if ((flags & 0x4007) != 0) {
    out.verdict = Verdict::sealed;
    return;
  }
  const bool sequence = (flags & 0x1000) != 0;
  const std::size_t header =
      4u + ((flags & 0x8000) ? 4u : 0u) + ((flags & 0x2000) ? 4u : 0u) + (sequence ? 4u : 0u);
  if (v.size() < header) return malformed(out);
  v = v.subspan(header);
  switch (type) {
    case type_bridged:
      return decode_ethernet(v, out);
    case type_erspan:  // type I has neither sequence nor header
      if (!sequence) return decode_ethernet(v, out);
      if (!v.empty() && v[0] >> 4 == 2) return open_erspan3(v, out);  // some switches send it under this type
      return v.size() < 8 ? malformed(out) : decode_ethernet(v.subspan(8), out);
    case type_erspan3:
      return open_erspan3(v, out);
    case type_ipv4:
    case type_ipv6:
    case type_mpls:
    case type_mpls_multicast:
      return decode_ethertype(type, v, out);
    case type_loopback_keepalive:
      return;
    default:
      out.verdict = Verdict::sealed;
  }
}

void open_vxlan(View v, Decoded& out) {
  // RFC 7348: of the flags only I counts, others are ignored on receipt. Where some are set, a policy's (GBP)
  // or of what only looks like it, what is inside decides.
  if (v.size() < 8 || (v[0] & 0x08) == 0) return;
  const bool plain = v[0] == 0x08 && v[1] == 0;
  if (!plain && !is_frame_of_ip(v.subspan(8))) return;
  if (enter(out)) decode_ethernet(v.subspan(8), out);
}

void open_geneve(View v, Decoded& out) {
  if (v.size() < 8 || (v[0] & 0xc0) != 0) return;
  const std::size_t header = 8u + 4u * (v[0] & 0x3fu);
  const std::uint16_t type = load_be16(v.data() + 2);
  if (v.size() < header || (type != type_bridged && type != type_ipv4 && type != type_ipv6)) return;
  if (!enter(out)) return;
  if (type == type_bridged)
    decode_ethernet(v.subspan(header), out);
  else
    decode_ethertype(type, v.subspan(header), out);
}

void open_gtp(View v, Decoded& out) {
  if (v.size() < 8 || (v[0] & 0xf0) != 0x30 || v[1] != 0xff) return;
  std::size_t header = 8;
  if ((v[0] & 7) != 0) {
    if (v.size() < 12) return;
    std::uint8_t next = (v[0] & 4) != 0 ? v[11] : std::uint8_t{0};
    for (header = 12; next != 0;) {  // extension headers: length in fours, the next type last
      if (v.size() < header + 4 || v[header] == 0) return;
      const std::size_t length = std::size_t{4} * v[header];
      if (v.size() < header + length) return;
      next = v[header + length - 1];
      header += length;
    }
  }
  if (v.size() > header && enter(out)) decode_ip(v.subspan(header), out);
}

}  // namespace

void open_link_tunnel(std::uint16_t type, View v, Decoded& out) {
  if (type != type_mpls && type != type_mpls_multicast && type != type_pppoe) return;
  if (!enter(out)) return;
  if (type == type_pppoe)
    open_pppoe(v, out);
  else
    open_mpls(v, out);
}

void open_ip_tunnel(std::uint8_t protocol, View v, Decoded& out) {
  if (!enter(out)) return;
  if (protocol == ip_protocol_gre) {
    open_gre(v, out);
  } else if (protocol == ip_protocol_esp) {
    out.verdict = Verdict::sealed;
  } else {
    decode_ip(v, out);
  }
}

void open_udp_tunnel(Decoded& out) {
  const View v = out.udp.payload;  // by value: what is inside overwrites it
  switch (out.udp.dst.port) {
    case 4789:
    case 8472:  // what Linux took before the number was assigned
      return open_vxlan(v, out);
    case 6081:
      return open_geneve(v, out);
    default:
      return open_gtp(v, out);
  }
}

}  // namespace writ::wire
