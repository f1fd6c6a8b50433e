// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation between Decoder (parent) and writ-decode (worker): the frames of src/worker/frames.hh and
// two kinds of their own.
#pragma once
#include <cstdint>

#include "media/codec.hh"
#include "worker/frames.hh"

namespace writ::media {

// open: be32 clock rate, u8 channels, u8 codec length, codec, fmtp (the rest). ready: be32 rate.
inline constexpr std::uint8_t frame_payload = 'D';  // to worker: one RTP payload
inline constexpr std::uint8_t frame_pcm =
    'P';  // to parent: be32 broken codec frames, 16-bit little-endian samples
inline constexpr std::size_t open_bytes_max = 4096;
inline constexpr std::size_t pcm_bytes_max = 4 + std::size_t{192000} * packet_seconds_max * 2;

Bytes encode_open(const DecodeRequest& r);
Result<DecodeRequest> decode_open(View body);

// The worker's whole life; returns its exit code. Opens the decoder, locks in, says ready, and answers
// payloads until the end of `in`.
int run_worker(int in, int out);

}  // namespace writ::media
