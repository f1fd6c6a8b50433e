// SPDX-License-Identifier: GPL-3.0-or-later
// WebSocket frames. Input: two bytes that choose length form, mask and opcode, then bytes: read as a frame,
// and carried as the payload of one that is written here (RFC 6455 5.2) and must come back; and inflated as
// messages of a compressed direction (RFC 7692), in pieces, nine at most, of a length that the first byte
// chooses.
#include "fuzz/check.hh"
#include "fuzz/streams.hh"
#include "wire/permessage_deflate.hh"
#include "wire/websocket.hh"

using namespace writ;

namespace {

Bytes frame_of(std::uint8_t form, std::uint8_t kind, View payload) {
  static constexpr std::uint8_t opcodes[] = {0, 1, 2, 8, 9, 10};
  const bool masked = (form & 1) != 0;
  Bytes f{static_cast<std::uint8_t>((kind & 0x80) | opcodes[kind % std::size(opcodes)])};
  const std::size_t wide = (form & 2) != 0 || payload.size() > 65535 ? 8
                           : (form & 4) != 0 || payload.size() > 125 ? 2
                                                                     : 0;
  const unsigned length = wide == 8 ? 127u : wide == 2 ? 126u : static_cast<unsigned>(payload.size());
  f.push_back(static_cast<std::uint8_t>((masked ? 0x80u : 0u) | length));
  for (std::size_t i = wide; i-- > 0;) f.push_back(static_cast<std::uint8_t>(payload.size() >> (8 * i)));
  const std::uint8_t mask[4] = {form, kind, 0x5a, 0};
  if (masked) f.insert(f.end(), std::begin(mask), std::end(mask));
  for (std::size_t i = 0; i < payload.size(); ++i)
    f.push_back(static_cast<std::uint8_t>(payload[i] ^ (masked ? mask[i % 4] : 0)));
  return f;
}

void inflate(std::uint8_t form, View bytes) {
  wire::Inflater messages((form & 8) != 0);
  fuzz::in_steps(bytes, 1 + form + bytes.size() / 8, [&](View one) {
    if (const auto text = messages.read(one)) fuzz::check(text->size() <= wire::inflated_bytes_max);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const View bytes(data + 2, size - 2);
  wire::WebSocketFrame f;
  if (wire::read_websocket(bytes, f) == wire::WebSocketRead::frame)
    fuzz::check(f.length <= bytes.size() && f.payload.size() + 2 <= f.length);
  (void)wire::looks_like_websocket_sip(bytes);
  (void)wire::agreed_deflate(bytes);
  inflate(data[0], bytes);
  Bytes made = frame_of(data[0], data[1], bytes);
  const std::size_t whole = made.size();
  for (const std::size_t part : {std::size_t{0}, std::size_t{1}, whole / 2, whole - 1})
    fuzz::check(wire::read_websocket(View(made).first(part), f) == wire::WebSocketRead::incomplete);
  put_bytes(made, bytes.first(std::min<std::size_t>(bytes.size(), 9)));  // what follows is not its
  const auto read = wire::read_websocket(made, f);
  if (bytes.size() > wire::websocket_frame_bytes_max) {
    fuzz::check(read == wire::WebSocketRead::not_a_frame);
    return 0;
  }
  fuzz::check(read == wire::WebSocketRead::frame && f.length == whole && f.final == ((data[1] & 0x80) != 0));
  fuzz::check(f.opcode == (made[0] & 15u) &&
              std::equal(f.payload.begin(), f.payload.end(), bytes.begin(), bytes.end()));
  return 0;
}
