// SPDX-License-Identifier: GPL-3.0-or-later
// The codec worker seen from outside: a separate sandboxed process (writ-decode), one per stream. A worker
// that dies (hostile media) costs at most the packet that killed it, never the production.
#pragma once
#include "base/io.hh"
#include "media/codec.hh"

namespace writ::media {

struct DecodedFrame {
  std::vector<std::int16_t> pcm;  // mono (stereo sources are mixed down) at `rate`
  std::uint32_t broken = 0;  // codec frames in the payload that could not be decoded: silence of their length
};

class Decoder {
 public:
  // `worker`: path of writ-decode. Exit::unit when it cannot start or lock itself in; Exit::partial when the
  // codec is not known.
  static Result<Decoder> start(const fs::path& worker, const DecodeRequest& r);
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();
  std::uint32_t rate() const;  // output samples per second
  int pid() const;             // of the worker
  bool timed_out() const;      // lost because it did not answer, not because it died
  // One RTP payload. Exit::partial when the worker died or does not answer in time; the Decoder is then of no
  // further use.
  Result<DecodedFrame> decode(View payload);
  // What the packet after a loss repeats of it, at most so many samples; empty when nothing.
  Result<DecodedFrame> recover(View next, std::uint32_t samples);
  // The comfort noise that the sender asked for; silence when it did not.
  Result<DecodedFrame> noise(std::uint32_t samples);

 private:
  Result<DecodedFrame> ask(std::uint8_t what, std::uint32_t samples, View payload);
  struct Impl;
  explicit Decoder(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

// writ-decode beside the running program.
fs::path default_worker();

}  // namespace writ::media
