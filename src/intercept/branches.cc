// SPDX-License-Identifier: GPL-3.0-or-later
// When a call is over. Each 2xx of a forked INVITE is a dialog of its own (RFC 3261 13.2.2.4), and the caller
// ends those that it does not want by BYE: the call is over with the last of them. Anybody can send a BYE, so
// one counts only when it is answered on a hop of the call, and what the two ends do afterwards counts for
// more: a call that goes on is followed on.
#include <algorithm>
#include <utility>

#include "intercept/causes.hh"
#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using wire::Method;
using Stage = Attachment::Stage;

namespace {

constexpr std::chrono::seconds answer_s_max{1};  // of a BYE; what comes later is a call that goes on
constexpr std::size_t branches_max = 128, byes_max = 128, hosts_max = 16;

struct Pair {
  std::string_view caller, callee;
};

// In whatever direction the request went.
Pair pair_of(const Dialog& d, const wire::SipMessage& m) {
  const std::string_view from = wire::tag_of(m.first(Header::from)), to = wire::tag_of(m.first(Header::to));
  return d.is_caller(from) ? Pair{from, to} : Pair{to, from};
}

auto branch_at(Dialog& d, const Pair& p) {
  return std::ranges::find_if(d.branches,
                              [&](const Branch& b) { return b.caller == p.caller && b.callee == p.callee; });
}

bool is_host(const Dialog& d, const wire::Address& a) {
  return a == d.origin_src.ip || a == d.origin_dst.ip || std::ranges::find(d.hosts, a) != d.hosts.end() ||
         std::ranges::find(d.receivers, a) != d.receivers.end() ||
         std::ranges::any_of(d.ends, [&](const End& e) { return e.at.ip == a; });
}

void take_host(Dialog& d, const wire::Address& a) {
  if (d.hosts.size() < hosts_max && !is_host(d, a)) d.hosts.push_back(a);
}

}  // namespace

bool on_a_hop(const Dialog& d, const Datagram& g) {
  return is_host(d, g.udp.src.ip) || is_host(d, g.udp.dst.ip);
}

// What an INVITE and its answers pass by, and where their senders want to be sent to.
void take_hosts(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if (m.method != Method::invite || !of_the_call(d, m) || !on_a_hop(d, g)) return;
  take_host(d, g.udp.src.ip);
  take_host(d, g.udp.dst.ip);
  wire::Address a;
  if (const auto u = wire::parse_name_addr(m.first(Header::contact)); u && wire::Address::parse(u->host, a))
    take_host(d, a);
}

void take_branch(Dialog& d, const wire::SipMessage& m) {
  const Pair p = pair_of(d, m);
  if (branch_at(d, p) == d.branches.end() && d.branches.size() < branches_max)
    d.branches.push_back({std::string(p.caller), std::string(p.callee)});
}

void take_bye(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side by, std::uint64_t frame) {
  const Pair p = pair_of(d, m);
  const bool ended = branch_at(d, p) != d.branches.end() && branch_at(d, p)->ended;
  const bool known = std::ranges::any_of(d.byes, [&](const Bye& b) {
    return b.caller == p.caller && b.callee == p.callee && b.cseq == m.cseq_number() && b.by == by;
  });
  if (ended || known || d.byes.size() >= byes_max) return;
  d.byes.push_back({std::string(p.caller), std::string(p.callee), m.cseq_number(), g.at, frame, by,
                    !is_host(d, g.udp.src.ip)});
}

// 481: who answers knows of no such dialog, or no more; but such a BYE can be anybody's.
Status Engine::Impl::on_bye_answer(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const Pair p = pair_of(d, m);
  const auto bye = std::ranges::find_if(d.byes, [&](const Bye& b) {
    return b.caller == p.caller && b.callee == p.callee && b.cseq == m.cseq_number();
  });
  if (m.status < 200 || bye == d.byes.end() || !on_a_hop(d, g)) return {};
  if (m.status == 481) {
    bye->unknown = true;
    return {};
  }
  const Bye said = *bye;
  d.byes.erase(bye);
  if (m.status >= 300) return {};  // challenged, or refused: the call goes on
  return end_branch(d, said, "200 BYE by ");
}

Status Engine::Impl::end_branch(Dialog& d, const Bye& bye, const std::string& how) {
  const auto branch = branch_at(d, {bye.caller, bye.callee});
  if (branch != d.branches.end()) branch->ended = true;
  const bool up =
      std::ranges::any_of(d.branches, [&](const Branch& b) { return b.caller == bye.caller && !b.ended; });
  // Of a branch whose 2xx was not seen nobody knows; it is one of several only where others were answered.
  if (up && (branch != d.branches.end() || d.forked)) return {};
  d.end_doubted = bye.by_stranger;
  const AtFrame then(frame, bye.frame);
  return release(d, bye.at, how + by_text(bye.by), bye.by);
}

Status Engine::Impl::end_unanswered(Dialog& d) {
  for (const Bye& bye : std::exchange(d.byes, {}))
    if (d.phase != Phase::released &&
        !(bye.unknown && std::max(d.last_media, d.last_activity) > bye.at + answer_s_max))
      WRIT_CHECK(end_branch(d, bye, bye.unknown ? "481 to BYE by " : "BYE, not answered, by "));
  return {};
}

// Media that went on after the end had content opened again.
Status Engine::Impl::close_after_end(Dialog& d, Instant at) {
  for (Attachment& a : d.attachments)
    if (a.stage == Stage::live)
      WRIT_CHECK(close_content(d, a, std::min(at, grants[a.grant].until() - Nanos{1}),
                               "media that went on after the end have ended"));
  return {};
}

// Of a call that was ended, a request within the dialog: both ends have not heard of that end, or do not
// mind. Nothing is said until it is accepted.
bool goes_on(const Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  return d.phase == Phase::released && d.ever_answered && m.is_request &&
         (m.method == Method::invite || m.method == Method::update) &&
         tags_fit(d, wire::tag_of(m.first(Header::from)), wire::tag_of(m.first(Header::to))) &&
         on_a_hop(d, g) && m.cseq_number() > d.accepted_cseq[sender_side(d, m) == Side::caller ? 0 : 1];
}

Status Engine::Impl::accepted_after_end(Dialog& d, const wire::SipMessage& m, Instant at) {
  if (const auto b = branch_at(d, pair_of(d, m)); b != d.branches.end()) b->ended = false;
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !a.end_said || !covers(a, at)) continue;
    a.end_said = false;
    WRIT_CHECK(emit(a, EventType::connection, at, d,
                    {{"why", "the call goes on after its end was signalled"}, {"resumed", true}}));
    if (d.both_sides) WRIT_CHECK(open_content(d, a, at));
  }
  return {};
}

// Retried after a failure under the same tag (422, 302 that the caller follows, digits that come one by one):
// one call with several attempts, each of which opens and ends.
Status Engine::Impl::attempt_again(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  d.phase = Phase::trying;
  d.statuses.clear();
  d.cancelled = false;
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !a.end_said || !covers(a, g.at)) continue;
    a.end_said = false;
    a.unavailable_said.clear();
    a.opening["called"] = party_text(m.first(Header::to));
    if (const auto u = wire::parse_uri(m.request_uri)) a.opening["request_uri"] = identity_text(*u);
    a.opening["again"] = true;
    WRIT_CHECK(emit(a, opening_type(a), g.at, d, a.opening));
  }
  return {};
}

}  // namespace writ::intercept
