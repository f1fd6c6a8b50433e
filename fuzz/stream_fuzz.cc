// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over TCP. Input: a list of segments (flags, position, length, then bytes) of two connections, or a
// plain stream in segments of one length. Whatever comes: messages are of the stream's bytes, and their
// frames hold those bytes and nothing else.
#include "fuzz/check.hh"
#include "wire/sip_stream.hh"

using namespace writ;

namespace {

Bytes frame_of(std::uint16_t port, std::uint32_t seq, std::uint8_t flags, View data) {
  Bytes f{0x45, 0};
  put_be16(f, static_cast<std::uint16_t>(40 + data.size()));
  f.insert(f.end(), {0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1});
  put_be16(f, 40000);
  put_be16(f, port);
  put_be32(f, seq);
  f.insert(f.end(), {0, 0, 0, 1, 0x50, flags, 1, 0, 0, 0, 0, 0});
  put_bytes(f, data);
  return f;
}

void judge(const std::vector<wire::SipOverStream>& messages) {
  for (const wire::SipOverStream& m : messages) {
    fuzz::check(!m.message.empty() && !m.frames.empty());
    std::size_t bytes = 0;
    for (const wire::RawPacket& f : m.frames) {
      const wire::Decoded d = wire::decode(f);
      fuzz::check(d.verdict == wire::Verdict::tcp && d.tcp.src == m.src && d.tcp.dst == m.dst);
      bytes += d.tcp.payload.size();
    }
    fuzz::check(bytes >= m.message.size());  // more: the frames of a WebSocket
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(View(data, size));
  wire::SipStreams streams(4, std::chrono::seconds{4});
  std::vector<wire::SipOverStream> out;
  Instant now{};
  std::uint32_t next = in.u16();
  while (!in.empty()) {
    const std::uint8_t kind = in.u8();
    const std::uint32_t seq = kind & 1 ? next + in.u8() - 128u : next;
    const std::uint8_t length = in.u8();
    const View bytes = in.take(std::min<std::size_t>(kind & 2 ? length * 8u : length, in.rest().size()));
    if (kind & 4) now += std::chrono::seconds{1};
    const Bytes f = frame_of(kind & 8 ? 8088 : 5060, seq, (kind & 0xf0) == 0xf0 ? 2 : 0x18, bytes);
    const wire::RawPacket p{now, 101, f, static_cast<std::uint32_t>(f.size())};
    streams.add(wire::decode(p), p, out);
    next = seq + static_cast<std::uint32_t>(bytes.size());
    if (kind & 4) streams.expire(now, out);
  }
  streams.finish(out);
  judge(out);
  return 0;
}
