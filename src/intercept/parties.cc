// SPDX-License-Identifier: GPL-3.0-or-later
// Who can hear whom: hold and retrieve, and conferences. A conference shows itself in one of two ways: a
// focus says so (isfocus, RFC 4579; its parties by RFC 4575), or a telephone mixes two calls by itself, which
// looks like two calls that are up together after one of them was on hold.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using wire::Method;
using Stage = Attachment::Stage;
using Reply = Hold::Offer::Reply;

namespace {

constexpr std::size_t conference_parties_max = 256;
constexpr std::int64_t subscription_s = 3600,  // RFC 4575 3.3, where a NOTIFY does not say how long
    subscription_s_max = std::int64_t{12} * 3600;

std::size_t index_of(Side s) { return s == Side::caller ? 0 : 1; }

// Nothing is to be sent to this side's partner but perhaps music (RFC 3264 8.4; 0.0.0.0 is how RFC 2543 did
// it).
bool puts_on_hold(const wire::Sdp& sdp) {
  static const auto nowhere = [] {
    wire::Address v4, v6;
    return wire::Address::parse("0.0.0.0", v4) && wire::Address::parse("::", v6) ? std::pair{v4, v6}
                                                                                 : std::pair{v6, v6};
  }();
  bool any = false;
  for (const wire::SdpMedia& m : sdp.media) {
    if (m.kind != "audio" || m.rtp.port == 0) continue;
    any = true;
    const bool silent =
        m.candidates.empty() && m.has_address && (m.rtp.ip == nowhere.first || m.rtp.ip == nowhere.second);
    if (m.direction != "sendonly" && m.direction != "inactive" && !silent) return false;
  }
  return any;
}

// The address that the target's side receives its media at: calls of one device share it.
std::optional<wire::Address> device_of(const Dialog& d, const Attachment& a) {
  for (const End& e : d.ends)
    if (e.side == a.target_side && !e.replaced && !e.rtcp && !e.candidate) return e.at.ip;
  return std::nullopt;
}

bool among(const std::vector<std::string>& v, const std::string& s) {
  return std::find(v.begin(), v.end(), s) != v.end();
}

Json list(const std::vector<std::string>& v) {
  Json j = Json::array();
  for (const std::string& s : v) j.push_back(s);
  return j;
}

}  // namespace

void Engine::Impl::note_hold_offer(Dialog& d, const wire::SipMessage& m, const wire::Sdp& sdp, Side side) {
  if (m.is_request && m.method == Method::ack && d.hold.offer.method == Method::ack &&
      side != d.hold.offer.by)
    d.hold.offer.reply = puts_on_hold(sdp) ? Reply::holds : Reply::talks;
  const bool changes = m.method == Method::invite || m.method == Method::update;
  if (!(d.ever_answered || d.mid_call) || !changes || side == Side::unknown) return;
  if (m.is_request)
    d.hold.offer = {side, puts_on_hold(sdp), m.cseq_number(), m.method, Reply::unseen};
  else if (m.method == Method::invite && m.status >= 200 && m.status < 300 && d.hold.late_offer_cseq != 0 &&
           m.cseq_number() == d.hold.late_offer_cseq)
    d.hold.offer = {side, puts_on_hold(sdp), m.cseq_number(), Method::ack, Reply::unseen};
}

// An offer counts once it is accepted. Who asked for it by an INVITE without one (CUCM, to hold and to
// resume) says in the ACK what it does itself; where it is offered a hold, its own "inactive" is only the
// answer to that.
Status Engine::Impl::hold_answered(Dialog& d, const wire::SipMessage& m, Instant at) {
  const Hold::Offer o = d.hold.offer;
  if (o.by == Side::unknown) return {};
  const bool late =
      o.method == Method::ack && m.is_request && m.method == Method::ack && m.cseq_number() == o.cseq;
  if (!late && (m.is_request || m.method != o.method || m.cseq_number() != o.cseq || m.status < 200))
    return {};
  d.hold.offer = {};
  d.hold.late_offer_cseq = 0;
  if (!late && m.status >= 300) return {};
  WRIT_CHECK(set_hold(d, o.by, o.hold, at));
  if (o.reply == Reply::unseen || (o.hold && o.reply == Reply::holds)) return {};
  return set_hold(d, other(o.by), o.reply == Reply::holds, at);
}

Status Engine::Impl::set_hold(Dialog& d, Side by, bool hold, Instant at) {
  if (d.phase == Phase::released || d.hold.by[index_of(by)] == hold) return {};
  d.hold.by[index_of(by)] = hold;
  d.hold.ever = d.hold.ever || hold;
  for (const Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !covers(a, at)) continue;
    if (hold) has_held[a.grant] = true;
    const char* who = by == a.target_side ? "target" : "other";
    if (hold)
      WRIT_CHECK(emit(a, EventType::connection_break, at, d,
                      {{"removed", list({party_of(a, other(by))})}, {"why", "hold"}, {"by", who}}));
    else
      WRIT_CHECK(emit(a, EventType::connection, at, d,
                      {{"connected", list({party_of(a, Side::caller), party_of(a, Side::callee)})},
                       {"why", "resumed"},
                       {"by", who}}));
  }
  return conference_of_device(d, at);
}

Status Engine::Impl::note_focus(Dialog& d, const wire::SipMessage& m, Instant at) {
  if (!d.focus.empty() || !d.any(Stage::live) || m.method != Method::invite || m.status >= 300) return {};
  const std::string_view contact = m.first(Header::contact);
  const std::string small = lower(contact.substr(contact.find('>') == contact.npos ? 0 : contact.find('>')));
  if (small.find(";isfocus") == small.npos) return {};
  d.focus = party_text(contact);
  for (const Attachment& a : d.attachments)
    if (a.stage == Stage::live && covers(a, at))
      WRIT_CHECK(emit(a, EventType::conf_party_change, at, d,
                      {{"conference", d.focus},
                       {"communicating", list({party_of(a, a.target_side), d.focus})},
                       {"basis", "isfocus"},
                       {"initiated_by_target", a.role == Role::from_target}}));
  return {};
}

// Each NOTIFY says how long the subscription still lasts (RFC 6665 4.1.3), also the one that follows a
// refresh.
void Engine::Impl::note_subscription(Dialog& d, const wire::SipMessage& m, Instant at) {
  const std::string_view state = m.by_name("Subscription-State");
  const bool ended = lower(state.substr(0, 10)) == "terminated";
  const std::int64_t s = number_or(wire::param(state, "expires"), subscription_s);
  d.conference.until = ended ? at : at + std::chrono::seconds{std::min(s, subscription_s_max)};
}

Status Engine::Impl::on_notify(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side sender) {
  if (d.conference.seen) note_subscription(d, m, g.at);
  if (const auto told = wire::features_of(m); !told.empty()) return on_features_told(d, told, g.at);
  std::string storage;
  Json detail = {{"signal", "NOTIFY"}};
  if (const wire::DecodedBody b = wire::message_part(m, "message/sipfrag", storage);
      b.state == wire::BodyState::read) {
    const int status = wire::sipfrag_status(b.text);
    if (status == 0 || status == d.refer.status) return {};
    d.refer.status = status;
    detail["refer_status"] = status;
  } else if (const wire::DecodedBody w = wire::message_part(m, "application/simple-message-summary", storage);
             w.state == wire::BodyState::read) {
    const auto waiting_now = wire::messages_waiting(w.text);
    if (!waiting_now) return {};
    detail["message_waiting"] = *waiting_now;
  } else if (const wire::DecodedBody c = wire::message_part(m, "application/conference-info+xml", storage);
             c.state == wire::BodyState::read) {
    note_subscription(d, m, g.at);
    return on_conference_info(d, wire::parse_conference_info(c.text), g.at);
  } else {
    return {};
  }
  for (const Attachment& a : d.attachments)
    if (a.stage == Stage::live && covers(a, g.at))
      WRIT_CHECK(emit(a, sender == a.target_side ? EventType::subject_signal : EventType::network_signal,
                      g.at, d, detail));
  return {};
}

Status Engine::Impl::on_conference_info(Dialog& d, const wire::ConferenceInfo& info, Instant at) {
  Conference& c = d.conference;
  if (c.seen && info.version <= c.version) return {};  // again, or on another hop
  c.version = info.version;
  c.seen = true;
  std::map<std::string, std::string> now = info.full ? decltype(c.status){} : c.status;
  for (const wire::ConferenceUser& u : info.users) {
    const auto uri = wire::parse_uri(u.entity);
    const std::string who = uri ? identity_text(*uri) : std::string();
    if (who.empty()) continue;
    if (u.deleted || u.status == "disconnected")
      now.erase(who);
    else if (!u.status.empty() && (now.contains(who) || now.size() < conference_parties_max))
      now[who] = u.status;
  }
  std::vector<std::string> communicating, joined, held, removed;
  for (const auto& [who, status] : now) {
    const auto before = c.status.find(who);
    const bool fresh = before == c.status.end() || before->second != status;
    if (status == "connected") {
      communicating.push_back(who);
      if (fresh) joined.push_back(who);
    } else if (status == "on-hold" && fresh) {
      held.push_back(who);
    }
  }
  for (const auto& [who, status] : c.status)
    if (!now.contains(who)) removed.push_back(who);
  c.status = std::move(now);
  if (joined.empty() && held.empty() && removed.empty()) return {};
  const auto entity = wire::parse_uri(info.entity);
  return emit_live(d, EventType::conf_party_change, at,
                   {{"conference", entity ? identity_text(*entity) : d.focus},
                    {"communicating", list(communicating)},
                    {"joined", list(joined)},
                    {"held", list(held)},
                    {"removed", list(removed)},
                    {"basis", "conference-info"}});
}

Status Engine::Impl::conference_of_device(Dialog& d, Instant at) {
  for (const Attachment& a : d.attachments)
    if (a.stage == Stage::live && covers(a, at) && (has_held[a.grant] || !device_conference[a.grant].empty()))
      WRIT_CHECK(conference_of_device(d, a, at));
  return {};
}

Status Engine::Impl::conference_of_device(Dialog& d, const Attachment& a, Instant at) {
  const auto device = device_of(d, a);
  auto& of_grant = device_conference[a.grant];
  auto known = std::ranges::find_if(of_grant, [&](const auto& x) { return among(x.second, d.call_id); });
  if (known == of_grant.end() && device) known = of_grant.find(*device);
  if (!device && known == of_grant.end()) return {};
  const std::vector<std::string> before =
      known == of_grant.end() ? std::vector<std::string>{} : known->second;
  const wire::Address key = known == of_grant.end() ? *device : known->first;
  std::vector<std::string> now, names, joined, removed;
  bool any_held = false;
  for (const auto& [id, each] : dialogs) {
    const Attachment* x = each->of(a.grant);
    if (x == nullptr || x->stage != Stage::live || each->kind != DialogKind::call) continue;
    const std::string who = party_of(*x, other(x->target_side));
    const bool was_in = among(before, id);
    const bool up = each->phase == Phase::answered && !each->hold.now() && !x->opening.contains("leg_of");
    if (up && (was_in || device_of(*each, *x) == key)) {
      any_held = any_held || each->hold.ever;
      now.push_back(id);
      names.push_back(who);
      if (!was_in) joined.push_back(who);
    } else if (was_in) {
      removed.push_back(who);
    }
  }
  const bool conference = now.size() > 1 && any_held;
  if (!conference && before.empty()) return {};
  if (conference)
    of_grant[key] = now;
  else
    of_grant.erase(key);
  if (joined.empty() && removed.empty()) return {};
  return emit(a, EventType::conf_party_change, at, d,
              {{"communicating", list(names)},
               {"joined", list(joined)},
               {"removed", list(removed)},
               {"basis", "inferred: calls of one device that are up together, none on hold"}});
}

}  // namespace writ::intercept
