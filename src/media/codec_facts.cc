// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "media/codec.hh"

namespace writ::media {
namespace {

struct Known {
  std::string_view name;
  CodecKind kind;
  std::uint32_t rate;  // 0: the clock rate
  std::uint8_t bits = 8;
  bool big_endian = false;
};

// G.722 runs at 16 kHz though RFC 3551 section 4.5.2 says 8000; Opus always at 48 kHz (RFC 7587). G721 is
// G726-32's old name.
constexpr std::array known{
    Known{"PCMU", CodecKind::pcmu, 0},
    Known{"PCMA", CodecKind::pcma, 0},
    Known{"G711U", CodecKind::pcmu, 0},
    Known{"G711A", CodecKind::pcma, 0},
    Known{"L16", CodecKind::l16, 0},
    Known{"G722", CodecKind::g722, 16000},
    Known{"G729", CodecKind::g729, 8000},
    Known{"G729A", CodecKind::g729, 8000},
    Known{"G729AB", CodecKind::g729, 8000},
    Known{"GSM", CodecKind::gsm, 8000},
    Known{"OPUS", CodecKind::opus, 48000},
    Known{"G721", CodecKind::g726, 8000, 4},
    Known{"G726-16", CodecKind::g726, 8000, 2},
    Known{"G726-24", CodecKind::g726, 8000, 3},
    Known{"G726-32", CodecKind::g726, 8000, 4},
    Known{"G726-40", CodecKind::g726, 8000, 5},
    Known{"AAL2-G726-16", CodecKind::g726, 8000, 2, true},
    Known{"AAL2-G726-24", CodecKind::g726, 8000, 3, true},
    Known{"AAL2-G726-32", CodecKind::g726, 8000, 4, true},
    Known{"AAL2-G726-40", CodecKind::g726, 8000, 5, true},
    Known{"G723", CodecKind::g723, 8000},
    Known{"ILBC", CodecKind::ilbc, 8000},
    Known{"SPEEX", CodecKind::speex, 0},
    Known{"AMR", CodecKind::amr, 8000},
    Known{"AMR-WB", CodecKind::amr_wb, 16000},
    Known{"DVI4", CodecKind::dvi4, 0},
    Known{"CN", CodecKind::cn, 0},
};

// RFC 6716 section 3.1: what the first one or two bytes of an Opus packet say of its duration, at 48 kHz.
std::uint32_t opus_samples(View p) {
  if (p.empty()) return 0;
  const unsigned config = p[0] >> 3;
  std::uint32_t frame = 0;
  if (config < 12)
    frame = std::array{480u, 960u, 1920u, 2880u}[config % 4];
  else if (config < 16)
    frame = std::array{480u, 960u}[config % 2];
  else
    frame = std::array{120u, 240u, 480u, 960u}[config % 4];
  const unsigned code = p[0] & 3;
  const std::uint32_t count = code == 0 ? 1 : code < 3 ? 2 : p.size() > 1 ? p[1] & 63u : 0;
  const std::uint32_t total = frame * count;
  return total <= 5760 ? total : 0;  // at most 120 ms
}

// G.723.1 (RFC 3551 section 4.5.3): the two low bits of each frame's first byte give its size; every frame is
// 30 ms.
std::uint32_t g723_samples(View p) {
  static constexpr std::array<std::size_t, 4> size{24, 20, 4, 1};
  std::uint32_t n = 0;
  for (std::size_t at = 0; at < p.size(); at += size[p[at] & 3]) n += 240;
  return n;
}

}  // namespace

Result<CodecFacts> codec_facts(const DecodeRequest& r) {
  const auto it = std::ranges::find(known, std::string_view(r.codec), &Known::name);
  if (it == known.end()) return fail(Exit::partial, fmt::format("codec {} cannot be decoded", r.codec));
  CodecFacts f;
  f.kind = it->kind;
  f.bits = it->bits;
  f.big_endian = it->big_endian;
  f.rate = it->rate ? it->rate : r.clock_rate;
  f.channels = 1;
  if (f.kind == CodecKind::pcmu || f.kind == CodecKind::pcma || f.kind == CodecKind::l16)
    f.channels = std::max<std::uint8_t>(1, r.channels);
  if (f.kind == CodecKind::opus)
    f.channels = 2;  // RFC 7587 section 7: always /2 in SDP; a mono stream decodes to both
  if (f.channels > 8 || f.rate < 4000 || f.rate > 192000)
    return fail(Exit::partial,
                fmt::format("codec {}/{}/{} makes no sense", r.codec, r.clock_rate, r.channels));
  if (f.kind == CodecKind::speex && f.rate != 8000 && f.rate != 16000 && f.rate != 32000)
    return fail(Exit::partial, fmt::format("Speex at {} Hz cannot be decoded", f.rate));
  if (f.kind == CodecKind::amr || f.kind == CodecKind::amr_wb) {
    f.amr = wire::amr_layout(f.kind == CodecKind::amr_wb, r.fmtp, r.channels);
    if (!f.amr.readable)
      return fail(Exit::partial,
                  fmt::format("{} interleaved, sorted or of several channels cannot be decoded", r.codec));
  }
  if (f.kind == CodecKind::dvi4 && r.channels > 1)
    return fail(Exit::partial, "DVI4 of several channels cannot be decoded");
  return f;
}

std::uint32_t nominal_samples(const CodecFacts& f, View p) {
  const auto n = static_cast<std::uint32_t>(std::min(p.size(), payload_bytes_max));
  switch (f.kind) {
    case CodecKind::pcmu:
    case CodecKind::pcma:
      return n / f.channels;
    case CodecKind::l16:
      return n / 2 / f.channels;
    case CodecKind::g722:
      return n * 2;
    case CodecKind::g726:
      return n * 8 / f.bits;
    case CodecKind::g729:
      return n / 10 * 80 + (n % 10 >= 2 ? 80 : 0);
    case CodecKind::gsm:
      return (n + 32) / 33 * 160;
    case CodecKind::g723:
      return g723_samples(p.first(n));
    case CodecKind::ilbc:
      return n % 50 == 0 ? n / 50 * 240 : (n + 37) / 38 * 160;
    case CodecKind::opus:
      return opus_samples(p);
    case CodecKind::speex:
      return n == 0 ? 0 : f.rate / 50;
    case CodecKind::amr:
    case CodecKind::amr_wb:
      return static_cast<std::uint32_t>(wire::split_amr(f.amr, p.first(n)).size()) * (f.rate / 50);
    case CodecKind::dvi4:
      return n > 4 ? (n - 4) * 2 : 0;
    case CodecKind::cn:
      return 0;
  }
  return 0;
}

}  // namespace writ::media
