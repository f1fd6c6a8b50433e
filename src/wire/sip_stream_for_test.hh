// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: messages, segments of one connection, and what SipStreams makes of them.
#pragma once
#include <gtest/gtest.h>

#include "wire/frames_for_test.hh"
#include "wire/sip_stream.hh"

namespace writ::wire::test {

inline std::string message(int n, std::size_t body = 0, const char* length_name = "Content-Length") {
  return "INVITE sip:" + std::to_string(n) + "@example.net SIP/2.0\r\nCall-ID: c" + std::to_string(n) +
         "\r\nCSeq: 1 INVITE\r\n" + length_name + ": " + std::to_string(body) + "\r\n\r\n" +
         std::string(body, static_cast<char>('a' + n % 26));
}

inline Bytes tcp_frame(std::uint32_t seq, std::string_view data, std::uint16_t src = 40000,
                       std::uint16_t dst = 5060, std::uint8_t flags = 0x18, std::uint32_t ack = 1) {
  Bytes t;
  put_be16(t, src);
  put_be16(t, dst);
  put_be32(t, seq);
  put_be32(t, ack);
  t.push_back(0x50);
  t.push_back(flags);
  put_be16(t, 512);
  put_be32(t, 0);
  put_bytes(t, view_of(data));
  return ethernet(ip4(t, 6));
}

struct Streams {
  explicit Streams(std::size_t streams_max = 4096) : s(streams_max) {}
  void feed(View bytes, Instant at = {}) {
    const RawPacket p = raw(bytes, LinkType::ethernet, at);
    const Decoded d = decode(p);
    ASSERT_EQ(d.verdict, Verdict::tcp);
    s.add(d, p, out);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> t;
    for (const SipOverStream& m : out) t.emplace_back(text_of(m.message));
    return t;
  }
  SipStreams s;
  std::vector<SipOverStream> out;
};

// What a frame's TCP segment holds.
inline std::string held(const RawPacket& p) {
  const Decoded d = decode(p);
  EXPECT_EQ(d.verdict, Verdict::tcp);
  return std::string(text_of(d.tcp.payload));
}

inline Bytes websocket(std::string_view payload, std::uint8_t first, bool masked) {
  Bytes b{first};
  const std::uint8_t bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    b.push_back(static_cast<std::uint8_t>(bit | payload.size()));
  } else {
    b.push_back(bit | 126);
    put_be16(b, static_cast<std::uint16_t>(payload.size()));
  }
  const std::uint8_t mask[4] = {0x9a, 0x01, 0xff, 0x33};
  if (masked) b.insert(b.end(), std::begin(mask), std::end(mask));
  for (std::size_t i = 0; i < payload.size(); ++i)
    b.push_back(
        static_cast<std::uint8_t>(static_cast<std::uint8_t>(payload[i]) ^ (masked ? mask[i % 4] : 0)));
  return b;
}

}  // namespace writ::wire::test
