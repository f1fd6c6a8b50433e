// SPDX-License-Identifier: GPL-3.0-or-later
// Several Call-IDs of one call. A B2BUA answers one call and makes another; both may name the target, and the
// office should see one conversation. What joins them is what survives such a device: Session-ID (RFC 7989),
// the charging identifier (RFC 7315 5.6), the origin of an SDP that is passed on. Nothing starts a capture
// here.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {

constexpr std::size_t links_max = 8, identifier_min = 8;
constexpr std::size_t legs_max = 1u << 17;
constexpr std::string_view sdp_session = "sdp ";

void add_identifier(std::vector<std::string>& out, std::string_view kind, std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '"')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '"')) value.remove_suffix(1);
  if (value.size() < identifier_min || value.find_first_not_of("0-") == value.npos) return;  // the nil UUID
  out.push_back(std::string(kind).append(value));
}

std::vector<std::string> sessions_of(const wire::SipMessage& m, const wire::Sdp* sdp) {
  std::vector<std::string> out;
  if (const std::string_view v = m.by_name("Session-ID"); !v.empty()) {
    add_identifier(out, "session ", v.substr(0, v.find(';')));
    add_identifier(out, "session ", wire::param(v, "remote"));
  }
  if (std::string_view v = m.by_name("P-Charging-Vector"); !v.empty())
    if (const std::size_t at = v.find("icid-value="); at != v.npos) {
      v.remove_prefix(at + 11);
      add_identifier(out, "icid ", v.substr(0, v.find(';')));
    }
  if (sdp != nullptr && is_unique(sdp->origin_id)) out.push_back(std::string(sdp_session) + sdp->origin);
  return out;
}

}  // namespace

// "o=- 0 0 IN IP4 ..." is written by a thousand devices for every call; a session number of six digits is
// not.
bool is_unique(const std::string& session) {
  constexpr std::size_t session_digits_min = 6;
  return session.size() >= session_digits_min && session.find_first_not_of(session[0]) != std::string::npos;
}

Status Engine::Impl::link_legs(Dialog& d, const wire::SipMessage& m, const wire::Sdp* sdp, Instant at) {
  if (d.links.size() >= links_max || d.phase == Phase::released) return {};
  for (const std::string& s : sessions_of(m, sdp)) {
    if (std::find(d.links.begin(), d.links.end(), s) != d.links.end()) continue;
    d.links.push_back(s);
    for (Attachment& a : d.attachments)
      if (a.stage == Stage::live) WRIT_CHECK(join_leg(d, a, s, at, is_afterwards(d, m)));
  }
  return {};
}

// Also for what was said while the identity was not proven yet (attach.cc). `afterwards`: both were up as
// calls of their own.
Status Engine::Impl::join_leg(Dialog& d, Attachment& a, const std::string& session, Instant at,
                              bool afterwards) {
  if (legs.size() >= legs_max) legs.clear();  // what ended long ago; later legs of what is up go unjoined
  const auto [it, fresh] = legs.try_emplace(std::to_string(a.grant) + " " + session, d.call_id);
  if (fresh || it->second == d.call_id) return {};
  const Dialog* first = find(it->second);
  const bool may_repeat = session.starts_with(sdp_session);
  if (first == nullptr || first->phase == Phase::released ||
      (may_repeat && !chained(*first, d.origin_src.ip, d.origin_dst.ip))) {
    it->second = d.call_id;
    return {};
  }
  if (a.opening.contains("leg_of")) return {};
  a.opening["leg_of"] = first->call_id;
  WRIT_CHECK(
      emit(a, EventType::connection, at, d, {{"why", "leg of the same call"}, {"leg_of", first->call_id}}));
  if (!afterwards) return {};
  return emit(a, EventType::change, at, d,
              {{"previous", Json::array({first->call_id, d.call_id})},
               {"resulting", Json::array({first->call_id})},
               {"why", "legs of one call"}});
}

// Is this SDP, of a call that no grant names, the same session as the one that announced the endpoint, on its
// way to the next hop? Then it is another leg of the target's call and no other call's claim to the port.
bool Engine::Impl::is_leg_of(const wire::Endpoint& e, const wire::Sdp& sdp, const Rival& r) const {
  if (!is_unique(sdp.origin_id)) return false;
  for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
    Dialog& d = *table.claim(i).dialog;
    const End& end = d.ends[table.claim(i).end];
    if (d.phase != Phase::released && end.origin == sdp.origin && is_leg(d, end, r)) return true;
  }
  return false;
}

}  // namespace writ::intercept
