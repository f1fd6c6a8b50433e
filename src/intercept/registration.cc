// SPDX-License-Identifier: GPL-3.0-or-later
// Registrations of targets: where they are served, and the addresses that prove who calls.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hh"
#include "intercept/causes.hh"
#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using Stage = Attachment::Stage;

namespace {

// How long the registrar grants a contact. What it does not list keeps the time that was asked for.
std::int64_t granted_s(const RegisterAnswer& r, const AskedContact& c) {
  for (const AskedContact& listed : listed_contacts(r.message, c.seconds))
    if (listed.contact == c.contact) return std::min(listed.seconds, c.seconds);
  return std::min(number_or(r.message.first(Header::expires), c.seconds), c.seconds);
}

bool asked_for(const RegisterHop& hop, const Contact& c) {
  return std::any_of(hop.contacts.begin(), hop.contacts.end(),
                     [&](const AskedContact& x) { return x.contact == c; });
}

Json places_of(const RegisterHop& hop) {
  Json places = Json::array();
  for (const AskedContact& c : hop.contacts) places.push_back(c.place);
  return places;
}

bool concern(const std::vector<Claim>& claims, std::uint32_t grant) {
  return std::any_of(claims.begin(), claims.end(), [&](const Claim& c) { return c.grant == grant; });
}

// Is the address of record itself, and not only the digest, the target's?
bool names_target(const Claim& c) { return c.source == Source::contact; }

Binding binding_of(const RegisterAnswer& r, const Contact& c, std::int64_t seconds) {
  Binding b;
  b.grant = r.claim.grant;
  b.contact = c;
  b.expires = r.at + std::chrono::seconds{seconds};
  b.who = r.claim.identity;
  return b;
}

}  // namespace

Status Engine::Impl::on_register(const wire::SipMessage& m, const Datagram& g) {
  Dialog* d = find(m.call_id());
  if (!m.is_request)
    return d != nullptr && d->kind == DialogKind::registration ? on_register_answer(*d, m, g) : Status{};
  const std::vector<Claim> claims = judge.judge_register(m, g.udp, g.at);
  bindings.note_register(g.udp.src, [&](std::uint32_t grant) { return concern(claims, grant); });
  if (claims.empty() && credentials.empty()) return {};
  RegisterHop hop = register_hop(m, g.udp.src, g.udp.dst);
  if (hop.digest)
    credentials.note_register(*hop.digest, [&](std::uint32_t grant) {
      return std::any_of(claims.begin(), claims.end(),
                         [&](const Claim& c) { return c.grant == grant && names_target(c); });
    });
  if (claims.empty() || m.call_id().empty() || (d != nullptr && d->kind != DialogKind::registration))
    return {};
  if (d == nullptr) d = &make_dialog(m, g, DialogKind::registration);
  d->last_activity = g.at;
  hop.claims = claims;
  d->hops.add(std::move(hop));
  for (const Claim& c : claims) {
    Attachment* a = d->of(c.grant);
    if (a == nullptr) a = &d->attachments.emplace_back(make_attachment(*d, c, m, g));
    if (a->stage == Stage::live) continue;
    if (!a->waits) {
      WRIT_CHECK(make_room_to_wait());
      wait_for_proof(*d, *a);
    }
    a->stage = Stage::digest;
  }
  return deliver(*d, PacketRole::sip, Side::caller, g);
}

Status Engine::Impl::on_register_answer(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const RegisterHop* hop = d.hops.answered(m.cseq_number(), g.udp.src, g.udp.dst);
  if (hop == nullptr) return {};
  d.last_activity = g.at;
  const bool accepted = m.status >= 200 && m.status < 300;
  const bool asks_again = m.status == 401 || m.status == 407 || m.status == 423;
  const bool refused = m.status >= 300 && !asks_again;
  const bool first = (accepted || refused) && d.hops.outcome_is_new(hop->cseq);
  for (const Claim& c : hop->claims) {
    Attachment* a = d.of(c.grant);
    if (a == nullptr) continue;
    const RegisterAnswer answer{*hop, c, m, first, g.at};
    if (refused) WRIT_CHECK(registration_refused(d, *a, answer));
    if (accepted && covers(*a, g.at)) WRIT_CHECK(registration_accepted(d, *a, answer));
  }
  return deliver(d, PacketRole::sip, Side::callee, g);
}

// Somebody was refused who said he was the target: that much is a fact of the network's.
Status Engine::Impl::registration_refused(Dialog& d, Attachment& a, const RegisterAnswer& r) {
  if (r.first && (a.stage == Stage::digest || a.stage == Stage::live))
    WRIT_CHECK(emit(a, EventType::serving_system, r.at, d,
                    {{"registered", r.claim.identity},
                     {"registrar", r.hop.dst.text()},
                     {"src", d.hops.origin(r.hop).src.text()},
                     {"registering", !r.hop.removes},
                     {"failure", cause_text(r.message.status)}}));
  return give_up(d, a, "refused");
}

Status Engine::Impl::registration_accepted(Dialog& d, Attachment& a, const RegisterAnswer& r) {
  if (a.stage == Stage::digest) WRIT_CHECK(commit(d, a));
  // Where an edge proxy registers for the device, others' calls come from there too.
  if (!d.hops.from_device(r.hop)) bindings.note_register(r.hop.src, [](std::uint32_t) { return false; });
  WRIT_CHECK(bind_contacts(d, a, r));
  if (names_target(r.claim)) {
    WRIT_CHECK(bind_listed(d, a, r));
    if (r.hop.digest) credentials.learn(r.claim.grant, *r.hop.digest, r.hop.dst.ip, r.claim.identity);
  }
  if (!r.first) return {};
  std::int64_t longest = r.hop.contacts.empty() ? r.hop.expires_s : 0;
  for (const AskedContact& c : r.hop.contacts) longest = std::max(longest, granted_s(r, c));
  return emit(a, EventType::serving_system, r.at, d,
              {{"registered", r.claim.identity},
               {"registrar", r.hop.dst.text()},
               {"src", d.hops.origin(r.hop).src.text()},
               {"contacts", places_of(d.hops.origin(r.hop))},
               {"registering", !r.hop.removes},
               {"expires_s", longest}});
}

Status Engine::Impl::bind_contacts(const Dialog& d, Attachment& a, const RegisterAnswer& r) {
  if (r.hop.all) bindings.unbind(a.grant, [&](const Binding& b) { return b.who == r.claim.identity; });
  for (const AskedContact& c : r.hop.contacts) {
    if (c.seconds == 0) {
      // With what the registrar made of it (NAT).
      bindings.unbind(a.grant, [&](const Binding& b) {
        return b.contact == c.contact ||
               (b.listed && b.who == r.claim.identity && b.contact.user == c.contact.user);
      });
      continue;
    }
    Binding b = binding_of(r, c.contact, granted_s(r, c));
    if (d.hops.from_device(r.hop)) b.source = r.hop.src;
    WRIT_CHECK(bind(d, a, std::move(b), r.at));
  }
  return {};
}

// The registrar's answer lists all that the address of record has (RFC 3261 10.2.4), in the words that it
// will call them by: not all of it was asked for here.
Status Engine::Impl::bind_listed(const Dialog& d, Attachment& a, const RegisterAnswer& r) {
  for (const AskedContact& c : listed_contacts(r.message, r.hop.expires_s)) {
    if (c.seconds == 0 || asked_for(r.hop, c.contact)) continue;
    Binding b = binding_of(r, c.contact, c.seconds);
    b.listed = true;
    WRIT_CHECK(bind(d, a, std::move(b), r.at));
  }
  return {};
}

Status Engine::Impl::bind(const Dialog& d, Attachment& a, Binding b, Instant at) {
  if (bindings.bind(std::move(b))) return {};
  return emit(a, EventType::gap, at, d,
              {{"why", fmt::format("the target registered more than {} contacts: calls to the earliest "
                                   "of them may go unrecognised",
                                   Bindings::per_grant_max)},
               {"from", rfc3339(at)}});
}

}  // namespace writ::intercept
