// SPDX-License-Identifier: GPL-3.0-or-later
// Call-identifying events. What is put into `detail` is chosen here and in the callers field by field: never
// a text that a party wrote, except addresses.
#include "intercept/dialled.hh"
#include "intercept/engine_impl.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

Status Engine::Impl::emit(const Attachment& a, EventType type, Instant at, const Dialog& d, Json detail) {
  if (!covers(a, at)) return {};
  if (!a.content) hide_later_keys(detail);
  return say(a.grant, Event{type, at, a.number, d.call_id, std::move(detail), frame});
}

// Every event passes here. A grant that something is said under is under surveillance, and has been since its
// window and the input began, or since it became known here; a grant that nothing is said under leaves
// nothing at all.
Status Engine::Impl::say(std::uint32_t grant, Event e) {
  if (surveillance[grant] == Surveillance::unsaid) {
    surveillance[grant] = Surveillance::active;
    const Instant since = std::max({first_seen, taken_in[grant], grants[grant].from()});
    WRIT_CHECK(sink.event(grant, Event{EventType::surveillance_status,
                                       since,
                                       0,
                                       "",
                                       {{"event", "activation"},
                                        {"status", "active"},
                                        {"kind", authority::to_string(grants[grant].body().kind)}}}));
  }
  return sink.event(grant, e);
}

Status Engine::Impl::say_inactive(std::uint32_t grant, Instant at, const char* why) {
  if (surveillance[grant] != Surveillance::active) return {};
  surveillance[grant] = Surveillance::inactive;
  at = std::max(std::min(at, grants[grant].until() - Nanos{1}), grants[grant].from());
  return sink.event(grant, Event{EventType::surveillance_status,
                                 at,
                                 0,
                                 "",
                                 {{"event", "deactivation"}, {"status", "inactive"}, {"why", why}}});
}

Status Engine::Impl::emit_or_hold(Dialog& d, Attachment& a, EventType type, Instant at, const Json& detail) {
  constexpr std::size_t held_max = 32;
  if (a.stage == Stage::live) return emit(a, type, at, d, detail);
  if (a.stage != Stage::dropped && a.held.size() < held_max)  // another hop may hear it before the proof
    a.held.push_back(Event{type, at, 0, {}, detail, frame});
  return {};
}

Status Engine::Impl::emit_live(Dialog& d, EventType type, Instant at, const Json& detail, bool content_only) {
  for (Attachment& a : d.attachments)
    if (a.content || !content_only) WRIT_CHECK(emit_or_hold(d, a, type, at, detail));
  return {};
}

Json Engine::Impl::media_list(const Dialog& d, const Attachment& a) const {
  Json list = Json::array();
  const auto has_default = [&](const End& c) {
    return std::ranges::any_of(d.ends, [&](const End& e) {
      return !e.rtcp && !e.replaced && !e.candidate && e.side == c.side && e.kind == c.kind;
    });
  };
  for (const End& e : d.ends) {
    if (e.rtcp || e.replaced || (e.candidate && has_default(e))) continue;
    const char* side = e.side == Side::unknown ? "both" : e.side == a.target_side ? "target" : "other";
    list.push_back({{"kind", e.kind},
                    {"endpoint", e.at.text()},
                    {"codecs", e.codecs},
                    {"side", side},
                    {"direction", e.direction},
                    {"encrypted", e.encrypted}});
  }
  return list;
}

Status Engine::Impl::open_content(Dialog& d, Attachment& a, Instant at) {
  if (!a.content || a.opened || a.stage != Stage::live) return {};
  a.opened = true;
  return emit(a, EventType::cc_open, at, d, {{"media", media_list(d, a)}});
}

Status Engine::Impl::media_changed(Dialog& d, Instant at) {
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !a.content || !covers(a, at)) continue;
    if (a.opened)
      WRIT_CHECK(emit(a, EventType::cc_change, at, d, {{"media", media_list(d, a)}}));
    else if (d.both_sides)
      WRIT_CHECK(open_content(d, a, at));
  }
  return {};
}

Status Engine::Impl::close_content(Dialog& d, Attachment& a, Instant at, const std::string& why) {
  if (!a.content || !a.opened) return {};
  a.opened = false;
  return emit(a, EventType::cc_close, at, d, {{"why", why}, {"packets", a.media_packets}});
}

}  // namespace writ::intercept
