// SPDX-License-Identifier: GPL-3.0-or-later
// Speech-like sound in G.711: voiced syllables of changing pitch, pauses, breath. A pure function of the
// voice and the number of the sample, and never the same twice, so that each 20 ms frame names its place and
// its speaker.
#pragma once
#include <cstddef>
#include <cstdint>

namespace carrier {

enum class Law : std::uint8_t { mu, a };  // RTP payload types 0 and 8 (RFC 3551)

// `count` samples of `voice` at 8 kHz, from sample `first` on, coded.
void speak(std::uint64_t voice, std::int64_t first, std::size_t count, Law law, std::uint8_t* out);

}  // namespace carrier
