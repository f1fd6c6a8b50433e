// SPDX-License-Identifier: GPL-3.0-or-later
// Opus through libopus itself: libavcodec's door to it has none for in-band FEC.
#pragma once
#include <memory>
#include <vector>

#include "base/bytes.hh"
#include "base/result.hh"

struct OpusDecoder;

namespace writ::media {

class OpusStream {
 public:
  static Result<OpusStream> open();
  // One packet at 48 kHz, both channels folded into one. False when it is broken: nothing is appended. A
  // packet of one or two bytes (DTX) is what libopus makes of it.
  bool decode(View packet, std::vector<std::int16_t>& out);
  // What `next` repeats of the packet before it (LBRR, RFC 6716 section 4.2.4): at most `samples`. Appends
  // nothing when it repeats nothing: what libopus would conceal with is not evidence.
  void recover(View next, std::uint32_t samples, std::vector<std::int16_t>& out);

 private:
  struct Free {
    void operator()(OpusDecoder* d) const;
  };
  std::unique_ptr<OpusDecoder, Free> decoder_;
};

}  // namespace writ::media
