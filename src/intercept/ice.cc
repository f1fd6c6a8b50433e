// SPDX-License-Identifier: GPL-3.0-or-later
// Where ICE (RFC 8445, 8839) may send the media instead of to the default of an m= line. Candidates stand in
// the SDP, or come later by INFO (RFC 8840); who names them is the same, so they are ends as good as the
// default.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {
constexpr std::size_t lines_max = 32;  // media lines of one call whose later candidates are known
}

// They fill half of the room at most.
bool Engine::Impl::install_candidates(Dialog& d, const wire::SdpMedia& m, End like) {
  like.candidate = true;
  bool changed = false;
  for (const wire::IceCandidate& c : m.candidates) {
    if (is_nowhere(c.at.ip)) continue;
    if (d.ends.size() >= ends_max / 2 &&
        std::ranges::none_of(d.ends, [&](const End& x) { return x.at == c.at || x.replaced; })) {
      crowded.push_back(d.call_id);
      break;
    }
    like.at = c.at;
    like.rtcp = c.rtcp;
    supersede(c.at, d);
    changed = install_end(d, like) || changed;
  }
  return changed;
}

// The user fragment and the line's name say later which line a candidate is of, and of which ICE session.
void Engine::Impl::expect_candidates(Dialog& d, const wire::SdpMedia& m, const End& like) {
  if (m.ufrag.empty()) return;
  std::erase_if(d.ice, [&](const IceLine& x) { return x.ufrag == m.ufrag && x.mid == m.mid; });
  if (d.ice.size() == lines_max) d.ice.erase(d.ice.begin());
  d.ice.push_back({m.ufrag, m.mid, like});
}

// Is the endpoint of a call that has named this ICE session? Then who names it, under whatever Call-ID, is
// another leg of that call.
bool Engine::Impl::is_ice_of(const wire::Endpoint& e, const wire::SdpMedia& m) const {
  for (std::uint32_t i = m.ufrag.empty() ? MediaTable::none : table.find(e); i != MediaTable::none;
       i = table.claim(i).next)
    for (const IceLine& x : table.claim(i).dialog->ice)
      if (x.ufrag == m.ufrag && x.mid == m.mid) return true;
  return false;
}

Status Engine::Impl::trickle(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if (d.phase == Phase::released) return {};
  std::string storage;
  const wire::DecodedBody body = wire::message_part(m, wire::trickled_candidates, storage);
  if (body.text.empty()) return {};
  if (!of_the_call(d, m)) return say_odd_sdp(d, g.at);
  const wire::Sdp more = wire::parse_sdp(body.text);
  if (!d.any(Stage::live)) WRIT_CHECK(contest(more, rival_of(d, m, g)));
  bool changed = false;
  for (const wire::SdpMedia& line : more.media)
    for (const IceLine& known : d.ice)
      if (known.ufrag == line.ufrag && known.mid == line.mid)
        changed = (install_candidates(d, line, known.like) && is_nowhere(known.like.at.ip)) || changed;
  if (changed) WRIT_CHECK(media_changed(d, g.at));
  return say_crowded(g.at);
}

}  // namespace writ::intercept
