// SPDX-License-Identifier: GPL-3.0-or-later
// Frames of the WebSocket protocol (RFC 6455 section 5), as SIP uses it (RFC 7118): one message a data frame,
// or in parts.
#pragma once
#include <optional>

#include "base/bytes.hh"

namespace writ::wire {

struct WebSocketFrame {
  std::uint8_t opcode = 0;  // 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong
  bool final = true;
  bool compressed = false;  // by permessage-deflate (RFC 7692): the payload is not opened here
  std::size_t length = 0;   // of the whole frame
  Bytes payload;            // unmasked
  bool is_control() const { return (opcode & 8) != 0; }
};

inline constexpr std::size_t websocket_frame_bytes_max = 256u << 10;

enum class WebSocketRead { frame, incomplete, not_a_frame };
// The frame at the front of `v`. Reserved bits, reserved opcodes and lengths above the bound are no frame;
// with `may_be_compressed` the first reserved bit of a data frame is RFC 7692's.
WebSocketRead read_websocket(View v, WebSocketFrame& out, bool may_be_compressed = false);
// A data frame whose first bytes are a SIP start line; true already when the rest of it is not there yet.
bool looks_like_websocket_sip(View v);

}  // namespace writ::wire
