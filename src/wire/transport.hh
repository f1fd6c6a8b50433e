// SPDX-License-Identifier: GPL-3.0-or-later
// What follows the IP header, shared by decode() and the Reassembler.
#pragma once
#include "wire/packet.hh"

namespace writ::wire {

inline constexpr std::uint8_t ip_protocol_udp = 17;

// Walks IPv6 extension headers (and AH) from `protocol` to the transport header. `out.udp.src.ip`,
// `out.udp.dst.ip` are set by the caller. `cut`: the IP length promises more than `rest` holds. With
// `may_fragment`, an IPv6 fragment header fills `out.fragment` (its `length` counts `missing` bytes that the
// snap length took).
void decode_transport(std::uint8_t protocol, View rest, std::uint32_t missing, bool may_fragment,
                      Decoded& out);

}  // namespace writ::wire
