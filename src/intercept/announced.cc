// SPDX-License-Identifier: GPL-3.0-or-later
// Where the media of target calls are: endpoints come from SDP and go with the call.
#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using wire::Method;
using Stage = Attachment::Stage;

namespace {

constexpr std::size_t claims_max = 64;  // calls at one endpoint

// Behind so many spaces; 0 when there is none.
std::uint32_t number_behind(std::string_view line, int spaces) {
  std::size_t at = 0;
  for (int n = 0; n < spaces; ++n) {
    at = line.find(' ', at);
    if (at == std::string_view::npos) return 0;
    ++at;
  }
  std::uint32_t number = 0;
  for (; at < line.size() && line[at] >= '0' && line[at] <= '9' && number < 65536; ++at)
    number = number * 10 + static_cast<std::uint32_t>(line[at] - '0');
  return number;
}

// Does any m= line or candidate of this body name a port that a target call uses? Cheap enough for every SDP
// that passes.
bool mentions_port(const MediaTable& table, std::string_view body) {
  const auto maybe = [&](std::uint32_t port) {
    return port > 0 && port < 65536 && table.maybe(static_cast<std::uint16_t>(port));
  };
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t next = std::min(body.find('\n', at), body.size());
    const std::string_view line = body.substr(at, next - at);
    if (line.starts_with("m=")) {
      const std::uint32_t port = number_behind(line, 1);
      if (maybe(port) || maybe(port + 1)) return true;
    } else if (line.starts_with("a=candidate:") && maybe(number_behind(line, 5))) {
      return true;
    }
    at = next + 1;
  }
  return false;
}

bool is_rtp(const wire::SdpMedia& m) { return m.transport.find("RTP") != std::string::npos; }

}  // namespace

bool is_nowhere(const wire::Address& a) {
  const auto from = a.b.begin() + (a.is_v4() ? 12 : 0);
  return std::all_of(from, a.b.end(), [](std::uint8_t x) { return x == 0; });
}

// The caller's tag is enough: of several answers, the one with the callee's may have been lost.
bool of_the_call(const Dialog& d, const wire::SipMessage& m) {
  return d.is_caller(wire::tag_of(m.first(Header::from))) || d.is_caller(wire::tag_of(m.first(Header::to)));
}

bool Engine::Impl::install_end(Dialog& d, End e) {
  for (std::size_t i = 0; i < d.ends.size(); ++i)
    if (End& old = d.ends[i]; old.at == e.at) {
      if (e.candidate && !old.candidate) return false;  // the default, or of another medium
      const bool changed = old.codecs != e.codecs || old.direction != e.direction || old.replaced ||
                           old.encrypted != e.encrypted || old.candidate != e.candidate;
      if (old.side != e.side) old.side = Side::unknown;
      old.codecs = std::move(e.codecs);
      old.event_types = e.event_types;
      old.other_types = e.other_types;
      old.origin = std::move(e.origin);
      old.direction = std::move(e.direction);
      old.announced = e.announced;
      old.encrypted = e.encrypted;
      old.closed = e.closed;
      old.over_tcp = e.over_tcp;
      old.replaced = false;
      old.candidate = e.candidate;
      if (!e.rtcp) old.rtcp = false;
      if (!old.listed) list_end(d, i);
      return changed;
    }
  e.contested = neighbours.at(e.at, d.call_id, is_unique(e.session) ? e.origin : "");
  std::size_t place = d.ends.size();
  if (place < ends_max) {
    d.ends.push_back(std::move(e));
  } else {  // in place of one that was moved away from
    const auto gone = std::find_if(d.ends.begin(), d.ends.end(), [](const End& x) { return x.replaced; });
    if (gone == d.ends.end()) {
      crowded.push_back(d.call_id);
      return false;
    }
    table.remove(gone->at, &d);
    place = static_cast<std::size_t>(gone - d.ends.begin());
    *gone = std::move(e);
  }
  list_end(d, place);
  return true;
}

// Calls name what endpoints they like, a thousand of them the same: then the oldest that waits for a proof
// leaves the table, else the oldest that nobody has answered, else the oldest. Once proven or answered it is
// back.
void Engine::Impl::list_end(Dialog& d, std::size_t end) {
  const wire::Endpoint at = d.ends[end].at;
  if (table.claims_of(at) >= claims_max) {
    const auto rank = [](const Dialog& x) {
      return std::tuple(x.any(Stage::live), x.phase == Phase::answered, x.created);
    };
    MediaTable::Claim last = table.claim(table.find(at));
    for (std::uint32_t i = last.next; i != MediaTable::none; i = table.claim(i).next)
      if (rank(*table.claim(i).dialog) < rank(*last.dialog)) last = table.claim(i);
    last.dialog->ends[last.end].listed = false;
    table.remove(at, last.dialog);
    crowded.push_back(last.dialog->call_id);
  }
  d.ends[end].listed = true;
  table.add(at, &d, static_cast<std::uint32_t>(end));
}

void Engine::Impl::list_again(Dialog& d) {
  for (std::size_t i = 0; i < d.ends.size(); ++i)
    if (!d.ends[i].listed && !d.ends[i].replaced) list_end(d, i);
}

Status Engine::Impl::say_crowded(Instant at) {
  for (const std::string& id : std::exchange(crowded, {})) {
    Dialog* d = find(id);
    if (d == nullptr || d->said.crowded || !d->any(Stage::live)) continue;
    d->said.crowded = true;
    WRIT_CHECK(emit_live(*d, EventType::gap, at,
                         {{"why",
                           "more media endpoints, or more calls at one of them, were announced than are "
                           "followed: packets of this call may be missing"},
                          {"from", rfc3339(at)}},
                         true));
  }
  return {};
}

// Media lines that share an endpoint (BUNDLE, RFC 9143) are one end, which the first of them installs, with
// the candidates of all.
bool Engine::Impl::install(Dialog& d, const wire::Sdp& sdp, std::size_t line, Side side,
                           const std::string& hop) {
  const wire::SdpMedia& m = sdp.media[line];
  if (!m.has_address || m.rtp.port == 0) return false;
  const std::span<const wire::SdpMedia> all{sdp.media};
  const auto shares = [&](const wire::SdpMedia& x) { return x.has_address && x.rtp == m.rtp; };
  if (std::ranges::any_of(all.first(line), shares)) return false;
  End e;
  e.origin = sdp.origin;
  e.session = sdp.origin_id;
  e.at = m.rtp;
  e.side = side;
  e.kind = m.kind;
  e.direction = m.direction;
  e.over_tcp = m.transport.starts_with("TCP");
  e.hop = hop;
  e.announced = d.last_activity;
  for (const wire::SdpMedia& x : all.subspan(line)) {
    if (!shares(x)) continue;
    if (x.kind == "audio") e.kind = x.kind;
    e.encrypted = e.encrypted || x.encrypted;
    e.closed = e.closed || (x.encrypted && x.crypto.empty());
    for (const wire::RtpMap& f : x.formats) {
      (f.codec == "TELEPHONE-EVENT" ? e.event_types : e.other_types).set(f.payload_type & 127U);
      e.codecs.push_back(f.codec.empty() ? std::to_string(f.payload_type) : f.codec);
    }
  }
  bool more = false;
  for (const wire::SdpMedia& x : all.subspan(line)) {
    if (!shares(x)) continue;
    more = install_candidates(d, x, e) || more;
    expect_candidates(d, x, e);
  }
  if (is_nowhere(m.rtp.ip)) return more;
  End rtcp = e;
  supersede(e.at, d);
  bool changed = install_end(d, std::move(e));
  if (is_rtp(m) && m.rtcp.port != 0 && m.rtcp != m.rtp) {
    rtcp.at = m.rtcp;
    rtcp.rtcp = true;
    rtcp.codecs.clear();
    supersede(rtcp.at, d);
    if (std::none_of(d.ends.begin(), d.ends.end(), [&](const End& x) { return x.at == rtcp.at; }))
      changed = install_end(d, std::move(rtcp)) || changed;
  }
  return changed;
}

Status Engine::Impl::apply_sdp(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if (d.phase == Phase::released) return {};
  if (of_the_call(d, m)) keep_ends(d);
  std::string storage;
  const wire::DecodedBody body = wire::message_part(m, "application/sdp", storage);
  if (body.state == wire::BodyState::unreadable)
    for (Attachment& a : d.attachments)
      if (a.stage == Stage::live && covers(a, g.at))
        WRIT_CHECK(unavailable(d, a, g.at, "description",
                               "a description of the media in an encoding that cannot be read"));
  if (body.text.empty()) return m.method == Method::invite ? link_legs(d, m, nullptr, g.at) : Status{};
  if (!of_the_call(d, m)) return say_odd_sdp(d, g.at);
  const wire::Sdp sdp = wire::parse_sdp(body.text);
  WRIT_CHECK(link_legs(d, m, &sdp, g.at));
  const Side side = sender_side(d, m);
  note_hold_offer(d, m, sdp, side);
  note_due(d, g.at);
  const std::string hop = hop_of(g);
  const auto announced = [&](const wire::Endpoint& e) {
    return std::any_of(sdp.media.begin(), sdp.media.end(), [&](const wire::SdpMedia& s) {
      return s.rtp == e || s.rtcp == e ||
             std::ranges::any_of(s.candidates, [&](const auto& c) { return c.at == e; });
    });
  };
  bool changed = false;
  // Forks answer side by side; only an offer, or an answer after the call is up, moves media away.
  if (m.is_request || d.phase == Phase::answered)
    for (End& e : d.ends)
      if (!e.replaced && e.side == side && e.hop == hop && !announced(e.at)) e.replaced = changed = true;
  // Who is not proven yet takes nothing from a call that is.
  const Rival as_rival = rival_of(d, m, g);
  WRIT_CHECK(d.any(Stage::live) ? take_over(sdp, as_rival) : contest(sdp, as_rival));
  for (std::size_t line = 0; line < sdp.media.size(); ++line)
    changed = install(d, sdp, line, side, hop) || changed;
  const auto has_side = [&](Side s) {
    return std::any_of(d.ends.begin(), d.ends.end(), [&](const End& e) { return e.side == s; });
  };
  d.both_sides = d.both_sides || (has_side(Side::caller) && has_side(Side::callee)) ||
                 (!m.is_request && !d.ends.empty());
  if (changed) WRIT_CHECK(media_changed(d, g.at));
  WRIT_CHECK(say_crowded(g.at));
  return d.both_sides ? say_closed(d, sdp, g.at) : Status{};
}

// Media that a message with tags of no dialog of this call announces are somebody else's, whoever learned the
// Call-ID.
Status Engine::Impl::say_odd_sdp(Dialog& d, Instant at) {
  if (d.said.odd_sdp) return {};
  d.said.odd_sdp = true;
  return emit_live(d, EventType::gap, at,
                   {{"why",
                     "a message with this Call-ID, but with tags of no dialog of this call: the media that "
                     "it announces were not followed"},
                    {"from", rfc3339(at)}},
                   true);
}

// An ended call, and an end that was moved away from, give way to whoever announces the endpoint next.
void Engine::Impl::supersede(const wire::Endpoint& e, const Dialog& by) {
  for (bool again = table.maybe(e.port); again;) {
    again = false;
    for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
      const MediaTable::Claim c = table.claim(i);
      if (c.dialog == &by) continue;
      if (c.dialog->phase != Phase::released && !c.dialog->ends[c.end].replaced) continue;
      c.dialog->ends[c.end].listed = false;
      table.remove(e, c.dialog);
      again = true;
      break;
    }
  }
}

Status Engine::Impl::contest(const wire::Endpoint& e, const Rival& r) {
  if (!table.maybe(e.port)) return {};
  supersede(e, r.by);
  for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
    Dialog& d = *table.claim(i).dialog;
    End& end = d.ends[table.claim(i).end];
    if (&d == &r.by) continue;
    if (!is_leg(d, end, r)) WRIT_CHECK(take_over(d, end, r));
    if (end.contested) continue;
    end.contested = end.contest_said = true;
    if (end.rtcp) continue;  // said once, with its RTP port
    WRIT_CHECK(emit_live(d, EventType::gap, r.at,
                         {{"why", "media endpoint " + e.text() +
                                      " was announced by another call as well: from here on only "
                                      "packets between ends that this call had used are kept"},
                          {"from", rfc3339(r.at)}},
                         true));
  }
  return {};
}

// SDP of a call that no grant names: read only when it mentions a port of a target call, and kept by nobody.
Status Engine::Impl::foreign_sdp(const wire::SipMessage& m, const Datagram& g) {
  if (grants.empty()) return {};
  neighbours.note(m, text_of(m.body), g.at);
  if (m.body.empty() || table.size() == 0) return {};
  const bool encoded = !m.first(Header::content_encoding).empty();
  if (!encoded && !mentions_port(table, text_of(m.body))) return {};
  std::string storage;
  wire::DecodedBody body = wire::message_part(m, "application/sdp", storage);
  if (body.text.empty() && m.method == Method::info)
    body = wire::message_part(m, wire::trickled_candidates, storage);
  if (body.text.empty() || (encoded && !mentions_port(table, body.text))) return {};
  const wire::Sdp sdp = wire::parse_sdp(body.text);
  return contest(sdp, rival_of(Dialog{}, m, g));
}

Status Engine::Impl::contest(const wire::Sdp& sdp, const Rival& r) {
  for (const wire::SdpMedia& s : sdp.media) {
    for (const wire::IceCandidate& c : s.candidates)
      if (!is_leg_of(c.at, sdp, r) && !is_ice_of(c.at, s)) WRIT_CHECK(contest(c.at, r));
    if (!s.has_address || s.rtp.port == 0 || is_leg_of(s.rtp, sdp, r)) continue;
    WRIT_CHECK(contest(s.rtp, r));
    if (is_rtp(s)) WRIT_CHECK(contest(s.rtcp, r));
  }
  return {};
}

}  // namespace writ::intercept
