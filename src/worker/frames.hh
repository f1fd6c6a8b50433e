// SPDX-License-Identifier: GPL-3.0-or-later
// Frames of a kind, a length and a body over one pair of descriptors: what a parent and its worker say to
// each other. Every length is bounded by who receives it: neither side trusts the other.
#pragma once
#include <cstdint>

#include "base/bytes.hh"
#include "base/result.hh"

namespace writ::worker {

// The kinds that every worker knows; each has its own beside them.
inline constexpr std::uint8_t frame_open = 'O';    // to worker: what to work with
inline constexpr std::uint8_t frame_ready = 'R';   // to parent: the worker is locked in
inline constexpr std::uint8_t frame_refuse = 'E';  // to parent: u8 exit code, text; the worker ends

struct FrameHead {
  std::uint8_t kind = 0;
  std::uint32_t size = 0;
};
inline constexpr std::size_t frame_head_bytes = 5;

Bytes encode_frame(std::uint8_t kind, View body);
FrameHead decode_head(View five_bytes);

// The worker's side. False at the end of `fd`, at another kind, and beyond `max`: then the worker ends.
bool read_frame(int fd, std::uint8_t kind, std::size_t max, Bytes& body);
// Says why to the parent; returns what the worker exits with.
int refuse(int out, const Error& e);

}  // namespace writ::worker
