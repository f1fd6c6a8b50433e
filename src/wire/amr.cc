// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/amr.hh"

#include <algorithm>
#include <array>
#include <optional>

#include "wire/text.hh"

namespace writ::wire {
namespace {

// Speech bits by frame type; RFC 4867 sections 4.3 and 5.3, 3GPP TS 26.101 and 26.201. -1: not used.
constexpr std::array<int, 16> narrow_bits{95, 103, 118, 134, 148, 159, 204, 244,
                                          39, -1,  -1,  -1,  -1,  -1,  -1,  0};
constexpr std::array<int, 16> wide_bits{132, 177, 253, 285, 317, 365, 397, 461,
                                        477, 40,  -1,  -1,  -1,  -1,  0,   0};

// A cursor over bits, the most significant first.
class BitReader {
 public:
  explicit BitReader(View v) : v_(v) {}
  std::size_t left() const { return v_.size() * 8 - at_; }
  unsigned take(unsigned n) {
    unsigned out = 0;
    for (; n > 0; --n, ++at_) out = out << 1 | (v_[at_ / 8] >> (7 - at_ % 8) & 1u);
    return out;
  }
  void align() { at_ = (at_ + 7) / 8 * 8; }

 private:
  View v_;
  std::size_t at_ = 0;
};

struct AmrEntry {
  unsigned type = 0;
  bool good = false;  // Q: the frame was received undamaged by who sends it on
  int bits = 0;
};

// The table of contents: follow bit, type, quality; octet-aligned entries have two bits more.
std::optional<std::vector<AmrEntry>> contents(BitReader& r, const AmrLayout& l) {
  const auto& bits = l.wide ? wide_bits : narrow_bits;
  std::vector<AmrEntry> out;
  for (bool more = true; more;) {
    const unsigned size = l.octet_aligned ? 8 : 6;
    if (r.left() < size || out.size() == amr_frames_max) return std::nullopt;
    const unsigned e = r.take(size) >> (size - 6);
    more = (e & 0x20) != 0;
    AmrEntry entry{e >> 1 & 15, (e & 1) != 0, 0};
    entry.bits = bits[entry.type];
    if (entry.bits < 0) return std::nullopt;
    out.push_back(entry);
  }
  return out;
}

AmrFrame frame_of(BitReader& r, const AmrEntry& e, const AmrLayout& l) {
  AmrFrame f;
  f.stored.push_back(static_cast<std::uint8_t>(e.type << 3 | (e.good ? 4u : 0u)));
  for (int left = e.bits; left > 0; left -= 8) {
    const auto n = static_cast<unsigned>(left < 8 ? left : 8);
    f.stored.push_back(static_cast<std::uint8_t>(r.take(n) << (8 - n)));
  }
  if (l.octet_aligned) r.align();
  f.speech = e.good && e.type < (l.wide ? 9u : 8u);
  return f;
}

std::optional<std::vector<AmrFrame>> split_as(const AmrLayout& l, View payload) {
  BitReader r{payload};
  if (r.left() < 8) return std::nullopt;
  r.take(l.octet_aligned ? 8 : 4);  // codec mode request
  const auto entries = contents(r, l);
  if (!entries) return std::nullopt;
  std::size_t needed = 0;
  for (const AmrEntry& e : *entries) {
    const auto bits = static_cast<std::size_t>(e.bits);
    needed += l.octet_aligned ? (bits + 7) / 8 * 8 + (l.crc && bits > 0 ? 8 : 0) : bits;
  }
  if (r.left() < needed || r.left() - needed >= 8) return std::nullopt;
  if (l.octet_aligned && l.crc)
    for (const AmrEntry& e : *entries)
      if (e.bits > 0) r.take(8);
  std::vector<AmrFrame> out;
  for (const AmrEntry& e : *entries) out.push_back(frame_of(r, e, l));
  return out;
}

bool parameter_set(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    const std::size_t end = std::min(fmtp.find(';'), fmtp.size());
    const std::string_view one = trim(fmtp.substr(0, end));
    fmtp = fmtp.substr(std::min(end + 1, fmtp.size()));
    const std::size_t equal = std::min(one.find('='), one.size());
    if (!equal_ci(trim(one.substr(0, equal)), name)) continue;
    return trim(one.substr(std::min(equal + 1, one.size()))) != "0";
  }
  return false;
}

}  // namespace

AmrLayout amr_layout(bool wide, std::string_view fmtp, unsigned channels) {
  AmrLayout l;
  l.wide = wide;
  l.crc = parameter_set(fmtp, "crc");
  l.octet_aligned = parameter_set(fmtp, "octet-align") || l.crc;
  l.readable =
      channels <= 1 && !parameter_set(fmtp, "interleaving") && !parameter_set(fmtp, "robust-sorting");
  return l;
}

std::vector<AmrFrame> split_amr(const AmrLayout& layout, View payload) {
  if (!layout.readable) return {};
  if (auto frames = split_as(layout, payload)) return std::move(*frames);
  AmrLayout other = layout;
  other.octet_aligned = !layout.octet_aligned;
  other.crc = false;
  auto frames = split_as(other, payload);
  // A broken payload may fit by chance; frames marked damaged are more likely that.
  if (!frames || !std::ranges::all_of(*frames, [](const AmrFrame& f) { return (f.stored[0] & 4) != 0; }))
    return {};
  return std::move(*frames);
}

}  // namespace writ::wire
