// SPDX-License-Identifier: GPL-3.0-or-later
// A datagram that did not come in a frame of its own (out of HEP, from a socket), as a frame: link type raw,
// IPv4 where both addresses are, else IPv6, with checksums.
#pragma once
#include "wire/packet.hh"

namespace writ::wire {

inline constexpr std::size_t udp_payload_bytes_max = 65507;  // what an IPv4 packet can hold
// `payload` has at most udp_payload_bytes_max bytes. The frame's bytes are `storage`'s.
RawPacket udp_frame(const Endpoint& src, const Endpoint& dst, View payload, Instant at, Bytes& storage);
// Whether the checksum of a whole segment is right; `network` begins with its IP header.
bool tcp_checksum_fits(const TcpSegment& t, std::size_t payload_bytes, View network);

}  // namespace writ::wire
