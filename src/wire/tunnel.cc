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

void open_mpls(View v, Decoded& out) {
  for (;;) {
    if (v.size() < 4) return malformed(out);
    const bool bottom = (v[2] & 1) != 0;
    v = v.subspan(4);
    if (bottom) break;
  }
  if (v.empty()) return malformed(out);
  switch (v[0] >> 4) {  // RFC 4928: the first nibble tells IP from a pseudowire's control word
    case 4:
    case 6:
      return decode_ip(v, out);
    case 0:
      return v.size() < 4 ? malformed(out) : decode_ethernet(v.subspan(4), out);
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
  if (v.size() < 8 || v[0] != 0x08 || v[1] != 0) return;
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
