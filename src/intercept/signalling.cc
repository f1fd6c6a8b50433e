// SPDX-License-Identifier: GPL-3.0-or-later
// Dialogs of calls that concern a grant: what each message changes. Nothing here decides whose call it is.
#include <algorithm>
#include <utility>

#include "intercept/causes.hh"
#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using wire::Method;
using Stage = Attachment::Stage;

namespace {

constexpr std::size_t challengers_max = 65536, tags_max = 128, statuses_max = 16, receivers_max = 8,
                      heard_max = 16;

bool has(const std::vector<std::string>& v, std::string_view s) {
  return std::find(v.begin(), v.end(), s) != v.end();
}

// Retransmitted, or the same message on another hop.
bool heard_before(std::vector<std::uint32_t>& heard, std::uint32_t cseq) {
  if (std::find(heard.begin(), heard.end(), cseq) != heard.end()) return true;
  if (heard.size() >= heard_max) heard.erase(heard.begin());
  heard.push_back(cseq);
  return false;
}

// The caller's side under another tag: a B2BUA that keeps the Call-ID makes a From of its own. Only who was
// sent the INVITE may send it on, so that nobody who has merely learned a Call-ID becomes a part of the call.
void take_caller_tag(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const std::string_view from = wire::tag_of(m.first(Header::from));
  if (!d.is_caller(from)) {
    if (!was_sent_invite(d, g.udp.src.ip) || d.caller_tags.size() >= receivers_max) return;
    d.caller_tags.emplace_back(from);
  }
  if (!was_sent_invite(d, g.udp.dst.ip) && d.receivers.size() < receivers_max)
    d.receivers.push_back(g.udp.dst.ip);
}

bool begins(const wire::SipMessage& m) {
  return m.is_request && m.method == Method::invite && wire::tag_of(m.first(Header::to)).empty();
}

}  // namespace

const char* by_text(Side s) {
  return s == Side::caller ? "caller" : s == Side::callee ? "callee" : "network";
}

bool was_sent_invite(const Dialog& d, const wire::Address& a) {
  return std::find(d.receivers.begin(), d.receivers.end(), a) != d.receivers.end();
}

std::int64_t number_or(std::string_view s, std::int64_t otherwise) {
  std::int64_t v = 0;
  if (s.empty() || s.size() > 9) return otherwise;
  for (const char c : s) {
    if (c < '0' || c > '9') return otherwise;
    v = v * 10 + (c - '0');
  }
  return v;
}

// Both tags of this dialog, in either order. A side whose tag was never seen (we joined late) cannot be
// checked.
bool tags_fit(const Dialog& d, std::string_view from, std::string_view to) {
  const auto callee = [&](std::string_view t) { return d.callee_tags.empty() || has(d.callee_tags, t); };
  return (d.is_caller(from) && callee(to)) || (d.is_caller(to) && callee(from));
}

bool is_call_method(Method m) {
  switch (m) {
    case Method::invite:
    case Method::ack:
    case Method::bye:
    case Method::cancel:
    case Method::prack:
    case Method::update:
    case Method::info:
    case Method::refer:
      return true;
    default:
      return false;
  }
}

std::string hop_of(const Datagram& g) {
  // Either direction of one hop has one name.
  const auto& [a, b] = std::minmax(g.udp.src.ip, g.udp.dst.ip);
  return std::string(text_of(a.b)).append(text_of(b.b));
}

// Who sent this message: the caller's tag stands in From of the caller's requests and of the answers to them.
Side sender_side(const Dialog& d, const wire::SipMessage& m) {
  const Side from = d.is_caller(wire::tag_of(m.first(Header::from))) ? Side::caller : Side::callee;
  return m.is_request ? from : other(from);
}

Status Engine::Impl::on_sip(const wire::SipMessage& m, const Datagram& g) {
  tls_places.learn(m);
  if (m.method == Method::register_) return on_register(m, g);
  if (!m.is_request && (m.status == 401 || m.status == 407) && is_call_method(m.method)) {
    if (challengers.size() >= challengers_max) challengers.clear();  // a hop that challenges does so again
    challengers.insert(hash_text(text_of(g.udp.src.ip.b), 0));
  }
  const std::string_view call_id = m.call_id();
  Dialog* d = dialog_of(m, g);
  Dialog* const other_call = d != nullptr && begins_another(*d, m, g) ? std::exchange(d, nullptr) : nullptr;
  if (d != nullptr && of_strangers(*d, m, g)) {
    WRIT_CHECK(say_odd_sdp(*d, g.at));
    return foreign_sdp(m, g);
  }
  WRIT_CHECK(call_id.empty() ? say_nameless(m, g) : attach(d, m, g));
  if (d != nullptr) return observe(*d, m, g);
  // It names no target: what follows under its tag is a stranger's.
  if (other_call != nullptr && of_strangers(*other_call, m, g)) WRIT_CHECK(say_odd_sdp(*other_call, g.at));
  return foreign_sdp(m, g);
}

// The call that the message is of. Call-IDs collide, by bad devices and by bad intentions, and are used
// again.
Dialog* Engine::Impl::dialog_of(const wire::SipMessage& m, const Datagram& g) {
  const std::string_view call_id = m.call_id();
  Dialog* const first = find(call_id);
  if (under_same_id == 0) return first;
  const std::string_view from = wire::tag_of(m.first(Header::from)), to = wire::tag_of(m.first(Header::to));
  const auto is_of = [&](const Dialog& d) {
    const auto ours = [&](std::string_view t) {
      return !t.empty() && (d.is_caller(t) || has(d.callee_tags, t));
    };
    return ours(from) || ours(to) || (begins(m) && was_sent_invite(d, g.udp.src.ip));
  };
  if (first != nullptr && is_of(*first)) return first;
  const std::string others = std::string(call_id) + '\n';
  for (auto it = dialogs.lower_bound(others); it != dialogs.end() && it->first.starts_with(others); ++it)
    if (is_of(*it->second)) return it->second.get();
  return first;
}

// An INVITE under another tag that no hop of the call can have sent on: a call of its own, whether the first
// was cancelled, refused, challenged, has ended, or is up. Without a tag (RFC 2543) nothing tells such calls
// apart.
bool Engine::Impl::begins_another(const Dialog& d, const wire::SipMessage& m, const Datagram& g) const {
  const std::string_view from = wire::tag_of(m.first(Header::from));
  return d.kind == DialogKind::call && begins(m) && !from.empty() && !d.is_caller(from) &&
         !has(d.callee_tags, from) && !was_sent_invite(d, g.udp.src.ip) &&
         (d.phase == Phase::released || !d.mid_call);
}

// Neither of its tags is of this call, and no hop of the call can have sent it on: it is somebody else's, and
// so is what follows under its tag. Of a call that we joined late not all tags are known.
bool Engine::Impl::of_strangers(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if (d.kind != DialogKind::call || d.mid_call) return false;
  const std::string_view from = wire::tag_of(m.first(Header::from)), to = wire::tag_of(m.first(Header::to));
  const auto ours = [&](std::string_view tag) { return d.is_caller(tag) || has(d.callee_tags, tag); };
  if (ours(from) || (!to.empty() && ours(to))) return false;
  if (has(d.stranger_tags, from) || (!to.empty() && has(d.stranger_tags, to))) return true;
  if (begins(m) && was_sent_invite(d, g.udp.src.ip)) return false;
  for (const Claim& c : judge.judge(m, g.udp, g.at))
    if (c.proof == Proof::proven) return false;
  if (begins(m) && d.stranger_tags.size() < tags_max) d.stranger_tags.emplace_back(from);
  return true;
}

Status Engine::Impl::observe(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  d.last_activity = std::max(d.last_activity, g.at);
  if (!m.is_request) WRIT_CHECK(settle(d, m, g));
  if (!d.any(Stage::live) && !d.waiting()) {
    drop_ends(d);
    return {};
  }
  if (d.dormant) {
    d.dormant = false;
    if (d.phase == Phase::released) d.phase = d.ever_answered ? Phase::answered : Phase::trying;
    for (Attachment& a : d.attachments) a.end_said = false;
  }
  if (begins(m)) take_caller_tag(d, m, g);
  take_hosts(d, m, g);
  const Side sender = sender_side(d, m);
  // Of a message that a stranger has sent to the target under this Call-ID nobody of the call is the speaker.
  const bool ours = of_the_call(d, m);
  const bool heard =
      m.is_request ? !begins_dialog(m) || m.method == Method::ack || m.method == Method::bye : m.status > 100;
  d.progressed = d.progressed || (ours && heard);
  if (goes_on(d, m, g)) d.phase = Phase::answered;
  WRIT_CHECK(deliver(d, PacketRole::sip, ours ? sender : Side::unknown, g));
  if (m.is_request && m.method == Method::notify) return on_notify(d, m, g, sender);
  if (m.method == Method::message) WRIT_CHECK(on_message(d, m, g));
  if (m.method == Method::subscribe)
    WRIT_CHECK(on_subscribe(d, m, m.is_request ? sender : other(sender), g.at));
  if (d.kind != DialogKind::call) return {};
  WRIT_CHECK(note_transfers(d, m, g));
  WRIT_CHECK(m.is_request ? on_request(d, m, g) : on_response(d, m, g));
  WRIT_CHECK(note_user_to_user(d, m, g));
  WRIT_CHECK(note_connected(d, m, g));
  WRIT_CHECK(apply_sdp(d, m, g));
  if (m.is_request && m.method == Method::info) WRIT_CHECK(trickle(d, m, g));
  WRIT_CHECK(hold_answered(d, m, g.at));
  return note_focus(d, m, g.at);
}

Status Engine::Impl::on_request(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const std::string_view from = wire::tag_of(m.first(Header::from)), to = wire::tag_of(m.first(Header::to));
  const Side sender = sender_side(d, m);
  const std::uint32_t cseq = m.cseq_number();
  const std::size_t by = sender == Side::caller ? 0 : 1;
  if (m.method == Method::invite && to.empty() && d.is_caller(from)) {
    if (cseq > d.invite_cseq && d.phase == Phase::released && !d.ever_answered)
      WRIT_CHECK(attempt_again(d, m, g));
    if (cseq > d.invite_cseq) d.challenged = false;
    d.invite_cseq = std::max(d.invite_cseq, cseq);
  }
  if (m.method == Method::bye && tags_fit(d, from, to) && cseq >= d.accepted_cseq[by] &&
      d.phase != Phase::released)
    take_bye(d, m, g, sender, frame);
  if (m.method == Method::cancel && d.phase == Phase::trying && sender == Side::caller) d.cancelled = true;
  if (m.method == Method::invite && !to.empty() && m.body.empty()) d.hold.late_offer_cseq = cseq;
  if (!tags_fit(d, from, to)) return {};
  const bool again = heard_before(d.heard_cseq[by], cseq);
  if (m.method == Method::refer) return on_refer(d, m, g, sender, again);
  return m.method == Method::info && !again ? on_info(d, m, g, sender) : Status{};
}

Status Engine::Impl::on_response(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const std::string_view from = wire::tag_of(m.first(Header::from)), to = wire::tag_of(m.first(Header::to));
  const bool to_caller = d.is_caller(from);
  if (to_caller && !to.empty() && m.method == Method::invite && m.status < 300 && !has(d.callee_tags, to) &&
      d.callee_tags.size() < tags_max) {
    d.forked = d.forked || (!d.callee_tags.empty() && !d.mid_call);
    d.callee_tags.emplace_back(to);
  }
  if (m.status >= 200 && m.status < 300 && tags_fit(d, from, to) && on_a_hop(d, g)) {
    std::uint32_t& accepted = d.accepted_cseq[to_caller ? 0 : 1];
    accepted = std::max(accepted, m.cseq_number());
  }
  const bool in_dialog = tags_fit(d, from, to);
  if (m.method == Method::bye) return in_dialog ? on_bye_answer(d, m, g) : Status{};
  const bool changes = m.method == Method::invite || m.method == Method::update;
  if (changes && in_dialog && m.status >= 200 && m.status < 300 && d.phase == Phase::answered)
    WRIT_CHECK(accepted_after_end(d, m, g.at));
  if (m.method == Method::invite && to_caller && m.cseq_number() == d.invite_cseq)
    return on_invite_response(d, m, g);
  if (changes && in_dialog && m.status == 481 && on_a_hop(d, g))
    return release(d, g.at, cause_text(481), Side::unknown);
  return {};
}

Status Engine::Impl::on_invite_response(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if (m.status < 200) return on_provisional(d, m, g);
  if (m.status >= 300) return on_final_failure(d, m, g);
  take_branch(d, m);
  if (d.phase == Phase::answered || (d.phase == Phase::released && d.ever_answered)) return {};
  const bool again = d.ever_answered;
  d.phase = Phase::answered;
  d.ever_answered = true;
  if (!again) d.agreed_since = g.at;
  list_again(d);
  WRIT_CHECK(say_crowded(g.at));
  if (again) return {};
  WRIT_CHECK(conference_of_device(d, g.at));
  std::string who = party_text(m.first(Header::p_asserted_identity));
  if (who.empty()) who = answering_at(d, g.udp.src.ip);
  if (who.empty()) who = party_text(m.first(Header::to));
  WRIT_CHECK(emit_live(d, EventType::answer, g.at, {{"answering", who}, {"status", m.status}}));
  return say_replaced(d, g.at);
}

Status Engine::Impl::on_provisional(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if (m.status < 101 || d.phase != Phase::trying || d.statuses.size() >= statuses_max) return {};
  if (std::find(d.statuses.begin(), d.statuses.end(), m.status) != d.statuses.end()) return {};
  d.statuses.push_back(m.status);
  return emit_live(d, EventType::network_signal, g.at,
                   {{"status", m.status}, {"reason", cause_text(m.status)}});
}

Status Engine::Impl::on_final_failure(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if (d.phase != Phase::trying || m.status == 401 || m.status == 407) return {};
  if (m.status < 400) WRIT_CHECK(on_moved(d, m, g));
  // Other hops' failures are forks, or on their way here.
  if (g.udp.dst.ip != d.origin_src.ip || g.udp.src.ip != d.origin_dst.ip) return {};
  return release(d, g.at, cause_text(m.status),
                 d.cancelled && m.status == 487 ? Side::caller : Side::unknown);
}

Status Engine::Impl::release(Dialog& d, Instant at, const std::string& cause, Side by) {
  if (d.phase == Phase::released) return {};
  d.phase = Phase::released;
  d.released_at = std::max(at, d.last_activity);
  d.byes.clear();
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live) continue;
    const Instant when = std::min(at, grants[a.grant].until() - Nanos{1});
    if (!a.end_said) WRIT_CHECK(say_unseen(d, a, when));
    WRIT_CHECK(flush_digits(d, a));
    WRIT_CHECK(close_content(d, a, when, cause));
    if (std::exchange(a.end_said, true)) continue;
    WRIT_CHECK(emit(a, EventType::release, when, d, {{"cause", cause}, {"by", by_text(by)}}));
  }
  return conference_of_device(d, std::min(at, last_seen));
}

void Engine::Impl::erase_dialog(Dialog& d) {
  if (d.key != d.call_id) --under_same_id;
  drop_ends(d);
  for (Attachment& a : d.attachments) wait_no_more(a);
}

}  // namespace writ::intercept
