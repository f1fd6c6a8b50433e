// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation between Decoder (parent) and writ-decode (worker): frames of a kind, a length and a body
// over one pair of descriptors. Every length is bounded by who receives it: neither side trusts the other.
#pragma once
#include <cstdint>

#include "media/codec.hh"

namespace writ::media {

enum class FrameKind : std::uint8_t {
  open = 'O',     // to worker: be32 clock rate, u8 channels, u8 codec length, codec, fmtp (the rest)
  ready = 'R',    // to parent: be32 rate; the worker is locked in
  refuse = 'E',   // to parent: u8 exit code, text; the worker ends
  payload = 'D',  // to worker: one RTP payload
  pcm = 'P',      // to parent: be32 broken codec frames, 16-bit little-endian samples
};

struct FrameHead {
  FrameKind kind{};
  std::uint32_t size = 0;
};
inline constexpr std::size_t frame_head_bytes = 5;
inline constexpr std::size_t open_bytes_max = 4096;
inline constexpr std::size_t pcm_bytes_max = 4 + std::size_t{192000} * packet_seconds_max * 2;

Bytes encode_frame(FrameKind kind, View body);
FrameHead decode_head(View five_bytes);
Bytes encode_open(const DecodeRequest& r);
Result<DecodeRequest> decode_open(View body);

// The worker's whole life; returns its exit code. Opens the decoder, locks in, says ready, and answers
// payloads until the end of `in`.
int run_worker(int in, int out);

}  // namespace writ::media
