// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that the target's line sends elsewhere: by REFER while they are up (RFC 3515, RFC 5589), by Replaces
// (RFC 3891), by 3xx instead of an answer (RFC 3261 8.1.3.4). The new call carries no header that names the
// target and is proven all the same: the party that the target sent away comes, within a minute, to the place
// that it was sent to, or names a dialog of the target's by its three identifiers, which only its parties
// know.
#include <fmt/format.h>

#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using Stage = Attachment::Stage;

namespace {

constexpr std::chrono::seconds transfer_s_max{64};  // 128*T1: the party that was sent tries once more

// The Call-ID of a Replaces value: "id;to-tag=..;from-tag=..".
std::string_view replaced_call(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

}  // namespace

std::string party_of(const Attachment& a, Side side) {
  const auto it = a.opening.find(side == Side::caller ? "calling" : "called");
  return it == a.opening.end() ? std::string() : it->get<std::string>();
}

Status Engine::Impl::expect(Attachment& a, const Dialog& d, const wire::Address& from, std::string to,
                            Instant at) {
  if (to.empty() || !judge.allowed(a.grant, Role::redirected)) return {};
  const bool had_room = expected.add({a.grant, from, std::move(to), party_of(a, other(a.target_side)),
                                      a.identity, d.call_id, at + transfer_s_max});
  if (had_room || a.transfers_said) return {};
  a.transfers_said = true;
  return emit(a, EventType::gap, at, d,
              {{"why", fmt::format("the target sent calls to more than {} places within {} s: a call to the "
                                   "earliest of them is not followed",
                                   ExpectedCalls::per_grant_max, transfer_s_max.count())},
               {"from", rfc3339(at)}});
}

Status Engine::Impl::on_refer(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side sender,
                              bool again) {
  Json detail = {{"signal", "REFER"}};
  detail["by"] = sender == Side::caller ? "caller" : "callee";
  std::string to;
  if (const auto u = wire::parse_name_addr(m.first(Header::refer_to))) {
    to = identity_text(*u);
    detail["refer_to"] = to;
    // A call that we know; anything else there would be a text that a party wrote.
    const std::string replaces = wire::uri_header(*u, "Replaces");
    if (const Dialog* known = replaces.empty() ? nullptr : find(replaced_call(replaces)); known != nullptr)
      detail["replaces"] = known->call_id;
  }
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !covers(a, g.at)) continue;
    const bool own = sender == a.target_side;
    // On each hop: the last receiver is the one that goes.
    if (own) WRIT_CHECK(expect(a, d, g.udp.dst.ip, to, g.at));
    if (again) continue;
    WRIT_CHECK(emit(a, own ? EventType::subject_signal : EventType::network_signal, g.at, d, detail));
  }
  return {};
}

void Engine::Impl::follow_replaces(const wire::SipMessage& m, Instant at, std::vector<Claim>& claims) {
  const std::string_view value = m.first(Header::replaces);
  if (value.empty()) return;
  const Dialog* d = find(replaced_call(value));
  if (d == nullptr || d->kind != DialogKind::call) return;
  // The receiver knows the dialog by its own tag as to-tag (RFC 3891 3); the other party is the one replaced.
  const std::string_view kept = wire::param(value, "to-tag"), gone = wire::param(value, "from-tag");
  if (!tags_fit(*d, gone, kept) || kept.empty()) return;
  const Side side = d->is_caller(kept) ? Side::caller : Side::callee;
  for (const Attachment& a : d->attachments) {
    const Role role = side == a.target_side ? Role::to_target : Role::redirected;
    if (a.stage != Stage::live || !covers(a, at) || !judge.allowed(a.grant, role)) continue;
    claims.push_back(Claim{a.grant, role, Source::replaces, Proof::proven, a.identity, d->call_id});
  }
}

// Adds the claims of grants that no proven claim stands for yet.
void Engine::Impl::follow(const wire::SipMessage& m, const Datagram& g, std::vector<Claim>& claims) {
  std::vector<Claim> more;
  if (dialogs.empty() || !wire::tag_of(m.first(Header::to)).empty()) return;
  follow_replaces(m, g.at, more);
  if (expected.empty() && more.empty()) return;
  const auto uri = wire::parse_uri(m.request_uri);
  const std::string to = uri ? identity_text(*uri) : std::string(), from = party_text(m.first(Header::from)),
                    by = party_text(m.first(Header::referred_by));
  expected.arrived(g.udp.src.ip, to, [&](const ExpectedCall& e) {
    if (g.at >= e.until || e.call_id == m.call_id()) return false;
    // Behind one address there may be a whole house: it must be the party that was sent, or say who sent it.
    if (from != e.party && by != e.identity) return false;
    if (grants[e.grant].covers(g.at))
      more.push_back(
          Claim{e.grant, Role::redirected, Source::transfer, Proof::proven, e.identity, e.call_id});
    return true;  // once: the next is another call
  });
  for (Claim& c : more) {
    const auto same =
        std::find_if(claims.begin(), claims.end(), [&](const Claim& x) { return x.grant == c.grant; });
    if (same == claims.end())
      claims.push_back(std::move(c));
    else if (same->proof != Proof::proven)
      *same = std::move(c);
    else if (same->from_call.empty())
      same->from_call = c.from_call;
  }
}

// The call that led to this one hears of it.
Status Engine::Impl::say_transferred(const Dialog& d, const Attachment& fresh) {
  const auto it = fresh.opening.find("transferred_from");
  if (it == fresh.opening.end()) return {};
  Dialog* old = find(it->get<std::string>());
  const Attachment* a = old != nullptr ? old->of(fresh.grant) : nullptr;
  if (a == nullptr || a->stage != Stage::live) return {};
  return emit(*a, EventType::redirection, fresh.began, *old,
              {{"redirected_from", a->identity},
               {"redirected_to", fresh.opening.value("called", std::string())},
               {"new_call_id", d.call_id}});
}

}  // namespace writ::intercept
