// SPDX-License-Identifier: GPL-3.0-or-later
// Signalling and media that came in HEP (wire/hep.hh)
// ====================================================
// A capture agent says "this datagram went from here to there, then". Whoever may say that to the probe can
// show it calls that never were, so only senders of the allow-list are read; everybody else's HEP is counted.
//
// Time. The packet's own time is the moment at which the HEP message arrived: it alone opens, judges and
// closes, and events carry it. The agent's clock is the agent's word. It may take away, never add: what it
// dates before a grant's beginning is not taken for that grant (agents that lost their connection send later
// what they saw before), what it dates earlier does not bring back an authority that is over, and a date in
// the future changes nothing.
//
// Evidence is the wrapped datagram in a frame made here, never the HEP message: that holds the agent's
// password, and over TCP other people's messages beside. The opening event of a call says which agent it came
// by.
#include <fmt/format.h>

#include <algorithm>

#include "intercept/engine_impl.hh"
#include "wire/hep.hh"
#include "wire/made_frame.hh"

namespace writ::intercept {
namespace {

bool is_report(const wire::HepMessage& h) {
  return h.protocol == wire::hep_rtcp && (h.payload[0] & 0xc0) != 0x80;  // JSON instead of RTCP's own form
}

}  // namespace

bool Engine::Impl::hears(const wire::Address& agent) const {
  return std::find(options.hep_from.begin(), options.hep_from.end(), agent) != options.hep_from.end();
}

Status Engine::Impl::on_hep_segment(const wire::TcpSegment& t, Instant at, bool& taken) {
  std::vector<wire::HepStreamed> messages;
  taken = hep.add(t, at, messages);
  for (const wire::HepStreamed& s : messages) WRIT_CHECK(on_hep(s.message, s.from, s.inputs, at));
  return {};
}

Status Engine::Impl::expire_hep(Instant now) {
  std::vector<wire::HepStreamed> messages;
  hep.expire(now, messages);
  for (const wire::HepStreamed& s : messages) WRIT_CHECK(on_hep(s.message, s.from, s.inputs, last_seen));
  return {};
}

Status Engine::Impl::on_hep(View message, const wire::Address& agent, wire::InputSet inputs, Instant at) {
  wire::HepMessage h;
  if (!wire::parse_hep(message, h) || !h.has_addresses || h.compressed || h.payload.empty() ||
      h.payload.size() > wire::udp_payload_bytes_max) {
    note_unread(Unread::hep_other, at);
    return {};
  }
  const bool media = h.protocol == wire::hep_rtp || h.protocol == wire::hep_rtcp;
  if (h.protocol != wire::hep_sip && (!media || is_report(h))) {
    note_unread(media ? Unread::hep_report : Unread::hep_other, at);
    return {};
  }
  ++stats.hep;
  if (media && !table.maybe(h.dst.port) && !table.maybe(h.src.port)) return {};
  struct Undate {  // for this message only
    Impl& engine;
    ~Undate() { engine.date(Instant::max()); }
  } const undate{*this};
  if (h.has_time) date(h.at);
  if (std::any_of(grants.begin(), grants.end(),
                  [&](const auto& g) { return g.covers(at) && dated_at < g.from(); }))
    note_unread(Unread::hep_early, at);
  Bytes storage;
  const wire::RawPacket frame = wire::udp_frame(h.src, h.dst, h.payload, at, storage);
  Datagram d{{h.src, h.dst, h.payload, h.truncated, inputs}, {&frame, 1}, at};
  if (media) return on_media(d);
  wire::SipMessage m;
  if (!wire::looks_like_sip(h.payload) || !wire::parse_sip(h.payload, m)) {
    note_unread(Unread::bad_sip, at);
    return {};
  }
  ++stats.sip;
  const std::string by = fmt::format("HEP agent {} at {}", h.agent, agent.text());
  d.carried_by = by;
  return on_sip(m, d);
}

}  // namespace writ::intercept
