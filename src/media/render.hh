// SPDX-License-Identifier: GPL-3.0-or-later
// Evidence to recordings: packets of one call become a stereo WAV (left = target, right = other), placed on the wall clock by RTP
// time, with silence where packets are missing, and an MP3 of the same; RFC 4733 digits with their times.
#pragma once
#include "base/io.hh"
#include "intercept/calls.hh"

namespace writ::media {

// The codec worker: a separate sandboxed process (writ-decode) that reads frames and writes 16-bit PCM. One process per stream;
// a worker that dies (hostile media) costs one stream, which is then reported as not decodable, never the production.
struct DecodeRequest {
  std::string codec;  // RFC 3551 / IANA name, upper case
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string fmtp;
};
struct DecodedFrame {
  std::vector<std::int16_t> pcm;  // mono (stereo sources are mixed down) at `rate`
};
class Decoder {
 public:
  // `worker`: path of writ-decode. Exit::unit when it cannot start or lock itself in; Exit::partial when the codec is not known.
  static Result<Decoder> start(const fs::path& worker, const DecodeRequest& r);
  Decoder(Decoder&&) noexcept;
  ~Decoder();
  std::uint32_t rate() const;                  // output samples per second
  Result<DecodedFrame> decode(View payload);   // one RTP payload
  Result<DecodedFrame> conceal(std::uint32_t samples);  // a lost packet: silence unless the codec conceals by itself

 private:
  struct Impl;
  explicit Decoder(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

// writ-decode beside the running program.
fs::path default_worker();

// Fills media[].decoded/why, dtmf, wav and mp3 of `call`; writes <out_dir>/<base_name>.wav and .mp3. A call without decodable audio
// gets no file and says why. Digits are found even where audio cannot be decoded.
Status render_call(intercept::CallRecord& call, const std::vector<intercept::EvidencePacket>& packets, const fs::path& worker,
                   const fs::path& out_dir, const std::string& base_name);
// Digits alone (also used by render_call).
std::vector<intercept::Digit> find_digits(const intercept::CallRecord& call,
                                          const std::vector<intercept::EvidencePacket>& packets);

}  // namespace writ::media
