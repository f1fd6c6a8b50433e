// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over TCP. Input: a list of segments (flags, position, length, then bytes) of two connections, or a
// plain stream in segments of one length. Whatever comes: messages are of the stream's bytes, and their
// frames hold those bytes and nothing else.
#include "fuzz/check.hh"
#include "fuzz/streams.hh"
#include "wire/sip_stream.hh"

using namespace writ;

namespace {

void judge(const std::vector<wire::SipOverStream>& messages) {
  for (const wire::SipOverStream& m : messages) {
    fuzz::check(!m.message.empty() && !m.frames.empty());
    if (m.inflated) {
      const wire::Decoded d = wire::decode(m.frames[0]);
      fuzz::check(m.frames.size() == 1 && d.verdict == wire::Verdict::udp && d.udp.src == m.src &&
                  d.udp.dst == m.dst && std::ranges::equal(d.udp.payload, m.message));
      continue;
    }
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
  Bytes f;
  Instant now{};
  std::uint32_t next = in.u16();
  while (!in.empty()) {
    const std::uint8_t kind = in.u8();
    const std::uint32_t seq = kind & 1 ? next + in.u8() - 128u : next;
    const std::uint8_t length = in.u8();
    const View bytes = in.take(std::min<std::size_t>(kind & 2 ? length * 8u : length, in.rest().size()));
    if (kind & 4) now += std::chrono::seconds{1};
    const std::uint16_t port = kind & 8 ? 8088 : 5060;
    const std::uint8_t flags = (kind & 0xf0) == 0xf0 ? 2 : 0x18;
    const wire::RawPacket p = fuzz::tcp_frame({port, seq, flags, now}, bytes, f);
    streams.add(wire::decode(p), p, out);
    next = seq + static_cast<std::uint32_t>(bytes.size());
    if (kind & 4) streams.expire(now, out);
  }
  streams.finish(out);
  judge(out);
  return 0;
}
