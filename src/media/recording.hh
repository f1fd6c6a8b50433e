// SPDX-License-Identifier: GPL-3.0-or-later
// A stereo recording written as WAV, or as WAV and MP3 at once, under temporary names until it is whole.
#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "base/io.hh"

namespace writ::media {

// MP3 takes longer to make than everything before it.
enum class Audio : std::uint8_t { wav, wav_and_mp3 };

class Recording {
 public:
  // `seconds_expected` decides only whether the WAV needs 64-bit sizes (RF64).
  static Result<Recording> create(const fs::path& dir, const std::string& base_name, std::uint32_t rate,
                                  std::uint64_t seconds_expected, Audio audio);
  Recording(Recording&&) noexcept;
  ~Recording();  // without commit() nothing stays
  Status write(std::span<const std::int16_t> interleaved);
  Status commit();

 private:
  struct Impl;
  explicit Recording(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::media
