// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/noise.hh"

extern "C" {
#include <bcg729/decoder.h>
}

#include <algorithm>
#include <array>
#include <cmath>

namespace writ::media {

void ComfortNoise::Close::operator()(bcg729DecoderChannelContextStruct_struct* c) const {
  closeBcg729DecoderChannel(c);
}

Result<ComfortNoise> ComfortNoise::open() {
  ComfortNoise n;
  n.g729_.reset(initBcg729DecoderChannel());
  if (!n.g729_) return fail(Exit::unit, "bcg729 does not start");
  return n;
}

// White noise of that level; 0 dBov is a square wave at full scale. Evenly spread values reach the square
// root of three times their effective value.
void ComfortNoise::take_cn(View payload) {
  if (payload.empty()) return;
  sid_ = false;
  peak_ = std::min(32767.0, 32768.0 * std::pow(10.0, -(payload[0] & 0x7f) / 20.0) * std::sqrt(3.0));
}

void ComfortNoise::take_sid(View two_bytes, std::uint32_t samples, std::vector<std::int16_t>& out) {
  if (two_bytes.size() != 2) return;
  sid_ = true;
  sid_frames(two_bytes.data(), samples, out);
}

void ComfortNoise::sid_frames(const std::uint8_t* sid, std::uint32_t samples,
                              std::vector<std::int16_t>& out) {
  std::array<std::int16_t, 80> frame{};
  while (samples > 0) {
    bcg729Decoder(g729_.get(), sid, sid ? 2 : 0, 0, 1, 0, frame.data());
    sid = nullptr;
    const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(samples, frame.size()));
    out.insert(out.end(), frame.begin(), frame.begin() + n);
    samples -= n;
  }
}

void ComfortNoise::more(std::uint32_t samples, std::vector<std::int16_t>& out) {
  if (sid_) return sid_frames(nullptr, samples, out);
  for (; samples > 0 && peak_ > 0; --samples) {
    random_ = random_ * 1664525u + 1013904223u;
    const double even = static_cast<double>(random_ >> 8) / 8388608.0 - 1.0;
    out.push_back(static_cast<std::int16_t>(std::lrint(even * peak_)));
  }
}

}  // namespace writ::media
