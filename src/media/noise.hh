// SPDX-License-Identifier: GPL-3.0-or-later
// Comfort noise: what a sender that stopped sending asked the other side to play. It is always the same for
// the same packets.
#pragma once
#include <memory>
#include <vector>

#include "base/bytes.hh"
#include "base/result.hh"

struct bcg729DecoderChannelContextStruct_struct;

namespace writ::media {

class ComfortNoise {
 public:
  static Result<ComfortNoise> open();
  // RFC 3389: the first octet is the level in -dBov. The spectrum behind it is not followed.
  void take_cn(View payload);
  // ITU-T G.729 annex B: 15 bits of spectrum and level, through bcg729. Appends the noise of its own 10 ms.
  void take_sid(View two_bytes, std::uint32_t samples, std::vector<std::int16_t>& out);
  // Appends nothing before the first of them.
  void more(std::uint32_t samples, std::vector<std::int16_t>& out);

 private:
  struct Close {
    void operator()(bcg729DecoderChannelContextStruct_struct* c) const;
  };
  void sid_frames(const std::uint8_t* sid, std::uint32_t samples, std::vector<std::int16_t>& out);
  std::unique_ptr<bcg729DecoderChannelContextStruct_struct, Close> g729_;
  bool sid_ = false;
  double peak_ = 0;  // of RFC 3389's noise
  std::uint32_t random_ = 1;
};

}  // namespace writ::media
