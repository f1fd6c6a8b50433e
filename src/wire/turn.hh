// SPDX-License-Identifier: GPL-3.0-or-later
// What a TURN server relays on a channel (RFC 8656 section 12.4): four bytes before the peer's datagram.
#pragma once
#include <optional>

#include "base/bytes.hh"

namespace writ::wire {

inline constexpr std::size_t channel_head = 4;

// The datagram inside; nothing where this is none. Over UDP there may be padding behind it.
inline std::optional<View> channel_data(View udp) {
  if (udp.size() < channel_head || udp[0] < 0x40 || udp[0] > 0x4f) return std::nullopt;
  const std::size_t n = load_be16(udp.data() + 2);
  if (n > udp.size() - channel_head || udp.size() - channel_head - n > 3) return std::nullopt;
  return udp.subspan(channel_head, n);
}

}  // namespace writ::wire
