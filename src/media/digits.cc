// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 4733: a sender repeats an event's packets, all with the timestamp of its beginning. Any one of them
// tells the digit, so lost, repeated and missing end packets do not matter. An event longer than its duration
// field goes on under a new timestamp (section 2.5.1.3) and is still one digit.
#include <algorithm>
#include <map>
#include <tuple>

#include "media/hops.hh"
#include "media/render.hh"
#include "media/timeline.hh"

namespace writ::media {
namespace {

struct Key {
  bool from_target = false, foreign = false;
  std::uint32_t ssrc = 0, timestamp = 0;
  std::uint8_t event = 0;
  auto operator<=>(const Key&) const = default;
};
struct Found {
  Instant at{};
  std::size_t stream = 0;
  std::uint16_t duration = 0;
  bool ended = false, continues = false;
};

void mark_continuations(std::map<Key, Found>& events) {
  for (auto& [key, found] : events) {
    if (found.ended || found.duration != 0xffff) continue;
    Key next = key;
    next.timestamp += found.duration;
    if (const auto it = events.find(next); it != events.end()) it->second.continues = true;
  }
}

// Formats are those of the payload types that the stream has.
bool may_hold_events(const intercept::MediaStream& s) {
  return s.event_payload_type >= 0 || s.codec == "TELEPHONE-EVENT" ||
         std::ranges::any_of(s.formats, [](const auto& f) { return f.codec == "TELEPHONE-EVENT"; });
}

// A relay with an SSRC of its own sends the same key again on the next hop.
bool carried(const intercept::CallRecord& call, const std::map<Key, Found>& events, const Key& key,
             const Found& found) {
  constexpr Nanos relayed_within = std::chrono::milliseconds{500};
  const auto is_of = [](std::size_t k, const std::vector<std::size_t>& list) {
    return std::ranges::find(list, k) != list.end();
  };
  const std::vector<std::size_t> by = carriers(call, found.stream);
  return !by.empty() && std::ranges::any_of(events, [&](const auto& e) {
    return e.first.event == key.event && !e.second.continues && is_of(e.second.stream, by) &&
           !is_of(found.stream, carriers(call, e.second.stream)) &&
           std::chrono::abs(e.second.at - found.at) < relayed_within;
  });
}

}  // namespace

std::vector<intercept::Digit> find_digits(const intercept::CallRecord& call, const Packets& packets) {
  std::map<Key, Found> events;
  for (std::size_t k = 0; k < call.media.size(); ++k) {
    const intercept::MediaStream& s = call.media[k];
    if (s.copy_of || !s.readable() || s.kind != "audio") continue;
    if (!may_hold_events(s)) continue;
    PayloadTypes types{s};
    for (const std::size_t index : s.packet_index) {
      const auto rtp = packets.rtp(index);
      if (!rtp || !types.of(rtp->payload_type, packets.at(index)).event) continue;
      const auto e = wire::parse_telephone_event(rtp->payload);
      if (!e || wire::event_digit(e->event) == 0) continue;
      const Key key{s.direction == intercept::Direction::from_target, s.foreign, rtp->ssrc, rtp->timestamp,
                    e->event};
      const Instant at = packets.at(index);
      Found& f = events.try_emplace(key, Found{at, k, 0, false, false}).first->second;
      f.at = std::min(f.at, at);
      f.duration = std::max(f.duration, e->duration);
      f.ended = f.ended || e->end;
    }
  }
  mark_continuations(events);
  std::vector<intercept::Digit> out;
  for (const auto& [key, found] : events)
    if (!found.continues && !carried(call, events, key, found))
      out.push_back({found.at, wire::event_digit(key.event), key.foreign ? "rfc4733-foreign" : "rfc4733",
                     key.from_target});
  std::ranges::stable_sort(out, {}, &intercept::Digit::at);
  return out;
}

}  // namespace writ::media
