// SPDX-License-Identifier: GPL-3.0-or-later
// The codec worker seen from outside: a separate sandboxed process (writ-decode), one per stream. A worker
// that dies (hostile media) costs at most the packet that killed it, never the production.
// Questions and answers go in batches: two switches of processes for each payload cost more than G.711 does.
#pragma once
#include <span>

#include "media/codec.hh"
#include "media/job.hh"

namespace writ::media {

struct DecodedFrame {
  std::vector<std::int16_t> pcm;  // mono (stereo sources are mixed down) at `rate`
  std::uint32_t broken = 0;  // codec frames in the payload that could not be decoded: silence of their length
};

class Decoder {
 public:
  // Exit::unit when the worker cannot start or lock itself in; Exit::partial when the codec is not known.
  static Result<Decoder> start(worker::Program& worker, const DecodeRequest& r);
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();
  std::uint32_t rate() const;  // output samples per second
  int pid() const;             // of the worker
  bool timed_out() const;      // lost because it did not answer, not because it died
  // RTP payloads, at most ahead_packets_max with ahead_bytes_max together, or one of any size. Each is then
  // taken by next(), in this order, before anything else is asked.
  void ask(std::span<const View> payloads);
  // Appends to `pcm`; returns the number of broken codec frames. Exit::partial when the worker died or does
  // not answer in time; the Decoder is then of no further use. What it died of is one of the payloads that
  // have no answer.
  Result<std::uint32_t> next(std::vector<std::int16_t>& pcm);
  // One payload alone.
  Result<DecodedFrame> decode(View payload);
  // What the packet after a loss repeats of it, at most so many samples; empty when nothing.
  Result<DecodedFrame> recover(View next, std::uint32_t samples);
  // The comfort noise that the sender asked for; silence when it did not.
  Result<DecodedFrame> noise(std::uint32_t samples);

 private:
  Result<DecodedFrame> ask_for(std::uint8_t what, std::uint32_t samples, View payload);
  struct Impl;
  explicit Decoder(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::media
