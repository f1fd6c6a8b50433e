// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that the target's line sends elsewhere: by REFER while they are up (RFC 3515, RFC 5589), by Replaces
// (RFC 3891), by 3xx instead of an answer (RFC 3261 8.1.3.4). The new call carries no header that names the
// target and is proven all the same: the party that the target sent away comes, within a minute, to the place
// that it was sent to, or names a dialog of the target's by its three identifiers, which only its parties
// know. Behind a PBX the place has another host or lacks the prefix that was dialled (same_place); then an
// extension alone, called by an extension, is too little, for every hotel has both. What did not come is
// said.
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

bool is_number(const std::string& party) { return party.starts_with('+'); }

}  // namespace

std::string party_of(const Attachment& a, Side side) {
  const auto it = a.opening.find(side == Side::caller ? "calling" : "called");
  return it == a.opening.end() ? std::string() : it->get<std::string>();
}

// Where the call went at last: To still names whom it was for.
std::string redirected_to(const Attachment& a) {
  const std::string place = a.opening.value("request_uri", std::string());
  return place.empty() ? a.opening.value("called", std::string()) : place;
}

// `joins`: two calls that are up become one, perhaps without a new one.
Status Engine::Impl::expect(Attachment& a, const Dialog& d, const wire::Address& from, std::string to,
                            Instant at, bool joins) {
  if (to.empty() || !judge.allowed(a.grant, Role::redirected)) return {};
  const bool had_room = expected.add({a.grant, from, std::move(to), party_of(a, other(a.target_side)),
                                      a.identity, d.call_id, at + transfer_s_max, joins});
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
  bool joins = false;
  if (const auto u = wire::parse_name_addr(m.first(Header::refer_to))) {
    to = identity_text(*u);
    detail["refer_to"] = to;
    // A call that we know; anything else there would be a text that a party wrote.
    const std::string replaces = wire::uri_header(*u, "Replaces");
    joins = !replaces.empty();
    if (const Dialog* known = replaces.empty() ? nullptr : find(replaced_call(replaces)); known != nullptr)
      d.refer.replaces = detail["replaces"] = known->call_id;
  }
  d.refer.cseq = m.cseq_number();
  d.refer.to = to;
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !covers(a, g.at)) continue;
    const bool own = sender == a.target_side;
    // On each hop: the last receiver is the one that goes.
    if (own) WRIT_CHECK(expect(a, d, g.udp.dst.ip, to, g.at, joins));
    if (again) continue;
    WRIT_CHECK(emit(a, own ? EventType::subject_signal : EventType::network_signal, g.at, d, detail));
  }
  return {};
}

// The call that a Replaces names by its dialog's three identifiers; the receiver knows that by its own tag as
// to-tag (RFC 3891 3), and the other party is the one replaced.
const Dialog* Engine::Impl::replaced_by(std::string_view replaces) const {
  const Dialog* d = replaces.empty() ? nullptr : find(replaced_call(replaces));
  if (d == nullptr || d->kind != DialogKind::call) return nullptr;
  const std::string_view kept = wire::param(replaces, "to-tag"), gone = wire::param(replaces, "from-tag");
  return tags_fit(*d, gone, kept) && !kept.empty() ? d : nullptr;
}

void Engine::Impl::follow_replaces(const wire::SipMessage& m, Instant at, std::vector<Claim>& claims) {
  const std::string_view value = m.first(Header::replaces);
  const Dialog* d = replaced_by(value);
  if (d == nullptr) return;
  const std::string_view kept = wire::param(value, "to-tag");
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
  std::vector<std::uint32_t> referring;
  if (const auto u = wire::parse_name_addr(m.first(Header::referred_by)))
    judge.targets().by_uri(*u, referring);
  expected.arrived(g.udp.src.ip, to, [&](const ExpectedCall& e) {
    if (g.at >= e.until) return false;
    if (e.call_id == m.call_id()) {  // a proxy went there under the Call-ID that we have
      expected.met(e.grant, e.call_id, e.to);
      return false;
    }
    // Behind one address there may be a whole house: it must be the party that was sent, or say who sent it.
    const bool referred = by == e.identity || std::ranges::find(referring, e.grant) != referring.end();
    if (!referred && (from != e.party || (to != e.to && !is_number(e.party)))) return false;
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

Status Engine::Impl::note_transfers(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const std::string_view from = wire::tag_of(m.first(Header::from)), to = wire::tag_of(m.first(Header::to));
  if (m.is_request && m.method == wire::Method::invite && to.empty() && d.is_caller(from)) {
    note_replaces(d, m);
    return on_branch(d, m, g);
  }
  const bool refused = !m.is_request && m.method == wire::Method::refer && m.status >= 300 &&
                       m.cseq_number() == d.refer.cseq && tags_fit(d, from, to);
  if (refused)
    for (const Attachment& a : d.attachments) expected.met(a.grant, d.call_id, d.refer.to);
  return {};
}

// Where the target sent calls that did not come, by call: they may have come in a shape that proves nothing.
Status Engine::Impl::say_unfollowed(Instant now) {
  constexpr std::size_t named_max = 8;
  std::map<std::pair<std::uint32_t, std::string>, std::vector<std::string>> places;
  expected.expire(now, [&](const ExpectedCall& e) { places[{e.grant, e.call_id}].push_back(e.to); });
  for (const auto& [call, to] : places) {
    const Instant at = std::min(last_seen, grants[call.first].until() - Nanos{1});
    std::string why = "the target sent a call to ";
    for (std::size_t n = 0; n < to.size() && n < named_max; ++n) why.append(n == 0 ? "" : ", ").append(to[n]);
    if (to.size() > named_max) why += fmt::format(" and {} other places", to.size() - named_max);
    why += ": no call there was proven to be that one, so none was followed";
    const Dialog* d = find(call.second);
    const Attachment* a = nullptr;
    if (d != nullptr)
      for (const Attachment& x : d->attachments)
        if (x.grant == call.first && x.stage == Stage::live) a = &x;
    const Json detail = {{"why", why}, {"from", rfc3339(at)}};
    if (a != nullptr)
      WRIT_CHECK(emit(*a, EventType::gap, at, *d, detail));
    else if (grants[call.first].covers(at))
      WRIT_CHECK(say(call.first, Event{EventType::gap, at, 0, call.second, detail, frame}));
  }
  return {};
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
               {"redirected_to", redirected_to(fresh)},
               {"new_call_id", d.call_id}});
}

}  // namespace writ::intercept
