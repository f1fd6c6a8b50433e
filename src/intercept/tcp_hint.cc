// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/tcp_hint.hh"

#include "wire/sip.hh"

namespace writ::intercept {
namespace {

// Bytes before the IP header; npos when the link type is not known.
std::size_t network_offset(const wire::RawPacket& p) {
  using wire::LinkType;
  const View b = p.bytes;
  switch (static_cast<LinkType>(p.link_type)) {
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return 0;
    case LinkType::null:
    case LinkType::loop:
      return 4;
    case LinkType::sll:
      return 16;
    case LinkType::sll2:
      return 20;
    case LinkType::ethernet: {
      std::size_t at = 12;
      while (at + 6 <= b.size()) {
        const std::uint16_t type = load_be16(b.data() + at);
        if (type != 0x8100 && type != 0x88a8 && type != 0x9100) break;
        at += 4;
      }
      return at + 2;
    }
  }
  return std::string_view::npos;
}

// The TCP segment; empty when it is none. IPv6 extension headers are rare before TCP and not walked.
View tcp_segment(View ip) {
  if (ip.size() >= 20 && ip[0] >> 4 == 4 && ip[9] == 6) {
    const std::size_t header = (ip[0] & 15u) * 4u, total = load_be16(ip.data() + 2);
    if (header < 20 || header > ip.size()) return {};
    const std::size_t end = total > header && total < ip.size() ? total : ip.size();
    return ip.subspan(header, end - header);
  }
  if (ip.size() >= 40 && ip[0] >> 4 == 6 && ip[6] == 6) {
    const std::size_t end = std::min<std::size_t>(ip.size(), 40u + load_be16(ip.data() + 4));
    return ip.subspan(40, end - 40);
  }
  return {};
}

}  // namespace

bool tcp_looks_like_sip(const wire::RawPacket& p) {
  const std::size_t at = network_offset(p);
  if (at >= p.bytes.size()) return false;
  const View tcp = tcp_segment(p.bytes.subspan(at));
  if (tcp.size() < 20) return false;
  const std::size_t header = (tcp[12] >> 4) * 4u;
  if (header < 20 || header >= tcp.size()) return false;
  const std::uint16_t src = load_be16(tcp.data()), dst = load_be16(tcp.data() + 2);
  if (src == 5060 || src == 5061 || dst == 5060 || dst == 5061) return true;
  return wire::looks_like_sip(tcp.subspan(header));
}

}  // namespace writ::intercept
