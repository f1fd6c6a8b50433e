// SPDX-License-Identifier: GPL-3.0-or-later
// One pass over the headers, forward only, with a bounds check before each. Every frame of the port goes
// through here, so nothing allocates and nothing is copied but two addresses; the common case (Ethernet, IPv4
// without options, UDP) is a handful of loads. Lengths are believed only as far as the bytes go: a longer
// claim marks the packet as cut, a shorter one removes link padding.
#include "wire/packet.hh"

#include <algorithm>
#include <cstring>

#include "wire/erf.hh"
#include "wire/transport.hh"

namespace writ::wire {
namespace {

constexpr std::uint16_t type_vlan = 0x8100, type_qinq = 0x88a8, type_qinq_old = 0x9100,
                        type_qinq_older = 0x9200;
constexpr std::uint16_t length_max_802_3 = 1500;

void set_v4(Address& a, const std::uint8_t* p) {
  std::memset(a.b.data(), 0, 10);  // a tunnel's outer address may have stood here
  a.b[10] = a.b[11] = 0xff;
  std::memcpy(a.b.data() + 12, p, 4);
}

void decode_udp(View v, std::uint32_t missing, Decoded& out) {
  if (v.size() < 8) {
    out.verdict = Verdict::malformed;
    return;
  }
  out.verdict = Verdict::udp;
  out.udp.src.port = load_be16(v.data());
  out.udp.dst.port = load_be16(v.data() + 2);
  const std::size_t length = load_be16(v.data() + 4);
  out.udp.truncated = missing > 0;
  if (length == 0) {  // segmentation offload and jumbograms leave it empty: the IP length rules
    out.udp.payload = v.subspan(8);
  } else if (length < 8 || length > v.size()) {
    out.udp.truncated = true;
    out.udp.payload = v.subspan(8);
  } else {
    out.udp.truncated = false;
    out.udp.payload = v.subspan(8, length - 8);
  }
  if (is_tunnel_port(out.udp.dst.port)) open_udp_tunnel(out);
}

void decode_tcp(View v, std::uint32_t missing, Decoded& out) {
  const std::size_t header = v.size() < 20 ? 0 : std::size_t{4} * (v[12] >> 4);
  if (header < 20 || header > v.size()) {
    out.verdict = Verdict::malformed;
    return;
  }
  out.verdict = Verdict::tcp;
  TcpSegment& t = out.tcp;
  t.src = {out.udp.src.ip, load_be16(v.data())};
  t.dst = {out.udp.dst.ip, load_be16(v.data() + 2)};
  t.seq = load_be32(v.data() + 4);
  t.ack = load_be32(v.data() + 8);
  t.flags = v[13];
  t.window = load_be16(v.data() + 14);
  t.payload = v.subspan(header);
  t.truncated = missing > 0;
}

// Of what else IP carries only what a call can be in: worth keeping fragments of.
bool is_followed(std::uint8_t protocol) {
  return protocol == ip_protocol_udp || protocol == ip_protocol_tcp || protocol == ip_protocol_gre ||
         protocol == ip_protocol_ipv4 || protocol == ip_protocol_ipv6;
}

void decode_ipv4(View v, Decoded& out) {
  if (v.size() < 20) {
    out.verdict = Verdict::malformed;
    return;
  }
  const std::size_t header = (v[0] & 0x0fu) * 4u;
  if (header < 20 || header > v.size()) {
    out.verdict = Verdict::malformed;
    return;
  }
  std::size_t total = load_be16(v.data() + 2);
  if (total == 0) total = v.size();  // segmentation offload on the capturing host
  if (total < header) {
    out.verdict = Verdict::malformed;
    return;
  }
  const std::size_t end = std::min(total, v.size());
  const View rest = v.subspan(header, end - header);
  const auto missing = static_cast<std::uint32_t>(total - end);
  const std::uint16_t fragment = load_be16(v.data() + 6);
  out.network = v.first(end);
  set_v4(out.udp.src.ip, v.data() + 12);
  set_v4(out.udp.dst.ip, v.data() + 16);
  if ((fragment & 0x3fff) == 0) {
    decode_transport(v[9], rest, missing, false, out);
    return;
  }
  out.protocol = v[9];
  if (!is_followed(v[9])) return;
  out.verdict = Verdict::fragment;
  out.fragment = {out.udp.src.ip,
                  out.udp.dst.ip,
                  load_be16(v.data() + 4),
                  v[9],
                  (fragment & 0x1fffu) * 8u,
                  (fragment & 0x2000) != 0,
                  static_cast<std::uint32_t>(rest.size()) + missing,
                  rest};
}

void decode_ipv6(View v, Decoded& out) {
  if (v.size() < 40) {
    out.verdict = Verdict::malformed;
    return;
  }
  std::size_t total = 40u + load_be16(v.data() + 4);
  if (total == 40) total = v.size();  // jumbogram or segmentation offload
  const std::size_t end = std::min(total, v.size());
  out.network = v.first(end);
  std::memcpy(out.udp.src.ip.b.data(), v.data() + 8, 16);
  std::memcpy(out.udp.dst.ip.b.data(), v.data() + 24, 16);
  decode_transport(v[6], v.subspan(40, end - 40), static_cast<std::uint32_t>(total - end), true, out);
}

}  // namespace

void decode_ip(View v, Decoded& out) {
  if (v.empty()) {
    out.verdict = Verdict::malformed;
  } else if (v[0] >> 4 == 4) {
    decode_ipv4(v, out);
  } else if (v[0] >> 4 == 6) {
    decode_ipv6(v, out);
  } else {
    out.verdict = Verdict::malformed;
  }
}

// `v` begins after the type field. VLAN tags are walked however deep they are stacked: each takes four bytes.
void decode_ethertype(std::uint16_t type, View v, Decoded& out) {
  while (type == type_vlan || type == type_qinq || type == type_qinq_old || type == type_qinq_older) {
    if (v.size() < 4) {
      out.verdict = Verdict::malformed;
      return;
    }
    type = load_be16(v.data() + 2);
    v = v.subspan(4);
  }
  if (type <= length_max_802_3 && v.size() >= 8) {  // 802.3: IP only under a SNAP header
    static constexpr std::uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    if (std::memcmp(v.data(), snap, sizeof snap) != 0) return;
    type = load_be16(v.data() + 6);
    v = v.subspan(8);
  }
  // The type says which, the version nibble is checked too: a frame that contradicts itself is not guessed
  // at.
  if (type == type_ipv4 && (v.empty() || v[0] >> 4 == 4)) {
    if (v.empty())
      out.verdict = Verdict::malformed;
    else
      decode_ipv4(v, out);
  } else if (type == type_ipv6 && (v.empty() || v[0] >> 4 == 6)) {
    if (v.empty())
      out.verdict = Verdict::malformed;
    else
      decode_ipv6(v, out);
  } else if (type == type_ipv4 || type == type_ipv6) {
    out.verdict = Verdict::malformed;
  } else {
    open_link_tunnel(type, v, out);
  }
}

void decode_ethernet(View v, Decoded& out) {
  if (v.size() < 14) {
    out.verdict = Verdict::malformed;
    return;
  }
  decode_ethertype(load_be16(v.data() + 12), v.subspan(14), out);
}

namespace {

// BSD loopback: the address family in the byte order of the capturing host (null) or network order (loop).
// Families of IPv6 differ by system (24, 28, 30), and null files come from both kinds of host: take whichever
// order makes sense.
void decode_loopback(View v, Decoded& out) {
  if (v.size() < 4) {
    out.verdict = Verdict::malformed;
    return;
  }
  const std::uint32_t be = load_be32(v.data());
  const std::uint32_t le = static_cast<std::uint32_t>(v[3]) << 24 | static_cast<std::uint32_t>(v[2]) << 16 |
                           static_cast<std::uint32_t>(v[1]) << 8 | v[0];
  const std::uint32_t family = std::min(be, le);
  if (family == 2 || family == 24 || family == 28 || family == 30 || family == 10)
    decode_ip(v.subspan(4), out);
}

void decode_cooked(View v, std::size_t type_at, std::size_t header, Decoded& out) {
  if (v.size() < header) {
    out.verdict = Verdict::malformed;
    return;
  }
  decode_ethertype(load_be16(v.data() + type_at), v.subspan(header), out);
}

}  // namespace

void decode_transport(std::uint8_t protocol, View rest, std::uint32_t missing, bool may_fragment,
                      Decoded& out) {
  for (;;) {
    std::size_t length = 0;
    switch (protocol) {
      case ip_protocol_udp:
        out.protocol = protocol;
        decode_udp(rest, missing, out);
        return;
      case ip_protocol_tcp:
        out.protocol = protocol;
        decode_tcp(rest, missing, out);
        return;
      case ip_protocol_ipv4:
      case ip_protocol_ipv6:
      case ip_protocol_gre:
      case ip_protocol_esp:
        out.protocol = protocol;
        open_ip_tunnel(protocol, rest, out);
        return;
      case 0:
      case 43:
      case 60:
      case 135:
      case 139:
      case 140:  // hop-by-hop, routing, destination, mobility, HIP, shim6
        if (rest.size() >= 2) length = (rest[1] + 1u) * 8u;
        break;
      case 51:  // AH
        if (rest.size() >= 2) length = (rest[1] + 2u) * 4u;
        break;
      case 44: {
        if (!may_fragment) return;
        if (rest.size() < 8) break;
        const std::uint16_t at = load_be16(rest.data() + 2);
        if ((at & 0xfff9) == 0) {  // "atomic" fragment: whole (RFC 6946)
          length = 8;
          break;
        }
        const View data = rest.subspan(8);
        out.verdict = Verdict::fragment;
        out.fragment = {out.udp.src.ip,
                        out.udp.dst.ip,
                        load_be32(rest.data() + 4),
                        rest[0],
                        at & 0xfff8u,
                        (at & 1) != 0,
                        static_cast<std::uint32_t>(data.size()) + missing,
                        data};
        return;
      }
      default:
        out.protocol = protocol;
        out.verdict = Verdict::other;
        return;
    }
    if (length == 0 || length > rest.size()) {
      out.verdict = Verdict::malformed;
      return;
    }
    protocol = rest[0];
    rest = rest.subspan(length);
  }
}

Decoded decode(const RawPacket& p) {
  Decoded out;
  const View v = p.bytes;
  switch (p.link_type) {
    case static_cast<std::uint32_t>(LinkType::ethernet):
      decode_ethernet(v, out);
      break;
    case static_cast<std::uint32_t>(LinkType::null):
    case static_cast<std::uint32_t>(LinkType::loop):
      decode_loopback(v, out);
      break;
    case 12:
    case 14:  // DLT_RAW as some systems wrote it to files
    case static_cast<std::uint32_t>(LinkType::raw):
    case static_cast<std::uint32_t>(LinkType::ipv4):
    case static_cast<std::uint32_t>(LinkType::ipv6):
      decode_ip(v, out);
      break;
    case static_cast<std::uint32_t>(LinkType::erf):
      decode_erf(v, out);
      break;
    case static_cast<std::uint32_t>(LinkType::sll):
      decode_cooked(v, 14, 16, out);
      break;
    case static_cast<std::uint32_t>(LinkType::sll2):
      decode_cooked(v, 0, 20, out);
      break;
    default:
      out.verdict = Verdict::unknown;
      break;
  }
  out.udp.inputs = out.tcp.inputs = input_set(p.ingress);
  return out;
}

}  // namespace writ::wire
