// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/websocket.hh"

#include <algorithm>

#include "wire/sip.hh"

namespace writ::wire {
namespace {

struct Head {
  std::size_t header = 0;  // with the mask
  std::uint64_t payload = 0;
  const std::uint8_t* mask = nullptr;
};

constexpr std::uint8_t bit_compressed = 0x40, bits_reserved = 0x70;

WebSocketRead read_head(View v, Head& h, bool may_be_compressed = false) {
  if (v.size() < 2) return WebSocketRead::incomplete;
  const unsigned opcode = v[0] & 15u;
  const bool is_compressed = may_be_compressed && (opcode == 1 || opcode == 2);
  if ((v[0] & bits_reserved & ~(is_compressed ? bit_compressed : 0)) != 0 ||
      (opcode > 2 && (opcode < 8 || opcode > 10)))
    return WebSocketRead::not_a_frame;
  const unsigned short_length = v[1] & 0x7fu;
  const std::size_t wide = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
  const bool masked = (v[1] & 0x80) != 0;
  h.header = 2 + wide + (masked ? 4 : 0);
  if (v.size() < h.header) return WebSocketRead::incomplete;
  h.payload = wide == 0 ? short_length : Reader{v.subspan(2)}.be(wide);
  if (h.payload > websocket_frame_bytes_max) return WebSocketRead::not_a_frame;
  h.mask = masked ? v.data() + 2 + wide : nullptr;
  return WebSocketRead::frame;
}

void unmask(View v, const std::uint8_t* mask, Bytes& out) {
  out.assign(v.begin(), v.end());
  if (mask == nullptr) return;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(out[i] ^ mask[i % 4]);
}

}  // namespace

WebSocketRead read_websocket(View v, WebSocketFrame& out, bool may_be_compressed) {
  Head h;
  if (const WebSocketRead r = read_head(v, h, may_be_compressed); r != WebSocketRead::frame) return r;
  const auto payload = static_cast<std::size_t>(h.payload);
  if (v.size() < h.header + payload) return WebSocketRead::incomplete;
  out.opcode = v[0] & 15u;
  out.final = (v[0] & 0x80) != 0;
  out.compressed = (v[0] & bit_compressed) != 0;
  out.length = h.header + payload;
  unmask(v.subspan(h.header, payload), h.mask, out.payload);
  return WebSocketRead::frame;
}

bool looks_like_websocket_sip(View v) {
  Head h;
  if (v.empty() || ((v[0] & 15u) != 1 && (v[0] & 15u) != 2) || read_head(v, h) != WebSocketRead::frame)
    return false;
  const View there =
      v.subspan(h.header, std::min<std::size_t>(static_cast<std::size_t>(h.payload), v.size() - h.header));
  Bytes start;
  unmask(there.first(std::min<std::size_t>(there.size(), 512)), h.mask, start);
  return looks_like_sip(start);
}

}  // namespace writ::wire
