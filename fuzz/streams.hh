// SPDX-License-Identifier: GPL-3.0-or-later
// Streams as the targets cut them: into reads of one length, and into TCP segments.
#pragma once
#include <algorithm>
#include <cstring>

#include "base/bytes.hh"
#include "wire/packet.hh"

namespace writ::fuzz {

// f(View) for each part of at most `step` bytes (1 at least).
template <class F>
void in_steps(View all, std::size_t step, F&& f) {
  for (; !all.empty(); all = all.subspan(std::min(step, all.size()))) f(all.first(std::min(step, all.size())));
}

struct Segment {
  std::uint16_t to_port = 5060;
  std::uint32_t seq = 0;
  std::uint8_t flags = 0x18;  // PSH, ACK
  Instant at{};
};

// An IPv4 frame (link type raw) from 192.0.2.1:40000 to 198.51.100.1, checksums left zero, written over `f`.
inline wire::RawPacket tcp_frame(const Segment& s, View payload, Bytes& f) {
  static constexpr std::uint8_t head[40] = {0x45, 0,   0, 0,   0,    1,  0x40, 0,    64,   6,    0, 0, 192, 0,
                                            2,    1,   198, 51, 100, 1,  0x9c, 0x40, 0,    0,    0, 0, 0,   0,
                                            0,    0,   0, 1,   0x50, 0,  1,    0,    0,    0,    0, 0};
  f.resize(sizeof head + payload.size());
  std::memcpy(f.data(), head, sizeof head);
  const auto be = [&f](std::size_t at, std::uint32_t v, std::size_t bytes) {
    for (; bytes > 0; v >>= 8) f[at + --bytes] = static_cast<std::uint8_t>(v);
  };
  be(2, static_cast<std::uint32_t>(f.size()), 2);
  be(22, s.to_port, 2);
  be(24, s.seq, 4);
  f[33] = s.flags;
  if (!payload.empty()) std::memcpy(f.data() + sizeof head, payload.data(), payload.size());
  return {s.at, 101, f, static_cast<std::uint32_t>(f.size())};
}

}  // namespace writ::fuzz
