// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/mp3.hh"

#include <fmt/format.h>
#include <lame/lame.h>

#include <mutex>

namespace writ::media {
namespace {

lame_t handle(void* p) { return static_cast<lame_t>(p); }

// Telephone speech on two channels: 48 kbit/s a channel where the band is wide, what MPEG 2.5 offers where it
// is narrow.
int kilobits(std::uint32_t rate) { return rate >= 32000 ? 96 : rate >= 16000 ? 64 : 40; }

Status keep(Bytes& out, std::size_t at, int written) {
  if (written < 0) return fail(Exit::failure, fmt::format("the MP3 encoder failed ({})", written));
  out.resize(at + static_cast<std::size_t>(written));
  return {};
}

}  // namespace

void Mp3Encoder::Close::operator()(void* lame) const { lame_close(handle(lame)); }

Result<Mp3Encoder> Mp3Encoder::create(std::uint32_t rate) {
  // lame fills tables of the whole process when the first encoder starts, without a lock.
  static std::mutex starting;
  const std::lock_guard alone{starting};
  Mp3Encoder e{lame_init()};
  const lame_t l = handle(e.lame_.get());
  if (l == nullptr) return fail(Exit::failure, "the MP3 encoder cannot start");
  const int in = static_cast<int>(rate);
  if (lame_set_in_samplerate(l, in) != 0 || lame_set_out_samplerate(l, in) != 0 ||
      lame_set_num_channels(l, 2) != 0 || lame_set_brate(l, kilobits(rate)) != 0 ||
      lame_set_quality(l, 5) != 0 || lame_set_bWriteVbrTag(l, 0) != 0 || lame_init_params(l) != 0)
    return fail(Exit::failure, fmt::format("the MP3 encoder does not take {} samples a second", rate));
  return e;
}

Status Mp3Encoder::encode(std::span<const std::int16_t> interleaved, Bytes& out) {
  const std::size_t frames = interleaved.size() / 2, at = out.size();
  const std::size_t room = frames * 5 / 4 + 7200;  // lame.h: the worst case of lame_encode_buffer
  out.resize(at + room);
  // lame.h asks for a mutable pointer and does not write through it.
  return keep(
      out, at,
      lame_encode_buffer_interleaved(handle(lame_.get()), const_cast<short*>(interleaved.data()),
                                     static_cast<int>(frames), out.data() + at, static_cast<int>(room)));
}

Status Mp3Encoder::finish(Bytes& out) {
  const std::size_t at = out.size();
  out.resize(at + 7200);
  return keep(out, at, lame_encode_flush(handle(lame_.get()), out.data() + at, 7200));
}

}  // namespace writ::media
