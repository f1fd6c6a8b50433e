// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over TCP against a model: messages are written one after the other, cut into segments as the input
// says, and sent out of order, twice and overlapping, but all of them. Exactly these messages come out, each
// with frames that hold its bytes and no others.
#include <algorithm>
#include <string>

#include "fuzz/check.hh"
#include "fuzz/streams.hh"
#include "wire/sip_stream.hh"

using namespace writ;

namespace {

struct Part {
  std::size_t at = 0, length = 0;
};

std::string message(unsigned n, std::uint8_t kind, View body) {
  std::string text = (kind & 1) != 0 ? "SIP/2.0 200 OK\r\n" : "INVITE sip:x@192.0.2.1 SIP/2.0\r\n";
  text +=
      "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK" + std::to_string(n) + "\r\nCall-ID: " + std::to_string(n);
  text += (kind & 2) != 0 ? "\r\nl: " : "\r\nContent-Length: ";
  text += std::to_string(body.size()) + "\r\n\r\n";
  for (const std::uint8_t b : body) text += static_cast<char>('a' + b % 26);  // no start line of its own
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(View(data, size));
  const std::uint32_t first = in.u32();
  std::vector<std::string> wanted;
  std::string stream;
  for (unsigned n = 0, count = in.u8() % 5u + 1; n < count; ++n) {
    const std::uint8_t kind = in.u8();
    const std::size_t length = (kind & 4) != 0 ? in.u8() * 2u : in.u8() / 16u;
    wanted.push_back(message(n, kind, in.take(std::min(length, in.rest().size()))));
    stream += wanted.back();
    if ((kind & 8) != 0) stream += "\r\n\r\n";  // keep-alive, RFC 5626 3.5.1
  }
  std::vector<Part> parts;
  for (std::size_t at = 0; at < stream.size();) {
    const std::uint8_t how = in.u8();
    const std::size_t length = std::min<std::size_t>(how % 200u + 40u, stream.size() - at);
    const std::size_t back =
        how >= 200 ? std::min<std::size_t>(at, how - 190u) : 0;  // begins within the one before
    parts.push_back({at - back, length + back});
    at += length;
  }
  for (std::size_t n = 0; n < parts.size(); ++n) {
    const std::uint8_t how = in.u8();
    std::swap(parts[n], parts[std::min<std::size_t>(n + how % 4u, parts.size() - 1)]);
    if ((how & 0x40) != 0 && parts.size() < 40) parts.push_back(parts[n]);
  }
  wire::SipStreams streams;
  std::vector<wire::SipOverStream> out;
  Bytes f;
  const auto send = [&](std::uint32_t seq, std::uint8_t flags, std::string_view payload) {
    const wire::RawPacket p = fuzz::tcp_frame({5060, seq, flags, {}}, view_of(payload), f);
    streams.add(wire::decode(p), p, out);
  };
  send(first - 1, 2, {});
  for (const Part& p : parts)
    send(first + static_cast<std::uint32_t>(p.at), 0x18, std::string_view(stream).substr(p.at, p.length));
  streams.finish(out);
  std::vector<std::string> came;
  for (const wire::SipOverStream& m : out) {
    std::size_t bytes = 0;
    for (const wire::RawPacket& frame : m.frames) bytes += wire::decode(frame).tcp.payload.size();
    fuzz::check(bytes == m.message.size() && !m.cut && !m.overlapped);
    came.emplace_back(text_of(m.message));
  }
  std::sort(came.begin(), came.end());
  std::sort(wanted.begin(), wanted.end());
  fuzz::check(came == wanted && streams.dropped() == 0);
  return 0;
}
