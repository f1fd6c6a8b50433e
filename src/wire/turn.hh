// SPDX-License-Identifier: GPL-3.0-or-later
// What a TURN server relays between its client and a peer (RFC 8656): on a channel with four bytes before the
// peer's datagram (section 12.4), or in a Send or Data indication, a STUN message that names the peer (11).
#pragma once
#include <optional>

#include "wire/packet.hh"

namespace writ::wire {

struct Relayed {
  View payload;          // the datagram inside; a part of what was given
  std::size_t head = 0;  // bytes before it
  Endpoint peer{};       // an indication's; a channel's was named when it was bound
  enum class How : std::uint8_t { channel, send, data } how = How::channel;
  bool names_peer() const { return how != How::channel; }
};

// Nothing where this is none: a length that lies, an indication without peer or data (what a receiver
// discards), one of the STUN before RFC 5389. Over UDP there may be padding behind a channel's datagram.
std::optional<Relayed> relayed(View udp);

// The datagram's own ends, where the relay's client and a peer are known: an indication goes from its client
// to the server (send) or back (data), what is inside to or from the peer.
UdpPacket without_relay(const UdpPacket& udp, const Relayed& r);

}  // namespace writ::wire
