// SPDX-License-Identifier: GPL-3.0-or-later
// Which way a call goes. Its first INVITE says so, and nothing after it: in a later request the target is
// From or To by who happens to speak, and an incoming call that the target ends shows a BYE "from the
// target". A pen register takes what goes out, a trap what comes in, so neither may believe such a message.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using wire::Method;

namespace {

bool of_dialog(const Dialog& d, const wire::SipMessage& m) {
  return tags_fit(d, wire::tag_of(m.first(Header::from)), wire::tag_of(m.first(Header::to)));
}

const Claim* of_grant(const std::vector<Claim>& claims, std::uint32_t grant) {
  const auto it =
      std::find_if(claims.begin(), claims.end(), [&](const Claim& c) { return c.grant == grant; });
  return it == claims.end() ? nullptr : &*it;
}

}  // namespace

bool begins_dialog(const wire::SipMessage& m) { return wire::tag_of(m.first(Header::to)).empty(); }

// The target's role in the call. Of a dialog that was joined late the side that spoke first stands for the
// caller: a guess, but the same for all grants.
void see_in_dialog(const Dialog* d, Claim& c, const wire::SipMessage& m) {
  if (d == nullptr || d->kind != DialogKind::call) return;
  const bool begins = begins_dialog(m), counts = of_the_call(*d, m);
  // With tags of no dialog of this call it tells of no party of it, unless a hop has sent the INVITE on.
  if (!counts && !d->mid_call && !(begins && m.method == Method::invite)) c.proof = Proof::claimed;
  if (begins || !counts || c.role == Role::redirected) return;
  const Side sender = d->is_caller(wire::tag_of(m.first(Header::from))) ? Side::caller : Side::callee;
  const Side target = c.role == Role::from_target ? sender : other(sender);
  c.role = target == Side::caller ? Role::from_target : Role::to_target;
  // In a dialog the Request-URI is the Contact that the other party wrote: of a caller it proves no more than
  // From does.
  if (target == Side::caller && c.source == Source::request_uri && !d->mid_call) c.proof = Proof::claimed;
}

bool Engine::Impl::one_way(std::uint32_t grant) const {
  return !judge.allowed(grant, Role::from_target) || !judge.allowed(grant, Role::to_target);
}

// What names a target in a way that its grant does not take: at the beginning of a call that call is barred;
// later on it tells whose call it is, and no more.
void Engine::Impl::take_barred(const wire::SipMessage& m, std::vector<Claim>& claims) {
  const bool begins = begins_dialog(m);
  for (const Claim& c : judge.barred()) {
    const Claim* taken = of_grant(claims, c.grant);
    if (!begins && taken == nullptr && c.proof == Proof::proven) claims.push_back(c);
    if (begins && m.is_request && m.method == Method::invite && taken == nullptr)
      barred.add(c.grant, hash_text(m.call_id(), 0));
  }
}

// May the claim attach its call, as far as the direction goes? Where that cannot be told, a grant for one
// direction does not guess: a person hears of it.
Status Engine::Impl::check_direction(const Dialog* d, const Claim& c, const wire::SipMessage& m,
                                     const Datagram& g, bool& may) {
  may = judge.allowed(c.grant, c.role);
  const bool of_call = d != nullptr ? d->kind == DialogKind::call : is_call_method(m.method);
  const bool told = begins_dialog(m) || (d != nullptr && !d->mid_call && of_dialog(*d, m));
  if (told || !one_way(c.grant)) return {};
  const bool known = barred.contains(c.grant, hash_text(m.call_id(), 0));
  may = may && !known && !of_call;
  if (known || !of_call) return {};
  return review(c.grant, g.at, std::string(m.call_id()), c.identity,
                std::string(to_string(c.source)) + ", in a call of which the beginning was not seen",
                g.udp.src);
}

}  // namespace writ::intercept
