// SPDX-License-Identifier: GPL-3.0-or-later
// Another call announces what a target's call has announced. It is a leg of the same call where it comes from
// where the target's call went, or goes to where that came from, just when that call announced its own: a
// device that writes the same o= into every SDP makes no leg by that. Else it is a rival, and one that
// announces both ends of a call that has fallen silent has the ports now: the end of the target's call was
// not seen.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

namespace {

constexpr std::chrono::seconds passed_on_s_max{5};  // until a B2BUA has sent an SDP on
constexpr std::chrono::seconds ringing_s_max{180};  // timer C: until then it may still try other places
constexpr std::chrono::seconds silent_s_min{2};     // of a call whose end was not seen
constexpr std::size_t leg_calls_max = 16, leg_hosts_max = 16;

template <class T>
bool holds(const std::vector<T>& v, const T& x) {
  return std::find(v.begin(), v.end(), x) != v.end();
}

template <class T>
void remember(std::vector<T>& v, const T& x, std::size_t most) {
  if (holds(v, x)) return;
  if (v.size() >= most) v.erase(v.begin());
  v.push_back(x);
}

}  // namespace

Rival rival_of(const Dialog& by, const wire::SipMessage& m, const Datagram& g) {
  Rival r{by, hash_text(m.call_id(), 0), g.udp.src.ip, g.udp.dst.ip, g.at};
  if (!m.is_request) std::swap(r.from, r.to);
  return r;
}

// Does a request from there to there go on where the request of `d` ended, or lead to where that began? Of a
// call that we joined late the direction is not known.
bool chained(const Dialog& d, const wire::Address& from, const wire::Address& to) {
  const wire::Address &a = d.origin_src.ip, &z = d.origin_dst.ip;
  return from == z || to == a || holds(d.receivers, from) || holds(d.legs.receivers, from) ||
         holds(d.legs.senders, to) || (d.mid_call && (from == a || to == z));
}

bool is_leg(Dialog& d, const End& e, const Rival& r) {
  if (holds(d.legs.calls, r.call)) return true;
  const bool rings = d.phase == Phase::trying && !d.mid_call && r.at - d.created <= ringing_s_max;
  if (!chained(d, r.from, r.to) || (!rings && r.at - e.announced > passed_on_s_max)) return false;
  remember(d.legs.calls, r.call, leg_calls_max);
  remember(d.legs.senders, r.from, leg_hosts_max);
  remember(d.legs.receivers, r.to, leg_hosts_max);
  return true;
}

bool is_taken(const Dialog& d, const End* to, const End* from) {
  const auto gone = [&](const End* e) { return e == nullptr || e->rival == d.taken_by; };
  return d.taken_by != 0 && gone(to) && gone(from);
}

// The call is up after all: its own signalling goes on.
void keep_ends(Dialog& d) {
  if (d.taken_by == 0) return;
  d.taken_by = 0;
  for (End& e : d.ends) e.rival = 0;
}

Status Engine::Impl::take_over(Dialog& d, End& end, const Rival& r) {
  // A B2BUA that lets two telephones talk directly announces both ends in each of its calls, while they talk.
  if (!d.media_seen || r.at - d.last_media < silent_s_min) return {};
  end.rival = r.call;
  if (d.taken_by == r.call || end.rtcp) return {};
  const bool both = std::ranges::any_of(d.ends, [&](const End& x) {
    return &x != &end && !x.rtcp && x.rival == r.call && (x.side != end.side || x.side == Side::unknown);
  });
  if (!both) return {};
  d.taken_by = r.call;
  return emit_live(d, EventType::gap, r.at,
                   {{"why",
                     "another call announced both ends of this call's media, as when ports are used again "
                     "after an end that was not seen: from here on packets between them are not kept, until "
                     "this call's own signalling goes on"},
                    {"from", rfc3339(r.at)}},
                   true);
}

// A call of a target contests nothing of another's (flows.cc), but takes what it announces whole.
Status Engine::Impl::take_over(const wire::Sdp& sdp, const Rival& r) {
  for (const wire::SdpMedia& m : sdp.media)
    for (const wire::Endpoint& e : {m.rtp, m.rtcp}) {
      if (!m.has_address || e.port == 0 || !table.maybe(e.port)) continue;
      for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
        Dialog& d = *table.claim(i).dialog;
        End& end = d.ends[table.claim(i).end];
        if (&d == &r.by || d.phase == Phase::released || end.replaced || is_leg(d, end, r)) continue;
        WRIT_CHECK(take_over(d, end, r));
      }
    }
  return {};
}

}  // namespace writ::intercept
