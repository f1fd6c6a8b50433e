// SPDX-License-Identifier: GPL-3.0-or-later
// From claims of identity to attachments: what starts a capture, what waits, what becomes a review.
#include <algorithm>
#include <utility>

#include "base/keyed_hash.hh"
#include "base/limits.hh"
#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using wire::Method;
using Stage = Attachment::Stage;

namespace {

constexpr std::size_t reviewed_max = 1u << 20;

bool initial(const wire::SipMessage& m) { return m.is_request && begins_dialog(m); }

// May this message open a dialog of ours?
bool may_open(const wire::SipMessage& m) {
  if (m.is_request) return m.method != Method::none && m.method != Method::register_;
  // An ended call's stragglers are no new call; a response may only join a call that is coming up or
  // changing.
  return m.status < 300 &&
         (m.method == Method::invite || m.method == Method::update || m.method == Method::prack);
}

DialogKind kind_of(const wire::SipMessage& m) {
  if (!m.is_request || m.method == Method::invite) return DialogKind::call;
  if (m.method == Method::cancel || m.method == Method::ack) return DialogKind::call;
  const bool in_dialog = !initial(m);
  return in_dialog && is_call_method(m.method) ? DialogKind::call : DialogKind::message;
}

// Claims of what is no communication (a keep-alive, a subscription) interest nobody.
bool worth_review(const wire::SipMessage& m) {
  return m.method == Method::invite || m.method == Method::message || is_call_method(m.method);
}

}  // namespace

std::uint64_t hash_text(std::string_view s, std::uint64_t seed) {
  return KeyedHash{}.words(seed, 0).bytes(view_of(s)).value();
}

std::string party_text(std::string_view name_addr) {
  const auto u = wire::parse_name_addr(name_addr);
  return u ? identity_text(*u) : std::string();
}

// Of each grant once; forgetting means saying it twice, never silence.
bool Engine::Impl::is_said(std::uint32_t grant, const std::string& of) {
  if (reviewed.size() >= reviewed_max) reviewed.clear();
  return !reviewed.insert(hash_text(of, grant + 1)).second;
}

Status Engine::Impl::review(std::uint32_t grant, Instant at, const std::string& call_id,
                            const std::string& claimed, const std::string& source,
                            const wire::Endpoint& src) {
  if (is_said(grant, call_id.empty() ? source + src.ip.text() : call_id)) return {};
  ++stats.reviews;
  return say(grant, Event{EventType::review,
                          at,
                          0,
                          call_id,
                          {{"claimed", claimed}, {"source", source}, {"src", src.text()}},
                          frame});
}

Dialog& Engine::Impl::make_dialog(const wire::SipMessage& m, const Datagram& g, DialogKind kind) {
  auto owned = std::make_unique<Dialog>();
  Dialog& d = *owned;
  d.call_id = std::string(m.call_id());
  d.kind = kind;
  d.method = m.method;
  d.caller_tag = std::string(wire::tag_of(m.first(Header::from)));
  d.mid_call = kind == DialogKind::call && !(initial(m) && m.method == Method::invite);
  d.origin_src = m.is_request ? g.udp.src : g.udp.dst;
  d.origin_dst = m.is_request ? g.udp.dst : g.udp.src;
  d.created = d.last_activity = g.at;
  if (m.method == Method::invite) d.invite_cseq = m.cseq_number();
  if (const std::string_view to = wire::tag_of(m.first(Header::to)); !to.empty())
    d.callee_tags.emplace_back(to);
  d.key = d.call_id;
  if (find(d.call_id) != nullptr) {  // another call under the same Call-ID
    d.key.append(1, '\n').append(d.caller_tag);
    ++under_same_id;
  }
  neighbours.forget(d.call_id);
  dialogs[d.key] = std::move(owned);
  return d;
}

Attachment Engine::Impl::make_attachment(const Dialog& d, const Claim& c, const wire::SipMessage& m,
                                         const Datagram& g) const {
  Attachment a;
  a.grant = c.grant;
  a.content = authority::yields_content(grants[c.grant].body().kind);
  a.role = c.role;
  a.source = c.source;
  a.target_side = c.role == Role::from_target ? Side::caller : Side::callee;
  // In From of the message stands its sender (requests) or the sender of the request (responses).
  const bool by_callee =
      !d.is_caller(wire::tag_of(m.first(Header::from))) && d.is_caller(wire::tag_of(m.first(Header::to)));
  a.identity = c.identity;
  a.claimed_from = g.udp.src;
  a.claimed_at = g.udp.inputs;
  a.began = g.at;
  a.began_frame = frame;
  a.opening = {{"direction", to_string(c.role)},
               {"calling", party_text(m.first(by_callee ? Header::to : Header::from))},
               {"called", party_text(m.first(by_callee ? Header::from : Header::to))},
               {"identity_source", to_string(c.source)},
               {"src", d.origin_src.text()},
               {"dst", d.origin_dst.text()}};
  if (m.is_request && !d.mid_call)
    if (const auto u = wire::parse_uri(m.request_uri)) a.opening["request_uri"] = identity_text(*u);
  if (d.kind == DialogKind::call && (d.mid_call || !initial(m) || m.method != Method::invite))
    a.opening["mid_call"] = true;
  if (!g.carried_by.empty()) a.opening["carried_by"] = g.carried_by;
  if (g.inflated) a.opening["inflated"] = true;
  if (!c.from_call.empty()) a.opening["transferred_from"] = c.from_call;
  if (const std::string by = party_text(m.first(Header::referred_by)); !by.empty())
    a.opening["referred_by"] = by;
  if (const auto to = wire::parse_name_addr(m.first(Header::refer_to)))
    a.opening["refer_to"] = identity_text(*to);
  return a;
}

// Without a Call-ID (RFC 3261 8.1.1) nothing tells what else is of the call, and whose it is then. A device
// that leaves it out does so always: once an address.
Status Engine::Impl::say_nameless(const wire::SipMessage& m, const Datagram& g) {
  if (!initial(m) || (m.method != Method::invite && m.method != Method::message)) return {};
  const std::vector<Claim> claims = judge.judge(m, g.udp, g.at);
  for (const Claim& c : claims) {
    if (c.proof != Proof::proven)
      WRIT_CHECK(review(c.grant, g.at, "", c.identity,
                        std::string(to_string(c.source)) + ", without a Call-ID", g.udp.src));
    else if (!is_said(c.grant, "without a Call-ID " + g.udp.src.ip.text()))
      WRIT_CHECK(say(c.grant, Event{EventType::gap,
                                    g.at,
                                    0,
                                    "",
                                    {{"why", "the target's calls by way of " + g.udp.src.ip.text() +
                                                 " come without a Call-ID: such a call cannot be followed, "
                                                 "and nothing of it is captured"},
                                     {"from", rfc3339(g.at)}},
                                    frame}));
  }
  return {};
}

Status Engine::Impl::attach(Dialog*& d, const wire::SipMessage& m, const Datagram& g) {
  // A copy: a commit writes to the sink, and the judge's own list lives only until it is asked again.
  std::vector<Claim> claims = judge.judge(m, g.udp, g.at);
  if (m.is_request && m.method == Method::invite) follow(m, g, claims);
  take_barred(m, claims);
  for (const Claim& c : claims) WRIT_CHECK(attach_claim(d, c, m, g));
  return {};
}

// A From, To or Diversion that came in where nobody vouches for it is worth no more once a proxy has passed
// it on to where somebody does: a person hears of the call, or has heard.
bool Engine::Impl::is_passed_on(const Claim& c, const Attachment* a, std::string_view call_id) const {
  const authority::GrantBody& g = grants[c.grant].body();
  const bool redirected = c.source == Source::redirection;
  if (!redirected && c.source != Source::from_trusted && c.source != Source::to_trusted) return false;
  if (g.trust_from_at.empty() && !(redirected && !g.trusted_peers.empty())) return false;
  if (a != nullptr && a->stage != Stage::live &&
      !judge.accepts(c.grant, c.source, a->claimed_from.ip, a->claimed_at))
    return true;
  return reviewed.contains(hash_text(call_id, c.grant + 1));
}

Status Engine::Impl::attach_claim(Dialog*& d, Claim c, const wire::SipMessage& m, const Datagram& g) {
  Attachment* a = d != nullptr ? d->of(c.grant) : nullptr;
  const auto mark_digest = [&](Attachment& x) {
    x.stage = Stage::digest;
    x.digest_cseq = m.cseq_number();
    x.digest_method = m.method;
    x.digest_src = g.udp.src;
    x.digest_dst = g.udp.dst;
  };
  see_in_dialog(d, c, m);
  if (is_passed_on(c, a, m.call_id())) return {};
  if (a != nullptr ? a->stage == Stage::live || c.proof == Proof::claimed : !may_open(m)) return {};
  bool may = false;
  WRIT_CHECK(check_direction(d, c, m, g, may));
  if (!may) return {};
  if (a != nullptr) {
    if (c.role != a->role || a->stage == Stage::dropped) {
      Attachment fresh = make_attachment(*d, c, m, g);
      fresh.pending = std::move(a->pending);
      fresh.held = std::move(a->held);
      fresh.pending_bytes = a->pending_bytes;
      fresh.waits = a->waits;
      fresh.claimed_at |= a->claimed_at;
      if (a->stage != Stage::dropped) {
        fresh.began = a->began;
        fresh.began_frame = a->began_frame;
        if (!d->mid_call) fresh.opening.erase("mid_call");
      }
      *a = std::move(fresh);
    }
    a->source = c.source;
    a->claimed_from = g.udp.src;
    a->claimed_at |= g.udp.inputs;
    a->opening["identity_source"] = to_string(c.source);
    if (c.proof == Proof::proven) return take_part(*d, *a, g.at);
    if (!a->waits) {
      WRIT_CHECK(make_room_to_wait());
      wait_for_proof(*d, *a);
    }
    // The same INVITE again on the next hop must not replace the one that the challenging hop will answer.
    if (a->stage != Stage::digest || a->digest_cseq != m.cseq_number()) mark_digest(*a);
    return {};
  }
  const bool may_wait =
      m.is_request && m.method != Method::ack && c.source != Source::to && c.source != Source::display;
  if (c.proof != Proof::proven && !may_wait)
    return worth_review(m)
               ? review(c.grant, g.at, std::string(m.call_id()), c.identity, to_string(c.source), g.udp.src)
               : Status{};
  if (c.proof != Proof::proven) WRIT_CHECK(make_room_to_wait());
  if (d == nullptr) d = &make_dialog(m, g, kind_of(m));
  d->attachments.push_back(make_attachment(*d, c, m, g));
  Attachment& fresh = d->attachments.back();
  if (c.proof == Proof::proven) return take_part(*d, fresh, g.at);
  wait_for_proof(*d, fresh);
  if (c.proof == Proof::digest) mark_digest(fresh);
  return {};
}

EventType opening_type(const Attachment& a) {
  return a.role == Role::from_target ? EventType::origination : EventType::termination_attempt;
}

// What opens this call or message in the record, as of the message that began it.
Status Engine::Impl::say_opening(Dialog& d, Attachment& a) {
  const AtFrame then(frame, a.began_frame);
  if (d.kind == DialogKind::call) {
    ++stats.calls_isolated;
    WRIT_CHECK(emit(a, opening_type(a), a.began, d, a.opening));
    if (a.role == Role::redirected)
      WRIT_CHECK(emit(a, EventType::redirection, a.began, d,
                      {{"redirected_from", a.identity}, {"redirected_to", redirected_to(a)}}));
    WRIT_CHECK(say_transferred(d, a));
  } else if (d.kind == DialogKind::message) {
    Json detail = a.opening;
    detail["signal"] = d.method == Method::message     ? "MESSAGE"
                       : d.method == Method::subscribe ? "SUBSCRIBE"
                       : d.method == Method::notify    ? "NOTIFY"
                       : d.method == Method::publish   ? "PUBLISH"
                       : d.method == Method::options   ? "OPTIONS"
                       : d.method == Method::refer     ? "REFER"
                       : d.method == Method::info      ? "INFO"
                                                       : "other";
    WRIT_CHECK(emit(a, a.role == Role::from_target ? EventType::subject_signal : EventType::network_signal,
                    a.began, d, std::move(detail)));
  }
  return {};
}

// The identity is proven: number, opening event, then what was held, in order.
Status Engine::Impl::commit(Dialog& d, Attachment& a) {
  const Instant now = std::max(d.last_activity, a.began);
  wait_no_more(a);
  a.stage = Stage::live;
  if (d.kind != DialogKind::registration) a.number = ++next_number[a.grant];
  WRIT_CHECK(say_opening(d, a));
  std::vector<Pending> held = std::move(a.pending);
  a.pending.clear();
  for (const std::string& session : d.links) WRIT_CHECK(join_leg(d, a, session, now, false));
  for (const Event& e : std::exchange(a.held, {})) {
    const AtFrame then(frame, e.frame);
    WRIT_CHECK(emit(a, e.type, e.at, d, e.detail));
  }
  list_again(d);
  WRIT_CHECK(say_crowded(now));
  if (d.both_sides) WRIT_CHECK(open_content(d, a, a.began));
  for (const Pending& p : held)
    WRIT_CHECK(hand_over(a, p.role, p.speaker, wire::RawPacket{p.at, p.link_type, p.bytes, p.wire_length}));
  if (a.pending_dropped > 0)
    WRIT_CHECK(emit(a, EventType::gap, now, d,
                    {{"why", "more packets came before the identity was proven than may be held"},
                     {"packets", a.pending_dropped}}));
  return {};
}

Status Engine::Impl::give_up(Dialog& d, Attachment& a, const std::string& why) {
  if (a.stage != Stage::claimed && a.stage != Stage::digest) return {};
  const bool said = d.kind == DialogKind::registration || d.method == Method::options ||
                    d.method == Method::subscribe || d.method == Method::publish ||
                    d.method == Method::notify;
  const std::string source = a.stage == Stage::digest ? "digest, " + why : std::string(to_string(a.source));
  a.stage = Stage::dropped;
  a.pending.clear();
  a.pending.shrink_to_fit();
  a.held.clear();
  wait_no_more(a);
  if (said) return {};
  return review(a.grant, a.began, d.call_id, a.identity, source, a.claimed_from);
}

// Does this response prove or refute what waits?
Status Engine::Impl::settle(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const bool challenge = m.status == 401 || m.status == 407;
  if (challenge) {
    d.challenged = true;
    d.challenged_at = g.at;
    return {};
  }
  if (m.status == 100) return {};
  for (Attachment& a : d.attachments) {
    if (dated_before(a)) continue;
    if (a.stage == Stage::claimed) {
      // Answered without having been asked who it is.
      WRIT_CHECK(give_up(d, a, "not proven"));
      continue;
    }
    const bool answers = a.stage == Stage::digest && m.cseq_number() == a.digest_cseq &&
                         m.method == a.digest_method && g.udp.src.ip == a.digest_dst.ip &&
                         g.udp.dst.ip == a.digest_src.ip;
    if (!answers) continue;
    const bool asked = d.challenged || challengers.contains(hash_text(text_of(g.udp.src.ip.b), 0));
    if (m.status == 403)
      WRIT_CHECK(give_up(d, a, "refused"));
    else if (!asked)
      WRIT_CHECK(give_up(d, a, "not asked for by the next hop"));
    else
      WRIT_CHECK(commit(d, a));
  }
  return {};
}

}  // namespace writ::intercept
