// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/unread.hh"

#include <algorithm>

#include "wire/hep.hh"
#include "wire/sip_cut.hh"
#include "wire/sip_names.hh"

namespace writ::intercept {
namespace {

constexpr std::uint8_t protocol_sctp = 132;
constexpr std::uint16_t port_esp = 4500;

bool is_sip_port(std::uint16_t port) { return port == 5060 || port == 5061; }

// A TLS record (RFC 8446 5.1) on a port of SIP. Elsewhere it is everybody's web traffic, or tls_places.hh
// knows.
bool is_sip_in_tls(const wire::TcpSegment& t) {
  return (is_sip_port(t.src.port) || is_sip_port(t.dst.port)) && wire::is_tls(t.payload);
}

}  // namespace

const char* to_string(Unread u) {
  switch (u) {
    case Unread::tls:
      return "SIP over TLS seen: encrypted, not readable without keys";
    case Unread::sctp:
      return "SCTP seen, not read by this build";
    case Unread::tunnel:
      return "tunnels that cannot be opened (encrypted, of another kind, nested too deep) seen, not read";
    case Unread::hep:
      return "HEP of senders that are not on the allow-list seen, not read";
    case Unread::hep_other:
      return "HEP messages that carry no readable SIP, RTP or RTCP, or are of version 1 or 2";
    case Unread::hep_report:
      return "reports on media by HEP, counted, not read";
    case Unread::hep_early:
      return "HEP messages that their agent dates before an authority began: not taken for it";
    case Unread::unknown_link:
      return "frames of a link type that is not decoded";
    case Unread::malformed:
      return "frames whose headers run past their bytes, not read";
    case Unread::bad_sip:
      return "datagrams on the SIP port that could not be read as SIP";
    case Unread::websocket_compressed:
      return "SIP over WebSocket seen, compressed (permessage-deflate), that could not be read";
  }
  return "";
}

std::optional<Unread> unread(const wire::Decoded& d) {
  switch (d.verdict) {
    case wire::Verdict::sealed:
      return Unread::tunnel;
    case wire::Verdict::unknown:
      return Unread::unknown_link;
    case wire::Verdict::malformed:
      return Unread::malformed;
    case wire::Verdict::tcp:
      if (wire::looks_like_hep(d.tcp.payload)) return Unread::hep;
      return is_sip_in_tls(d.tcp) ? std::optional{Unread::tls} : std::nullopt;
    case wire::Verdict::other:
      return d.protocol == protocol_sctp ? std::optional{Unread::sctp} : std::nullopt;
    case wire::Verdict::udp:
    case wire::Verdict::fragment:
      break;
  }
  return std::nullopt;
}

bool is_broken_sip(View payload) {
  std::string_view line = text_of(payload.first(std::min<std::size_t>(payload.size(), 256)));
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.find(" HTTP/") != line.npos || line.find(" RTSP/") != line.npos || line.starts_with("HTTP/"))
    return false;
  const wire::Method m = wire::method_of(line.substr(0, line.find_first_of(" \t")));
  return line.find("SIP/2.0") != line.npos || (m != wire::Method::none && m != wire::Method::other);
}

std::optional<Unread> unread_datagram(const wire::UdpPacket& u) {
  if (wire::looks_like_hep(u.payload)) return Unread::hep;
  if (wire::looks_like_old_hep(u.payload)) return Unread::hep_other;
  // ESP in UDP (RFC 3948): a security index, and not the four zero bytes that stand before IKE.
  if ((u.dst.port == port_esp || u.src.port == port_esp) && u.payload.size() > 8 &&
      load_be32(u.payload.data()) != 0)
    return Unread::tunnel;
  return std::nullopt;
}

}  // namespace writ::intercept
