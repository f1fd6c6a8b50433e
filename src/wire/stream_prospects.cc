// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream_prospects.hh"

#include <algorithm>

#include "wire/sip_cut.hh"

namespace writ::wire {
namespace {

constexpr std::size_t syns_max = 4096, places_max = 4096;  // the first: a power of two
constexpr std::uint16_t port_of_sip = 5060;
constexpr std::uint8_t syn_bit = 2;
constexpr std::uint32_t early_bytes_max = 64u << 10;  // of a segment that came before the first one
constexpr std::size_t head_bytes_max = 14, name_bytes_min = 3;
constexpr unsigned searches_max = 256;  // in a second
constexpr std::size_t text_bytes_min = 40;

std::uint64_t flow_of(const TcpSegment& t) {
  return KeyedHash{}
             .bytes16(t.src.ip.b.data())
             .bytes16(t.dst.ip.b.data())
             .words(t.src.port, t.dst.port)
             .value() |
         1;
}

bool is_text(View v) {
  if (v.size() < text_bytes_min) return false;
  return std::all_of(v.begin(), v.begin() + text_bytes_min, [](std::uint8_t c) {
    return (c >= ' ' && c < 0x7f) || c == '\r' || c == '\n' || c == '\t';
  });
}

}  // namespace

StreamProspects::StreamProspects(bool all_sip) : all_sip_(all_sip), syns_(all_sip ? 0 : syns_max) {}

Opening StreamProspects::judge(const TcpSegment& t, Instant at, bool anew) {
  using How = Opening::How;
  const View v = t.payload;
  const bool syn = (t.flags & syn_bit) != 0;
  const std::optional<std::uint32_t> first = syn    ? std::optional{t.seq + 1}
                                             : anew ? std::optional{t.seq}
                                                    : std::nullopt;
  if (all_sip_ || t.src.port == port_of_sip || t.dst.port == port_of_sip || is_place(t.src) ||
      is_place(t.dst))
    return {(v.empty() && !first) || is_tls(v) ? How::no : How::sip, first};
  if (v.empty() && !syn) return {};
  const std::uint64_t flow = flow_of(t);
  Syn& slot = syns_[(flow >> 1) & (syns_max - 1)];
  if (syn) slot = {flow, t.seq};
  if (v.empty()) return {};
  if (is_start(v)) return {How::sip, first};
  if (slot.flow == flow) return behind_syn(t, slot);
  if (v.size() <= head_bytes_max &&
      (is_websocket_head(v) || (v.size() >= name_bytes_min && line_ends(v) == 0 && may_become_start(v))))
    return {How::trial, t.seq};
  if (is_text(v) && may_search(at) && smells_of_sip(v)) return {How::trial, std::nullopt};
  return {};
}

// The first bytes of the connection, or later ones while those are on their way.
Opening StreamProspects::behind_syn(const TcpSegment& t, Syn& syn) const {
  const std::uint32_t first = syn.seq + 1, ahead = t.seq + ((t.flags & syn_bit) != 0 ? 1 : 0) - first;
  syn = {};
  if (ahead > early_bytes_max || (ahead == 0 && !may_become_start(t.payload))) return {};
  return {Opening::How::trial, first};
}

bool StreamProspects::may_search(Instant at) {
  if (at < second_ || at - second_ >= std::chrono::seconds{1}) {
    second_ = at;
    searched_ = 0;
  }
  return searched_++ < searches_max;
}

// Of the two the lower port is the one that others will use too.
void StreamProspects::shown(const Endpoint& a, const Endpoint& b) {
  const Endpoint& place = a.port < b.port ? a : b;
  if (all_sip_ || place.port == port_of_sip || !places_.insert(place).second) return;
  ports_[place.port] = true;
  by_age_.push_back(place);
  if (by_age_.size() <= places_max) return;
  places_.erase(by_age_.front());
  by_age_.pop_front();
}

}  // namespace writ::wire
