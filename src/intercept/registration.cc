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

constexpr std::size_t contact_lines_max = 4, contacts_max = 8;

template <class F>
void for_each_contact(const wire::SipMessage& m, F&& f) {
  for (std::size_t n = 0; n < contact_lines_max; ++n) {
    const std::string_view line = m.nth(Header::contact, n);
    if (line.empty()) break;
    wire::for_each_value(line, f);
  }
}

bool same_contact(const wire::SipUri& a, const wire::SipUri& b) {
  return a.user == b.user && a.host == b.host && a.port == b.port;
}

// How long the registrar grants a contact: its answer lists all bindings (RFC 3261 10.2.4). What is not
// listed keeps the time that was asked for.
std::int64_t granted_s(const wire::SipMessage& answer, const wire::SipUri& contact, std::int64_t asked) {
  std::int64_t found = number_or(answer.first(Header::expires), asked);
  for_each_contact(answer, [&](std::string_view v) {
    const auto u = wire::parse_name_addr(v);
    if (u && same_contact(*u, contact)) found = number_or(wire::param(v, "expires"), found);
  });
  return std::min(found, asked);
}

Json contact_list(const Dialog& d) {
  Json contacts = Json::array();
  for (const std::string& c : d.contacts)
    if (const auto u = wire::parse_name_addr(c))
      contacts.push_back(u->host + (u->port != 0 ? ":" + std::to_string(u->port) : ""));
  return contacts;
}

}  // namespace

Status Engine::Impl::on_register(const wire::SipMessage& m, const Datagram& g) {
  Dialog* d = find(m.call_id());
  if (!m.is_request)
    return d != nullptr && d->kind == DialogKind::registration ? on_register_answer(*d, m, g) : Status{};
  const std::vector<Claim> claims = judge.judge_register(m, g.udp, g.at);
  if (claims.empty()) {
    bindings.note_foreign_register(g.udp.src);
    return {};
  }
  if (m.call_id().empty() || (d != nullptr && d->kind != DialogKind::registration)) return {};
  if (d == nullptr) d = &make_dialog(m, g, DialogKind::registration);
  d->invite_cseq = m.cseq_number();
  d->origin_src = g.udp.src;
  d->origin_dst = g.udp.dst;
  d->last_activity = g.at;
  d->contacts.clear();
  d->expires_s = number_or(m.first(Header::expires), 3600);
  for_each_contact(m, [&](std::string_view v) {
    if (d->contacts.size() < contacts_max) d->contacts.emplace_back(v);
    d->expires_s = number_or(wire::param(v, "expires"), d->expires_s);
  });
  d->unregister = d->expires_s == 0;
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
  // Only the address that was asked can accept.
  if (m.cseq_number() != d.invite_cseq || g.udp.src.ip != d.origin_dst.ip || g.udp.dst.ip != d.origin_src.ip)
    return {};
  d.last_activity = g.at;
  const bool accepted = m.status >= 200 && m.status < 300;
  const bool asks_again = m.status == 401 || m.status == 407 || m.status == 423;
  for (Attachment& a : d.attachments) {
    if (m.status >= 300 && !asks_again) {
      // Somebody was refused who said he was the target: that much is a fact of the network's.
      if (a.stage == Stage::digest || a.stage == Stage::live)
        WRIT_CHECK(emit(a, EventType::serving_system, g.at, d,
                        {{"registered", a.identity},
                         {"registrar", d.origin_dst.text()},
                         {"src", d.origin_src.text()},
                         {"registering", !d.unregister},
                         {"failure", cause_text(m.status)}}));
      WRIT_CHECK(give_up(d, a, "refused"));
    }
    if (accepted && covers(a, g.at)) WRIT_CHECK(registration_accepted(d, a, m, g.at));
  }
  return deliver(d, PacketRole::sip, Side::callee, g);
}

Status Engine::Impl::registration_accepted(Dialog& d, Attachment& a, const wire::SipMessage& m, Instant at) {
  if (a.stage == Stage::digest) WRIT_CHECK(commit(d, a));
  if (d.unregister) bindings.unbind(a.grant, d.origin_src);
  std::int64_t longest = d.contacts.empty() ? d.expires_s : 0;
  for (const std::string& c : d.contacts) {
    const auto u = wire::parse_name_addr(c);
    if (!u || d.unregister) continue;
    const std::int64_t seconds = granted_s(m, *u, d.expires_s);
    longest = std::max(longest, seconds);
    const bool had_room =
        bindings.bind({a.grant, d.origin_src, Contact{u->user, u->host, u->port != 0 ? u->port : sip_port},
                       at + std::chrono::seconds{seconds}, false});
    if (had_room) continue;
    WRIT_CHECK(emit(a, EventType::gap, at, d,
                    {{"why", fmt::format("the target registered more than {} contacts: calls to the earliest "
                                         "of them may go unrecognised",
                                         Bindings::per_grant_max)},
                     {"from", rfc3339(at)}}));
  }
  return emit(a, EventType::serving_system, at, d,
              {{"registered", a.identity},
               {"registrar", d.origin_dst.text()},
               {"src", d.origin_src.text()},
               {"contacts", contact_list(d)},
               {"registering", !d.unregister},
               {"expires_s", longest}});
}

}  // namespace writ::intercept
