// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/hep_strays.hh"

#include <algorithm>

#include "wire/hep.hh"

namespace writ::wire {
namespace {

constexpr std::size_t strays_max = 64, stray_bytes_max = 256u << 10;
constexpr std::size_t header_bytes = 12;  // of a message with its first chunk
constexpr std::string_view hep_word = "HEP3";

}  // namespace

bool begins_hep(View v) {
  if (v.size() < header_bytes || !text_of(v).starts_with(hep_word)) return false;
  const std::size_t length = load_be16(v.data() + 4), chunk = load_be16(v.data() + 10);
  return chunk >= 6 && chunk + 6 <= length;
}

template <class Test>
const HepStrays::Stray* HepStrays::find(const TcpSegment& t, Test test) const {
  const auto it = std::find_if(strays_.begin(), strays_.end(),
                               [&](const Stray& s) { return s.src == t.src && s.dst == t.dst && test(s); });
  return it == strays_.end() ? nullptr : &*it;
}

std::optional<HepBeginning> HepStrays::add(const TcpSegment& t) {
  if (t.payload.empty()) return std::nullopt;
  HepBeginning b{t.seq, Bytes(t.payload.begin(), t.payload.end()), t.inputs};
  // Before it: enough for a header that was cut. Behind it: all that there is of the message.
  for (std::size_t before = 0; before < header_bytes;) {
    const Stray* s = find(t, [&](const Stray& one) { return one.end() == b.seq; });
    if (s == nullptr) break;
    b.bytes.insert(b.bytes.begin(), s->bytes.begin(), s->bytes.end());
    b.seq = s->seq;
    b.inputs |= s->inputs;
    before += s->bytes.size();
  }
  for (std::size_t n = 0; n < strays_max; ++n) {
    const std::uint32_t end = b.seq + static_cast<std::uint32_t>(b.bytes.size());
    const Stray* s = find(t, [&](const Stray& one) { return one.seq == end; });
    if (s == nullptr) break;
    put_bytes(b.bytes, s->bytes);
    b.inputs |= s->inputs;
  }
  const std::string_view all = text_of(b.bytes);
  for (std::size_t at = all.find(hep_word); at != all.npos; at = all.find(hep_word, at + 1)) {
    const View from = View(b.bytes).subspan(at);
    // A segment that begins with the word and holds no whole header is taken at its word.
    const bool is_short = b.seq + static_cast<std::uint32_t>(at) == t.seq && from.size() < header_bytes &&
                          looks_like_hep(t.payload);
    if (!is_short && !begins_hep(from)) continue;
    b = {b.seq + static_cast<std::uint32_t>(at), Bytes(from.begin(), from.end()), b.inputs};
    std::erase_if(strays_, [&](const Stray& s) { return s.src == t.src && s.dst == t.dst; });
    bytes_ = 0;
    for (const Stray& s : strays_) bytes_ += s.bytes.size();
    return b;
  }
  strays_.push_back({t.src, t.dst, t.seq, Bytes(t.payload.begin(), t.payload.end()), t.inputs});
  bytes_ += t.payload.size();
  while (strays_.size() > strays_max || bytes_ > stray_bytes_max) {
    bytes_ -= strays_.front().bytes.size();
    strays_.pop_front();
  }
  return std::nullopt;
}

}  // namespace writ::wire
