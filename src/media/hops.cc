// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/hops.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "media/codec.hh"
#include "media/timeline.hh"

namespace writ::media {
namespace {

using intercept::CallRecord;
using intercept::Direction;
using intercept::MediaStream;

constexpr std::size_t compared_max = 400, compared_min = 3;  // packets
constexpr Nanos pause_max = std::chrono::seconds{2};         // longer, and the hop carries nothing there
constexpr Nanos delay_max = std::chrono::milliseconds{500};  // of a relay

struct Span {
  Instant from{}, until{};
};

std::size_t root_of(const CallRecord& call, std::size_t k) { return call.media[k].copy_of.value_or(k); }

bool may_be_copies(const MediaStream& a, const MediaStream& b) {
  const bool opposed =
      a.direction != b.direction && a.direction != Direction::unknown && b.direction != Direction::unknown;
  return a.ssrc == b.ssrc && a.codec == b.codec && !opposed && (a.src != b.src || a.dst != b.dst) &&
         (a.opened || b.opened) && a.readable() && b.readable() && a.kind == "audio" && b.kind == "audio" &&
         !a.foreign && !b.foreign;
}

bool same_sound(const MediaStream& a, const MediaStream& b, const Packets& packets) {
  std::unordered_map<std::uint64_t, View> of_a;
  const auto key = [](const wire::RtpPacket& p) { return std::uint64_t{p.timestamp} << 16 | p.sequence; };
  for (const std::size_t i : a.packet_index)
    if (const auto p = packets.rtp(i)) of_a.try_emplace(key(*p), p->payload);
  std::size_t compared = 0, equal = 0;
  for (const std::size_t i : b.packet_index) {
    const auto p = packets.rtp(i);
    if (!p) continue;
    const auto same = of_a.find(key(*p));
    if (same == of_a.end()) continue;
    equal += std::ranges::equal(same->second, p->payload);
    if (++compared == compared_max) break;
  }
  const std::size_t least = std::min({compared_min, a.packet_index.size(), b.packet_index.size()});
  return compared >= least && compared > 0 && equal * 10 >= compared * 9;
}

bool can_be_heard(const MediaStream& s) {
  const auto f = format_of(s, s.payload_type);
  return s.readable() && f && codec_facts(DecodeRequest{f->codec, f->clock_rate, f->channels, f->fmtp});
}

// When the stream carries something that can be read.
std::vector<Span> active(const MediaStream& s, const Packets& packets) {
  std::vector<Span> out;
  for (const std::size_t i : s.packet_index) {
    if (packets.left_out(i)) continue;
    const Instant at = packets.at(i);
    if (out.empty() || at - out.back().until > pause_max)
      out.push_back({at, at});
    else
      out.back().until = std::max(out.back().until, at);
  }
  return out;
}

bool carried_at(Instant at, const std::vector<Span>& spans) {
  return std::ranges::any_of(
      spans, [&](const Span& s) { return at >= s.from - delay_max && at <= s.until + delay_max; });
}

void leave_out(MediaStream& s, const std::vector<std::size_t>& by, const std::vector<Span>& spans,
               Packets& packets) {
  std::size_t carried = 0, left = 0;
  for (const std::size_t i : s.packet_index) {
    if (packets.left_out(i)) continue;
    if (carried_at(packets.at(i), spans)) {
      packets.leave_out(i);
      ++carried;
    } else {
      ++left;
    }
  }
  if (carried == 0) return;
  if (!s.why.empty()) s.why += "; ";
  s.why += fmt::format("the voice of stream {} before or behind a relay, under another SSRC: mixed once",
                       fmt::join(by, ", "));
  if (left == 0)
    s.copy_of = by.front();
  else
    s.why += fmt::format(" ({} packets of which that one has nothing are heard)", left);
}

}  // namespace

std::vector<std::size_t> carriers(const CallRecord& call, std::size_t k) {
  std::vector<std::size_t> out;
  for (std::size_t same = 0; same < call.media.size(); ++same) {
    if (root_of(call, same) != root_of(call, k)) continue;
    for (const std::size_t n : call.media[same].nearer)
      if (const std::size_t root = root_of(call, n);
          root != root_of(call, k) && std::ranges::find(out, root) == out.end())
        out.push_back(root);
  }
  return out;
}

void mark_opened_copies(CallRecord& call, const Packets& packets) {
  for (std::size_t i = 0; i < call.media.size(); ++i)
    for (std::size_t j = 0; j < call.media.size(); ++j) {
      MediaStream &a = call.media[i], &b = call.media[j];
      if (i == j || a.copy_of || b.copy_of || !may_be_copies(a, b)) continue;
      if (b.packets < a.packets || (b.packets == a.packets && j > i)) continue;
      if (!same_sound(a, b, packets)) continue;
      a.copy_of = j;
      for (MediaStream& s : call.media)
        if (s.copy_of == i) s.copy_of = j;
      if (!a.why.empty()) a.why += "; ";
      a.why += fmt::format("the same as stream {} at another hop: mixed once", j);
    }
}

// What is left out for another stream is never what that one was left out for: spans are of what remains.
void leave_out_carried(CallRecord& call, Packets& packets) {
  for (std::size_t k = 0; k < call.media.size(); ++k) {
    if (call.media[k].copy_of || !call.media[k].readable()) continue;
    std::vector<std::size_t> by = carriers(call, k);
    for (std::size_t next = 0; next < by.size(); ++next)  // over several relays
      for (const std::size_t further : carriers(call, by[next]))
        if (further != k && std::ranges::find(by, further) == by.end()) by.push_back(further);
    std::vector<Span> spans;
    std::erase_if(by, [&](std::size_t x) {
      if (!can_be_heard(call.media[x])) return true;
      const std::vector<Span> more = active(call.media[x], packets);
      spans.insert(spans.end(), more.begin(), more.end());
      return more.empty();
    });
    if (!by.empty()) leave_out(call.media[k], by, spans, packets);
  }
}

}  // namespace writ::media
