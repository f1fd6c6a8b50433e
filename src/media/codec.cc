// SPDX-License-Identifier: GPL-3.0-or-later
// libavcodec decodes "packets" of its own making: some decoders take a whole RTP payload, others exactly one
// codec frame, and each returns what it likes (planar, float, a different rate when a stream says so). This
// file cuts payloads into frames, decodes, folds the result to mono 16 bits, and turns whatever fails into
// silence of the same length, so that one bad packet never moves what follows. Everything is allocated by
// open(): afterwards the decoders need no system call but for memory.
#include "media/codec.hh"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/log.h>
}
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "media/noise.hh"
#include "media/opus.hh"

namespace writ::media {
namespace {

struct FreeContext {
  void operator()(AVCodecContext* c) const { avcodec_free_context(&c); }
};
struct FreePacket {
  void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct FreeFrame {
  void operator()(AVFrame* f) const { av_frame_free(&f); }
};
using Context = std::unique_ptr<AVCodecContext, FreeContext>;

struct Backend {
  const AVCodec* codec = nullptr;
  int block_align = 0;
};

Backend backend_of(const CodecFacts& f) {
  switch (f.kind) {
    case CodecKind::pcmu:
      return {avcodec_find_decoder(AV_CODEC_ID_PCM_MULAW)};
    case CodecKind::pcma:
      return {avcodec_find_decoder(AV_CODEC_ID_PCM_ALAW)};
    case CodecKind::l16:
      return {avcodec_find_decoder(AV_CODEC_ID_PCM_S16BE)};
    case CodecKind::g722:
      return {avcodec_find_decoder(AV_CODEC_ID_ADPCM_G722)};
    case CodecKind::g729:
      return {avcodec_find_decoder(AV_CODEC_ID_G729), 10};
    case CodecKind::gsm:
      return {avcodec_find_decoder_by_name("gsm"), 33};
    case CodecKind::g726:
      return {avcodec_find_decoder(f.big_endian ? AV_CODEC_ID_ADPCM_G726 : AV_CODEC_ID_ADPCM_G726LE)};
    case CodecKind::g723:
      return {avcodec_find_decoder(AV_CODEC_ID_G723_1)};
    case CodecKind::ilbc:
      return {avcodec_find_decoder(AV_CODEC_ID_ILBC), 50};
    case CodecKind::speex:
      return {avcodec_find_decoder_by_name("libspeex")};
    case CodecKind::amr:
      return {avcodec_find_decoder(AV_CODEC_ID_AMR_NB)};
    case CodecKind::amr_wb:
      return {avcodec_find_decoder(AV_CODEC_ID_AMR_WB)};
    case CodecKind::dvi4:
      return {avcodec_find_decoder(AV_CODEC_ID_ADPCM_IMA_WAV)};
    case CodecKind::opus:
    case CodecKind::cn:
      break;  // not of libavcodec
  }
  return {};
}

Result<Context> open_context(const CodecFacts& f, const Backend& b, int block_align) {
  if (!b.codec) return fail(Exit::unit, "this libavcodec lacks a decoder that Writ needs");
  Context c{avcodec_alloc_context3(b.codec)};
  if (!c) return fail(Exit::unit, "out of memory");
  c->thread_count = 1;
  c->sample_rate = static_cast<int>(f.rate);
  av_channel_layout_default(&c->ch_layout, f.channels);
  c->block_align = block_align;
  c->bits_per_coded_sample = f.kind == CodecKind::g726 ? f.bits : f.kind == CodecKind::dvi4 ? 4 : 0;
  c->request_sample_fmt = AV_SAMPLE_FMT_S16;
  if (avcodec_open2(c.get(), b.codec, nullptr) < 0)
    return fail(Exit::unit, fmt::format("libavcodec does not open its decoder {}", b.codec->name));
  return c;
}

std::int16_t clip(double v) {
  if (!(v > -32768.0)) return -32768;  // also NaN
  return v >= 32767.0 ? std::int16_t{32767} : static_cast<std::int16_t>(std::lrint(v));
}

template <class Sample>
void append_mean(const AVFrame& f, std::size_t n, double full_scale, std::vector<std::int16_t>& out) {
  const auto channels = static_cast<std::size_t>(f.ch_layout.nb_channels);
  const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(f.format)) != 0;
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      Sample v{};
      const std::size_t at = planar ? i : i * channels + c;
      std::memcpy(&v, f.extended_data[planar ? c : 0] + at * sizeof v, sizeof v);
      sum += static_cast<double>(v) * full_scale;
    }
    out.push_back(clip(sum / static_cast<double>(channels)));
  }
}

// False when the format is not one that audio decoders of telephony give.
bool append_mono(const AVFrame& f, std::vector<std::int16_t>& out, std::size_t max) {
  if (f.ch_layout.nb_channels < 1 || f.nb_samples < 0) return false;
  const std::size_t n = std::min(static_cast<std::size_t>(f.nb_samples), max - std::min(max, out.size()));
  switch (av_get_packed_sample_fmt(static_cast<AVSampleFormat>(f.format))) {
    case AV_SAMPLE_FMT_S16: {
      if (f.ch_layout.nb_channels > 1) {
        append_mean<std::int16_t>(f, n, 1.0, out);
        return true;
      }
      const std::size_t before = out.size();
      out.resize(before + n);
      if (n > 0) std::memcpy(out.data() + before, f.extended_data[0], n * sizeof out[0]);
      return true;
    }
    case AV_SAMPLE_FMT_FLT:
      append_mean<float>(f, n, 32768.0, out);
      return true;
    default:
      return false;
  }
}

}  // namespace

struct Codec::Impl {
  CodecFacts facts;
  Context context, second;  // second: iLBC's 20 ms mode, for what SDP says of the mode is often wrong
  std::unique_ptr<AVPacket, FreePacket> packet{av_packet_alloc()};
  std::unique_ptr<AVFrame, FreeFrame> frame{av_frame_alloc()};
  std::uint32_t last_samples = 0;  // of the last payload that decoded
  std::optional<OpusStream> opus;
  std::optional<ComfortNoise> noise;
  std::array<std::uint8_t, payload_bytes_max + AV_INPUT_BUFFER_PADDING_SIZE> input{};

  bool decode_frame(AVCodecContext& c, View bytes, std::vector<std::int16_t>& out, std::size_t max);
  std::uint32_t decode_one(AVCodecContext& c, View bytes, std::uint32_t samples,
                           std::vector<std::int16_t>& out, std::size_t max);
  std::uint32_t decode_split(AVCodecContext& c, View payload, std::size_t size, std::uint32_t samples,
                             std::vector<std::int16_t>& out, std::size_t max);
  std::uint32_t decode_g723(View payload, std::vector<std::int16_t>& out, std::size_t max);
  std::uint32_t decode_amr(View payload, std::vector<std::int16_t>& out, std::size_t max);
  std::uint32_t decode_dvi4(View payload, std::vector<std::int16_t>& out, std::size_t max);
  std::uint32_t decode_opus(View payload, std::vector<std::int16_t>& out, std::size_t max);
  std::uint32_t decode_payload(View payload, std::vector<std::int16_t>& out, std::size_t max);
};

// Feeds one unit and takes all that comes; false on any error.
bool Codec::Impl::decode_frame(AVCodecContext& c, View bytes, std::vector<std::int16_t>& out,
                               std::size_t max) {
  std::copy(bytes.begin(), bytes.end(), input.begin());
  std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(bytes.size()), AV_INPUT_BUFFER_PADDING_SIZE,
              std::uint8_t{0});
  av_packet_unref(packet.get());
  packet->data = input.data();
  packet->size = static_cast<int>(bytes.size());
  bool good = avcodec_send_packet(&c, packet.get()) == 0;
  int got = 0;
  while (good) {
    const int r = avcodec_receive_frame(&c, frame.get());
    if (r == AVERROR(EAGAIN)) break;
    good = r == 0 && append_mono(*frame, out, max);
    got += r == 0;
  }
  if (!good) avcodec_flush_buffers(&c);
  return good && got > 0;
}

// As decode_frame, but afterwards exactly `samples` are there (0: whatever came). Returns 1 when it was
// broken.
std::uint32_t Codec::Impl::decode_one(AVCodecContext& c, View bytes, std::uint32_t samples,
                                      std::vector<std::int16_t>& out, std::size_t max) {
  const std::size_t before = out.size();
  const bool good = decode_frame(c, bytes, out, max);
  if (!good) {
    out.resize(before);
    out.resize(std::min<std::size_t>(max, before + (samples ? samples : last_samples)));
  } else if (samples) {
    out.resize(std::min<std::size_t>(max, before + samples));
  }
  return good ? 0 : 1;
}

std::uint32_t Codec::Impl::decode_split(AVCodecContext& c, View payload, std::size_t size,
                                        std::uint32_t samples, std::vector<std::int16_t>& out,
                                        std::size_t max) {
  std::uint32_t broken = 0;
  while (payload.size() >= size) {
    // The decoder does not look at GSM's signature (RFC 3551 section 4.5.8.1) and makes noise of whatever
    // comes.
    if (facts.kind == CodecKind::gsm && payload[0] >> 4 != 0xd) {
      out.resize(std::min<std::size_t>(max, out.size() + samples));
      ++broken;
    } else {
      broken += decode_one(c, payload.first(size), samples, out, max);
    }
    payload = payload.subspan(size);
  }
  if (payload.empty()) return broken;
  if (facts.kind == CodecKind::g729) {
    if (payload.size() < 2) return broken + 1;
    // SID: the silence descriptor of annex B, which stands for 10 ms.
    std::vector<std::int16_t> quiet;
    if (noise && payload.size() == 2) noise->take_sid(payload, samples, quiet);
    quiet.resize(samples);
    out.insert(out.end(), quiet.begin(), quiet.end());
    out.resize(std::min(max, out.size()));
    return broken + (payload.size() == 2 ? 0 : 1);
  }
  out.resize(std::min<std::size_t>(max, out.size() + samples));
  return broken + 1;
}

std::uint32_t Codec::Impl::decode_g723(View payload, std::vector<std::int16_t>& out, std::size_t max) {
  static constexpr std::array<std::size_t, 4> sizes{24, 20, 4, 1};
  std::uint32_t broken = 0;
  while (!payload.empty() && out.size() < max) {
    const std::size_t size = std::min(sizes[payload[0] & 3], payload.size());
    broken += decode_one(*context, payload.first(size), 240, out, max);
    payload = payload.subspan(size);
  }
  return broken;
}

// Comfort noise and "nothing was sent" are silence of their 20 ms, as is a frame that came damaged.
std::uint32_t Codec::Impl::decode_amr(View payload, std::vector<std::int16_t>& out, std::size_t max) {
  const std::uint32_t samples = facts.rate / 50;
  std::uint32_t broken = 0;
  const auto frames = wire::split_amr(facts.amr, payload);
  for (const wire::AmrFrame& f : frames)
    if (f.speech)
      broken += decode_one(*context, f.stored, samples, out, max);
    else
      out.resize(std::min<std::size_t>(max, out.size() + samples));
  if (!frames.empty()) return broken;
  out.resize(std::min<std::size_t>(max, out.size() + last_samples));
  return 1;
}

// RFC 3551 section 4.5.1 is IMA ADPCM with the first sample of an octet in its high half and a predictor that
// is no sample; the blocks of WAV files have it the other way round, and their first sample in the header.
std::uint32_t Codec::Impl::decode_dvi4(View payload, std::vector<std::int16_t>& out, std::size_t max) {
  constexpr std::uint8_t step_max = 88;
  const std::uint32_t samples = nominal_samples(facts, payload);
  std::vector<std::int16_t> pcm;
  bool good = payload.size() >= 4 && payload[2] <= step_max;
  if (good && samples > 0) {
    Bytes block{payload[1], payload[0], payload[2], 0};
    for (const std::uint8_t b : payload.subspan(4))
      block.push_back(static_cast<std::uint8_t>(b << 4 | b >> 4));
    block.resize((block.size() + 3) / 4 * 4);
    block.resize(std::min(block.size(), payload_bytes_max));
    good = decode_frame(*context, block, pcm, std::size_t{samples} + 16);
  }
  if (!pcm.empty()) pcm.erase(pcm.begin());
  if (!good) pcm.clear();
  pcm.resize(good || samples > 0 ? samples : last_samples);
  out.insert(out.end(), pcm.begin(), pcm.end());
  out.resize(std::min(max, out.size()));
  return good ? 0 : 1;
}

std::uint32_t Codec::Impl::decode_opus(View payload, std::vector<std::int16_t>& out, std::size_t max) {
  const std::size_t before = out.size();
  const bool good = opus->decode(payload, out);
  const std::uint32_t samples = nominal_samples(facts, payload);
  if (!good) out.resize(before + (samples ? samples : last_samples));
  out.resize(std::min(max, out.size()));
  return good ? 0 : 1;
}

std::uint32_t Codec::Impl::decode_payload(View payload, std::vector<std::int16_t>& out, std::size_t max) {
  switch (facts.kind) {
    case CodecKind::g729:
      return decode_split(*context, payload, 10, 80, out, max);
    case CodecKind::gsm:
      return decode_split(*context, payload, 33, 160, out, max);
    case CodecKind::g723:
      return decode_g723(payload, out, max);
    case CodecKind::ilbc:
      if (payload.size() % 50 == 0) return decode_split(*context, payload, 50, 240, out, max);
      return decode_split(*second, payload, 38, 160, out, max);
    case CodecKind::speex:
      return decode_one(*context, payload, 0, out, max);
    case CodecKind::amr:
    case CodecKind::amr_wb:
      return decode_amr(payload, out, max);
    case CodecKind::dvi4:
      return decode_dvi4(payload, out, max);
    case CodecKind::opus:
      return decode_opus(payload, out, max);
    case CodecKind::cn:
      noise->take_cn(payload);
      return 0;
    default:
      return decode_one(*context, payload, nominal_samples(facts, payload), out, max);
  }
}

Result<Codec> Codec::open(const DecodeRequest& r) {
  WRIT_TRY(facts, codec_facts(r));
  av_log_set_level(AV_LOG_QUIET);
  auto i = std::make_unique<Impl>();
  i->facts = facts;
  i->last_samples = facts.rate / 50;
  if (!i->packet || !i->frame) return fail(Exit::unit, "out of memory");
  if (facts.kind == CodecKind::cn || facts.kind == CodecKind::g729) {
    WRIT_TRY(noise, ComfortNoise::open());
    i->noise = std::move(noise);
  }
  if (facts.kind == CodecKind::opus) {
    WRIT_TRY(opus, OpusStream::open());
    i->opus = std::move(opus);
  }
  if (facts.kind == CodecKind::cn || facts.kind == CodecKind::opus) return Codec{std::move(i)};
  const Backend b = backend_of(facts);
  WRIT_TRY(context, open_context(facts, b, b.block_align));
  i->context = std::move(context);
  if (facts.kind == CodecKind::ilbc) {
    WRIT_TRY(second, open_context(facts, b, 38));
    i->second = std::move(second);
  }
  return Codec{std::move(i)};
}

void Codec::recover(View next, std::uint32_t samples, std::vector<std::int16_t>& out) {
  if (i_->opus) i_->opus->recover(next, samples, out);
}

void Codec::noise(std::uint32_t samples, std::vector<std::int16_t>& out) {
  samples = std::min(samples, i_->facts.rate * packet_seconds_max);
  const std::size_t before = out.size();
  if (i_->noise) i_->noise->more(samples, out);
  out.resize(before + samples);
}

std::uint32_t Codec::rate() const { return i_->facts.rate; }

std::uint32_t Codec::decode(View payload, std::vector<std::int16_t>& out) {
  if (payload.empty()) return 0;
  std::uint32_t broken = payload.size() > payload_bytes_max ? 1 : 0;
  const std::size_t before = out.size();
  const std::size_t max = before + std::size_t{i_->facts.rate} * packet_seconds_max;
  broken += i_->decode_payload(payload.first(std::min(payload.size(), payload_bytes_max)), out, max);
  if (out.size() >= max) ++broken;
  if (broken == 0) i_->last_samples = static_cast<std::uint32_t>(out.size() - before);
  return broken;
}

Codec::Codec(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Codec::Codec(Codec&&) noexcept = default;
Codec::~Codec() = default;

}  // namespace writ::media
