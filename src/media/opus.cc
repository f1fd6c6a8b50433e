// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/opus.hh"

#include <opus/opus.h>

#include <algorithm>
#include <array>

namespace writ::media {
namespace {

constexpr int opus_rate = 48000, opus_channels = 2, opus_samples_max = 5760;

void fold(const std::vector<std::int16_t>& both, int samples, std::vector<std::int16_t>& out) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(samples); ++i)
    out.push_back(static_cast<std::int16_t>((both[2 * i] + both[2 * i + 1]) / 2));
}

// The first bits of a SILK frame are not compressed: for each channel one for each 20 ms (is there voice),
// then one that says whether the frame before is repeated.
bool repeats_the_last(View packet) {
  if (packet.size() < 2 || packet[0] >= 0x80) return false;  // CELT repeats nothing
  std::array<const unsigned char*, 48> frames{};
  std::array<opus_int16, 48> sizes{};
  const int n = opus_packet_parse(packet.data(), static_cast<opus_int32>(packet.size()), nullptr,
                                  frames.data(), sizes.data(), nullptr);
  if (n < 1 || sizes[0] < 1) return false;
  const int samples = opus_packet_get_samples_per_frame(packet.data(), opus_rate);
  const int parts = std::max(1, samples / 960);
  const bool middle = (frames[0][0] >> (7 - parts) & 1) != 0;
  const bool stereo = (packet[0] & 4) != 0;
  return middle || (stereo && parts < 3 && (frames[0][0] >> (6 - 2 * parts) & 1) != 0);
}

}  // namespace

void OpusStream::Free::operator()(OpusDecoder* d) const { opus_decoder_destroy(d); }

Result<OpusStream> OpusStream::open() {
  OpusStream s;
  int error = 0;
  s.decoder_.reset(opus_decoder_create(opus_rate, opus_channels, &error));
  if (!s.decoder_ || error != OPUS_OK) return fail(Exit::unit, "libopus does not start");
  return s;
}

bool OpusStream::decode(View packet, std::vector<std::int16_t>& out) {
  std::vector<std::int16_t> both(std::size_t{opus_samples_max} * opus_channels);
  const int n = opus_decode(decoder_.get(), packet.data(), static_cast<opus_int32>(packet.size()),
                            both.data(), opus_samples_max, 0);
  if (n > 0) fold(both, n, out);
  if (n < 0) opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
  return n > 0;
}

void OpusStream::recover(View next, std::uint32_t samples, std::vector<std::int16_t>& out) {
  if (!repeats_the_last(next)) return;
  const int whole = opus_packet_get_samples_per_frame(next.data(), opus_rate);
  if (whole <= 0 || static_cast<std::uint32_t>(whole) > samples) return;
  std::vector<std::int16_t> both(static_cast<std::size_t>(whole) * opus_channels);
  const int n =
      opus_decode(decoder_.get(), next.data(), static_cast<opus_int32>(next.size()), both.data(), whole, 1);
  if (n > 0) fold(both, n, out);
}

}  // namespace writ::media
