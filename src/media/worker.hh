// SPDX-License-Identifier: GPL-3.0-or-later
// The conversations between media/ (parent) and writ-decode (worker): the frames of src/worker/frames.hh and
// kinds of their own. A worker has one job, which its open frame names: the payloads of one stream to PCM,
// the packets of one SRTP stream to RTP, or the pages of a fax to pixels.
#pragma once
#include <cstdint>

#include "media/codec.hh"
#include "media/fax_image.hh"
#include "wire/sdes.hh"
#include "worker/frames.hh"

namespace writ::media {

inline constexpr std::uint8_t job_codec = 'C', job_srtp = 'S', job_fax = 'F';  // first byte of open

// Codec. open: job, be32 clock rate, u8 channels, u8 codec length, codec, fmtp (the rest). ready: be32 rate.
// To worker: questions, each: u8 what is asked, be32 samples (of recover and noise), be16 length, one RTP
// payload (of decode and recover).
inline constexpr std::uint8_t frame_payloads = 'D';
inline constexpr std::uint8_t ask_decode = 0, ask_recover = 1, ask_noise = 2;  // see Codec
// To parent: answers, each: be32 broken codec frames, be32 number of samples, 16-bit samples as this
// machine keeps them. A frame holds whole answers: as many as reach answers_bytes_min, or all that are left.
inline constexpr std::uint8_t frame_pcm = 'P';
inline constexpr std::size_t question_head_bytes = 7, answer_head_bytes = 8;
inline constexpr std::size_t ahead_packets_max = 256, ahead_bytes_max = 65536;
inline constexpr std::size_t questions_bytes_max =
    ahead_packets_max * question_head_bytes + ahead_bytes_max + payload_bytes_max;
inline constexpr std::size_t answers_bytes_min = 65536;
inline constexpr std::size_t answers_bytes_max =
    answers_bytes_min + answer_head_bytes + std::size_t{192000} * packet_seconds_max * 2;
inline constexpr std::size_t open_bytes_max = 65536;

Bytes encode_open(const DecodeRequest& r);
Result<DecodeRequest> decode_open(View body);

// SRTP. open: job, then keys, each: u8 suite, u8 encrypted, u8 length, master key and salt, u8 length, MKI.
// ready: nothing.
inline constexpr std::uint8_t frame_srtp = 'X';  // to worker: packets of one stream, each: be16 length, bytes
inline constexpr std::uint8_t frame_rtp =
    'Y';  // to parent, for each: u8 opened, be16 key, be16 length, bytes
inline constexpr std::size_t batch_packets_max = 64;
inline constexpr std::size_t batch_bytes_max = batch_packets_max * (5 + 65535);

Bytes encode_open(const std::vector<wire::SdesKey>& keys);
Result<std::vector<wire::SdesKey>> decode_open_srtp(View body);

// Fax. open: job. ready: nothing.
inline constexpr std::uint8_t frame_page = 'G';    // to worker: u8 coding, be32 width, coded data
inline constexpr std::uint8_t frame_pixels = 'B';  // to parent: be32 rows, be32 bad rows, u8 whole, pixels
inline constexpr std::size_t pixels_bytes_max = 9 + std::size_t{fax_rows_max} * ((fax_width_max + 7) / 8);

// The worker's whole life; returns its exit code. Opens the decoder, locks in, says ready, and answers
// payloads until the end of `in`.
int run_worker(int in, int out);

}  // namespace writ::media
