// SPDX-License-Identifier: GPL-3.0-or-later
// What passes by and is not read by this build, by kind: counted, and said in every output, never passed over
// in silence.
#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "wire/packet.hh"

namespace writ::intercept {

enum class Unread : std::uint8_t {
  tls,
  sctp,
  tunnel,
  hep,
  unknown_link,
  malformed,
  bad_sip,
  hep_other,
  hep_report,
  hep_early,
  websocket_compressed
};
inline constexpr std::size_t unread_kinds = 11;
using UnreadCounts = std::array<std::uint64_t, unread_kinds>;
const char* to_string(Unread u);
// Noise does that too, at every port, and a report on the quality of media says nothing of a call: said as a
// gap, but no reason to call a run partial.
inline bool is_noise(Unread u) {
  return u == Unread::malformed || u == Unread::bad_sip || u == Unread::hep_report;
}

// Of a frame that holds no datagram: TLS on a SIP port, SCTP, tunnels that cannot be opened, a link type that
// is not decoded, headers that run past their bytes.
std::optional<Unread> unread(const wire::Decoded& d);
// Of a datagram on the SIP port that is not SIP: was it meant to be? Its first line names a method or the
// version, and no other protocol of that kind.
bool is_broken_sip(View payload);
// Of a datagram that is not SIP: HEP, ESP in UDP.
std::optional<Unread> unread_datagram(const wire::UdpPacket& u);

}  // namespace writ::intercept
