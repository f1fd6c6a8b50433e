// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/unread.hh"

#include <algorithm>

#include "wire/sip.hh"

namespace writ::intercept {
namespace {

struct Network {
  std::uint16_t type = 0;  // EtherType; 0: the link carries IP and nothing else
  View ip;                 // empty when the type says that it is none
};

// Nothing: the link type is not known.
std::optional<Network> network(const wire::RawPacket& p) {
  using wire::LinkType;
  const View b = p.bytes;
  const auto ip_after = [&](std::size_t at) { return Network{0, b.subspan(std::min(at, b.size()))}; };
  switch (static_cast<LinkType>(p.link_type)) {
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return ip_after(0);
    case LinkType::null:
    case LinkType::loop:
      return ip_after(4);
    case LinkType::sll:
      return ip_after(16);
    case LinkType::sll2:
      return ip_after(20);
    case LinkType::ethernet: {
      std::uint16_t type = 0;
      std::size_t at = 12;
      for (; at + 2 <= b.size(); at += 4) {
        type = load_be16(b.data() + at);
        if (type != 0x8100 && type != 0x88a8 && type != 0x9100 && type != 0x9200) break;  // VLAN tags
      }
      const bool is_ip = type == 0x0800 || type == 0x86dd;
      return Network{type, is_ip ? b.subspan(std::min(at + 2, b.size())) : View{}};
    }
  }
  return std::nullopt;
}

struct Transport {
  std::uint8_t protocol = 0;
  View bytes;
};

// IPv6 extension headers are rare before what is looked for here, and not walked.
Transport transport(View ip) {
  if (ip.size() >= 20 && ip[0] >> 4 == 4) {
    const std::size_t header = std::size_t{4} * (ip[0] & 15u), total = load_be16(ip.data() + 2);
    if (header < 20 || header > ip.size()) return {};
    const std::size_t end = total > header && total < ip.size() ? total : ip.size();
    return {ip[9], ip.subspan(header, end - header)};
  }
  if (ip.size() >= 40 && ip[0] >> 4 == 6) {
    const std::size_t end = std::min<std::size_t>(ip.size(), 40u + load_be16(ip.data() + 4));
    return {ip[6], ip.subspan(40, end - 40)};
  }
  return {};
}

bool tcp_looks_like_sip(View tcp) {
  if (tcp.size() < 20) return false;
  const std::size_t header = std::size_t{4} * (tcp[12] >> 4);
  if (header < 20 || header >= tcp.size()) return false;
  const std::uint16_t src = load_be16(tcp.data()), dst = load_be16(tcp.data() + 2);
  if (src == 5060 || src == 5061 || dst == 5060 || dst == 5061) return true;
  return wire::looks_like_sip(tcp.subspan(header));
}

bool is_tunnel_type(std::uint16_t ether_type) {
  return ether_type == 0x8847 || ether_type == 0x8848 || ether_type == 0x8864;  // MPLS, MPLS, PPPoE session
}

}  // namespace

const char* to_string(Unread u) {
  switch (u) {
    case Unread::tcp_sip:
      return "SIP over TCP or TLS seen, not read by this build";
    case Unread::sctp:
      return "SCTP seen, not read by this build";
    case Unread::tunnel:
      return "tunnelled packets (GRE, IP in IP, ESP, MPLS, PPPoE, VXLAN, Geneve, GTP) seen, not read by this "
             "build";
    case Unread::hep:
      return "HEP capture protocol seen, not read by this build";
    case Unread::unknown_link:
      return "frames of a link type that is not decoded";
    case Unread::malformed:
      return "frames whose headers run past their bytes, not read";
    case Unread::bad_sip:
      return "datagrams on the SIP port that could not be read as SIP";
  }
  return "";
}

std::optional<Unread> unread_frame(const wire::RawPacket& p) {
  const auto n = network(p);
  if (!n) return Unread::unknown_link;
  if (is_tunnel_type(n->type)) return Unread::tunnel;
  const Transport t = transport(n->ip);
  switch (t.protocol) {  // IANA protocol numbers
    case 4:              // IPv4 in IP
    case 41:             // IPv6 in IP
    case 47:             // GRE
    case 50:             // ESP
      return Unread::tunnel;
    case 132:
      return Unread::sctp;
    case 6:
      return tcp_looks_like_sip(t.bytes) ? std::optional{Unread::tcp_sip} : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Unread> unread_datagram(const wire::UdpPacket& u) {
  static constexpr std::uint8_t hep[4] = {'H', 'E', 'P', '3'};
  if (u.payload.size() > 6 && std::equal(std::begin(hep), std::end(hep), u.payload.begin()))
    return Unread::hep;
  switch (u.dst.port) {
    case 4789:  // VXLAN (RFC 7348), and what Linux took before
    case 8472:
    case 6081:  // Geneve (RFC 8926)
    case 2152:  // GTP-U
      return Unread::tunnel;
    default:
      return std::nullopt;
  }
}

}  // namespace writ::intercept
