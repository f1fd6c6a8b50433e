// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/recording.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sndfile.h>
#include <unistd.h>

namespace writ::media {
namespace {

struct CloseSound {
  void operator()(SNDFILE* f) const { sf_close(f); }
};

struct Output {
  fs::path final_name, temporary;
  Fd fd;
  std::unique_ptr<SNDFILE, CloseSound> sound;
};

Status open_output(Output& o, const fs::path& name, int format, std::uint32_t rate) {
  o.final_name = name;
  const fs::path temporary = fmt::format("{}.tmp.{}", name.string(), ::getpid());
  o.fd = Fd{::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
  if (!o.fd) return tl::unexpected(io_error("create", temporary));
  o.temporary = temporary;
  SF_INFO info{};
  info.samplerate = static_cast<int>(rate);
  info.channels = 2;
  info.format = format;
  o.sound.reset(sf_open_fd(o.fd.get(), SFM_WRITE, &info, SF_FALSE));
  if (!o.sound) return fail(Exit::failure, fmt::format("{}: {}", name.string(), sf_strerror(nullptr)));
  return {};
}

Status finish(Output& o) {
  const int e = sf_close(o.sound.release());
  if (e != 0) return fail(Exit::failure, fmt::format("{}: {}", o.final_name.string(), sf_error_number(e)));
  if (::fsync(o.fd.get()) != 0) return tl::unexpected(io_error("sync", o.temporary));
  if (::rename(o.temporary.c_str(), o.final_name.c_str()) != 0)
    return tl::unexpected(io_error("rename", o.temporary));
  o.temporary.clear();
  return {};
}

}  // namespace

struct Recording::Impl {
  Output wav, mp3;
  ~Impl() {
    for (const Output* o : {&wav, &mp3})
      if (!o->temporary.empty()) ::unlink(o->temporary.c_str());
  }
};

Result<Recording> Recording::create(const fs::path& dir, const std::string& base_name, std::uint32_t rate,
                                    std::uint64_t seconds_expected) {
  WRIT_CHECK(make_dirs(dir));
  constexpr std::uint64_t wav_bytes_max = 4'000'000'000;  // RIFF counts in 32 bits
  const bool large = seconds_expected * rate * 4 > wav_bytes_max;
  auto i = std::make_unique<Impl>();
  WRIT_CHECK(open_output(i->wav, dir / (base_name + ".wav"),
                         (large ? SF_FORMAT_RF64 : SF_FORMAT_WAV) | SF_FORMAT_PCM_16, rate));
  WRIT_CHECK(
      open_output(i->mp3, dir / (base_name + ".mp3"), SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, rate));
  return Recording{std::move(i)};
}

Status Recording::write(std::span<const std::int16_t> interleaved) {
  const auto frames = static_cast<sf_count_t>(interleaved.size() / 2);
  for (Output* o : {&i_->wav, &i_->mp3})
    if (sf_writef_short(o->sound.get(), interleaved.data(), frames) != frames)
      return fail(Exit::failure, fmt::format("{}: {}", o->final_name.string(), sf_strerror(o->sound.get())));
  return {};
}

Status Recording::commit() {
  WRIT_CHECK(finish(i_->wav));
  WRIT_CHECK(finish(i_->mp3));
  return sync_dir(i_->wav.final_name.parent_path());
}

Recording::Recording(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Recording::Recording(Recording&&) noexcept = default;
Recording::~Recording() = default;

}  // namespace writ::media
