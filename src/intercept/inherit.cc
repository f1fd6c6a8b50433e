// SPDX-License-Identifier: GPL-3.0-or-later
// A grant that begins while its target's calls are up
// ====================================================
// An extension begins as the order before it ends; a second agency comes in the middle of a call. What was
// signalled before is gone, but the probe holds the dialogs of other grants, each with the side that was
// proven to be the target's. A grant that names the same target takes part in them from its first instant on:
// an opening event that says mid_call, the state of the call as it is then, and packets from then on. Nothing
// from before is said or kept, and nothing is held between two orders that do not touch.
//
// The proof is of the grant that it was made under. What that one took on trust (From and To of this port's
// peers, an asserting peer), the new one takes only where it trusts as much; which way a call goes is what
// its first INVITE said (direction.cc); and of a grant with targets that the new one has not, it must be told
// which of them the call is of. What cannot be told is not joined, and a person hears of it.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {

bool may_be_joined(const Dialog& d, const Attachment& a) {
  if (a.stage == Stage::dropped) return false;
  if (a.stage != Stage::live) return d.kind != DialogKind::message && d.phase != Phase::released;
  return d.kind == DialogKind::call && (d.phase != Phase::released || d.dormant);
}

bool names_all_of(const authority::GrantBody& heir, const authority::GrantBody& holder) {
  return std::ranges::includes(heir.targets, holder.targets);  // both are sorted
}

bool trusts_as_much(const authority::GrantBody& heir, const authority::GrantBody& holder) {
  return (heir.trust_from ||
          (!holder.trust_from && std::ranges::includes(heir.trust_from_at, holder.trust_from_at))) &&
         std::ranges::includes(heir.trusted_peers, holder.trusted_peers);
}

Json opening_of(const Attachment& a) {
  Json out = {{"mid_call", true}};
  for (const char* key : {"direction", "calling", "called", "identity_source", "src", "dst", "carried_by"})
    if (const auto it = a.opening.find(key); it != a.opening.end()) out[key] = *it;
  return out;
}

// Of which targets is this identity the name?
void named_by(const TargetIndex& targets, const std::string& identity, std::vector<std::uint32_t>& out) {
  targets.by_number(identity, out);
  if (const auto u = wire::parse_uri("sip:" + identity); u && !u->user.empty()) targets.by_uri(*u, out);
}

bool all_encrypted(const Dialog& d) {
  const auto counts = [](const End& e) { return !e.rtcp && !e.replaced && !e.candidate; };
  return std::ranges::any_of(d.ends, counts) &&
         std::ranges::all_of(d.ends, [&](const End& e) { return !counts(e) || e.encrypted; });
}

}  // namespace

// Grants that begin now, by what they name.
class Engine::Impl::Heirs {
 public:
  Heirs(const std::vector<authority::VerifiedGrant>& grants, const std::vector<std::uint32_t>& begun)
      : grants_(grants) {
    for (const std::uint32_t g : begun)
      for (const authority::Target& t : grants[g].body().targets) by_target_[t].push_back(g);
  }
  // Those that share a target with the grant, and whose beginning it has not ended before.
  template <class F>
  Status each(const Impl& engine, std::uint32_t holder, F f) const {
    std::vector<std::uint32_t> found;
    for (const authority::Target& t : grants_[holder].body().targets)
      if (const auto it = by_target_.find(t); it != by_target_.end())
        found.insert(found.end(), it->second.begin(), it->second.end());
    std::ranges::sort(found);
    const auto repeated = std::ranges::unique(found);
    found.erase(repeated.begin(), repeated.end());
    for (const std::uint32_t heir : found)
      if (heir != holder && grants_[holder].until() >= engine.begin_of(heir)) WRIT_CHECK(f(heir));
    return {};
  }

 private:
  const std::vector<authority::VerifiedGrant>& grants_;
  std::map<authority::Target, std::vector<std::uint32_t>> by_target_;
};

Status Engine::Impl::inherit(const std::vector<std::uint32_t>& begun) {
  if (begun.empty() || (dialogs.empty() && bindings.empty() && expected.empty())) return {};
  const AtFrame no_packet(frame, 0);
  const Heirs heirs{grants, begun};
  if (!bindings.empty() || !expected.empty())
    for (std::uint32_t g = 0; g < grants.size(); ++g)
      WRIT_CHECK(heirs.each(*this, g, [&](std::uint32_t heir) -> Status {
        if (!names_all_of(grants[heir].body(), grants[g].body())) return {};
        bindings.copy(g, heir);
        credentials.copy(g, heir);
        if (judge.allowed(heir, Role::redirected) && trusts_as_much(grants[heir].body(), grants[g].body()))
          expected.copy(g, heir);
        return {};
      }));
  for (const auto& each : dialogs) {
    Dialog& d = *each.second;
    for (std::size_t n = 0, held = d.attachments.size(); n < held; ++n)
      WRIT_CHECK(
          heirs.each(*this, d.attachments[n].grant, [&](std::uint32_t heir) { return inherit(d, n, heir); }));
  }
  return {};
}

// One call of one grant, for one that begins.
Status Engine::Impl::inherit(Dialog& d, std::size_t held, std::uint32_t heir) {
  const Attachment& a = d.attachments[held];
  if (!may_be_joined(d, a) || d.of(heir) != nullptr) return {};
  const Instant at = begin_of(heir);
  const authority::GrantBody& holder = grants[a.grant].body();
  if (!names_all_of(grants[heir].body(), holder)) {
    std::vector<std::uint32_t> named;
    named_by(judge.targets(), a.identity, named);
    const auto has = [&](std::uint32_t g) { return std::ranges::find(named, g) != named.end(); };
    if (!has(heir) && has(a.grant)) return {};  // another target of that grant
    if (!has(heir)) return say_unjoined(heir, at);
  }
  const bool of_call = d.kind == DialogKind::call;
  if (of_call && !d.mid_call && !judge.allowed(heir, a.role)) {
    barred.add(heir, hash_text(d.call_id, 0));
    return {};
  }
  const auto refuse = [&](const char* why) {
    return review(heir, at, d.call_id, a.identity, to_string(a.source) + std::string(why), a.claimed_from);
  };
  if (of_call && d.mid_call && one_way(heir))
    return refuse(", in a call of which the beginning was not seen");
  const bool derived = a.source == Source::transfer || a.source == Source::replaces;
  if (a.stage == Stage::live && !(derived ? trusts_as_much(grants[heir].body(), holder)
                                          : judge.accepts(heir, a.source, a.claimed_from.ip, a.claimed_at)))
    return refuse(", which this order does not trust");
  return join(d, a, heir, at);
}

// Which of another grant's targets it is of is not known: it may be a neighbour's.
Status Engine::Impl::say_unjoined(std::uint32_t heir, Instant at) {
  return say(heir, Event{EventType::gap,
                         at,
                         0,
                         "",
                         {{"why",
                           "a call was up when the order began that may be the target's, which could not be "
                           "told: it is joined when its signalling says so"},
                          {"from", rfc3339(at)}},
                         frame});
}

Status Engine::Impl::join(Dialog& d, const Attachment& held, std::uint32_t heir, Instant at) {
  Attachment a;
  a.grant = heir;
  a.content = authority::yields_content(grants[heir].body().kind);
  a.role = held.role;
  a.source = held.source;
  a.target_side = held.target_side;
  a.identity = held.identity;
  a.claimed_from = held.claimed_from;
  a.claimed_at = held.claimed_at;
  a.began = at;
  a.opening = opening_of(held);
  a.stage = held.stage;
  a.digest_cseq = held.digest_cseq;
  a.digest_method = held.digest_method;
  a.digest_src = held.digest_src;
  a.digest_dst = held.digest_dst;
  if (a.stage != Stage::live) WRIT_CHECK(make_room_to_wait());
  d.hops.copy(held.grant, heir);
  d.attachments.push_back(std::move(a));
  Attachment& fresh = d.attachments.back();
  if (fresh.stage != Stage::live) {
    wait_for_proof(d, fresh);
    return {};
  }
  WRIT_CHECK(take_part(d, fresh, at));
  if (!d.dormant) return {};
  fresh.end_said = true;  // until it wakes
  return emit(
      fresh, EventType::gap, at, d,
      {{"why", "this call had been silent for long when it was joined: whether it is up is not known"},
       {"from", rfc3339(at)}});
}

Status Engine::Impl::take_part(Dialog& d, Attachment& a, Instant at) {
  WRIT_CHECK(commit(d, a));
  return a.opening.contains("mid_call") ? say_state(d, a, at) : Status{};
}

// A call as it stands when a grant takes part in it that did not hear how it came to that.
Status Engine::Impl::say_state(Dialog& d, Attachment& a, Instant at) {
  if (d.phase == Phase::answered)
    WRIT_CHECK(
        emit(a, EventType::answer, at, d, {{"answering", party_of(a, Side::callee)}, {"mid_call", true}}));
  if (all_encrypted(d))
    WRIT_CHECK(
        unavailable(d, a, at, "keys", "media encrypted (SRTP), keys unknown here: the call was joined late"));
  has_held[a.grant] = has_held[a.grant] || d.hold.ever;
  for (const Side by : {Side::caller, Side::callee})
    if (d.hold.by[by == Side::caller ? 0 : 1])
      WRIT_CHECK(emit(a, EventType::connection_break, at, d,
                      {{"removed", Json::array({party_of(a, other(by))})},
                       {"why", "hold"},
                       {"by", by == a.target_side ? "target" : "other"}}));
  return conference_of_device(d, at);
}

}  // namespace writ::intercept
