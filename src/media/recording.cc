// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/recording.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sndfile.h>
#include <unistd.h>

#include <optional>

#include "media/mp3.hh"

namespace writ::media {
namespace {

struct CloseSound {
  void operator()(SNDFILE* f) const { sf_close(f); }
};

struct Output {  // a file under its temporary name
  fs::path final_name, temporary;
  Fd fd;
};

Status open_output(Output& o, const fs::path& name) {
  o.final_name = name;
  const fs::path temporary = fmt::format("{}.tmp.{}", name.string(), ::getpid());
  o.fd = Fd{::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
  if (!o.fd) return tl::unexpected(io_error("create", temporary));
  o.temporary = temporary;
  return {};
}

Status finish(Output& o) {
  if (::fsync(o.fd.get()) != 0) return tl::unexpected(io_error("sync", o.temporary));
  if (::rename(o.temporary.c_str(), o.final_name.c_str()) != 0)
    return tl::unexpected(io_error("rename", o.temporary));
  o.temporary.clear();
  return {};
}

}  // namespace

struct Recording::Impl {
  Output wav, mp3;
  std::unique_ptr<SNDFILE, CloseSound> sound;
  std::optional<Mp3Encoder> encoder;  // with mp3
  ~Impl() {
    for (const Output* o : {&wav, &mp3})
      if (!o->temporary.empty()) ::unlink(o->temporary.c_str());
  }
};

Result<Recording> Recording::create(const fs::path& dir, const std::string& base_name, std::uint32_t rate,
                                    std::uint64_t seconds_expected, Audio audio) {
  WRIT_CHECK(make_dirs(dir));
  auto i = std::make_unique<Impl>();
  WRIT_CHECK(open_output(i->wav, dir / (base_name + ".wav")));
  if (audio == Audio::wav_and_mp3) {
    WRIT_TRY(encoder, Mp3Encoder::create(rate));
    i->encoder.emplace(std::move(encoder));
    WRIT_CHECK(open_output(i->mp3, dir / (base_name + ".mp3")));
  }
  constexpr std::uint64_t wav_bytes_max = 4'000'000'000;  // RIFF counts in 32 bits
  const bool large = seconds_expected * rate * 4 > wav_bytes_max;
  SF_INFO info{};
  info.samplerate = static_cast<int>(rate);
  info.channels = 2;
  info.format = (large ? SF_FORMAT_RF64 : SF_FORMAT_WAV) | SF_FORMAT_PCM_16;
  i->sound.reset(sf_open_fd(i->wav.fd.get(), SFM_WRITE, &info, SF_FALSE));
  if (!i->sound)
    return fail(Exit::failure, fmt::format("{}: {}", i->wav.final_name.string(), sf_strerror(nullptr)));
  return Recording{std::move(i)};
}

Status Recording::write(std::span<const std::int16_t> interleaved) {
  const auto frames = static_cast<sf_count_t>(interleaved.size() / 2);
  if (sf_writef_short(i_->sound.get(), interleaved.data(), frames) != frames)
    return fail(Exit::failure,
                fmt::format("{}: {}", i_->wav.final_name.string(), sf_strerror(i_->sound.get())));
  if (!i_->encoder) return {};
  Bytes coded;
  WRIT_CHECK(i_->encoder->encode(interleaved, coded));
  return write_all(i_->mp3.fd.get(), coded);
}

Status Recording::commit() {
  const int e = sf_close(i_->sound.release());
  if (e != 0)
    return fail(Exit::failure, fmt::format("{}: {}", i_->wav.final_name.string(), sf_error_number(e)));
  if (i_->encoder) {
    Bytes coded;
    WRIT_CHECK(i_->encoder->finish(coded));
    WRIT_CHECK(write_all(i_->mp3.fd.get(), coded));
    WRIT_CHECK(finish(i_->mp3));
  }
  WRIT_CHECK(finish(i_->wav));
  return sync_dir(i_->wav.final_name.parent_path());
}

Recording::Recording(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Recording::Recording(Recording&&) noexcept = default;
Recording::~Recording() = default;

}  // namespace writ::media
