// SPDX-License-Identifier: GPL-3.0-or-later
// MP3 by libmp3lame itself: through libsndfile 1.2 the same samples at 32 kHz and above give other bytes each
// time, and a production is to be reproducible.
#pragma once
#include <memory>
#include <span>

#include "base/bytes.hh"
#include "base/result.hh"

namespace writ::media {

// Stereo, constant bit rate, no tag that depends on time. Sample rates of MPEG 1, 2 and 2.5 layer III.
class Mp3Encoder {
 public:
  static Result<Mp3Encoder> create(std::uint32_t rate);
  // Both append what the encoder has ready to `out`.
  Status encode(std::span<const std::int16_t> interleaved, Bytes& out);
  Status finish(Bytes& out);

 private:
  struct Close {
    void operator()(void* lame) const;
  };
  explicit Mp3Encoder(void* lame) : lame_(lame) {}
  std::unique_ptr<void, Close> lame_;
};

}  // namespace writ::media
