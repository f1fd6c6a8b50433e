// SPDX-License-Identifier: GPL-3.0-or-later
// Who calls: by the digest, by the place that the call comes from, by what its sender writes.
#include <algorithm>

#include "intercept/judge.hh"
#include "intercept/register_hops.hh"

namespace writ::intercept {

using wire::Header;

namespace {

// f(identity) of each credential that the request shows.
template <class F>
void for_each_digest(const wire::SipMessage& m, F f) {
  for (const Header h : {Header::authorization, Header::proxy_authorization})
    for (std::size_t n = 0;; ++n) {
      const std::string_view value = m.nth(h, n);
      if (value.empty()) break;
      if (const auto digest = wire::digest_identity(value)) f(*digest);
    }
}

// RFC 3323 4.1: a From that tells nothing.
bool hides_name(std::string_view from) {
  const auto u = wire::parse_name_addr(from);
  if (!u) return false;
  const std::string user = lower(u->user);
  return user == "anonymous" || user == "restricted" || user == "unavailable" ||
         u->host.ends_with(".invalid");
}

bool has_contact(const wire::SipMessage& m, const Contact& c) {
  const auto u = wire::parse_name_addr(m.first(Header::contact));
  return u && u->user == c.user && u->host == c.host && (u->port != 0 ? u->port : 5060) == c.port;
}

}  // namespace

void Judge::judge_sender(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  judge_digest(m, udp, at);
  for (find_uri(m.first(Header::from), true); !found_.empty(); found_.pop_back()) {
    const std::uint32_t g = found_.back();
    if (bindings_.bound_source(g, udp.src, at) && is_direct(m))
      add(Role::from_target, Source::contact, Proof::proven, found_text_);
    else if (trusts(g, udp.inputs))
      add(Role::from_target, Source::from_trusted, Proof::proven, found_text_);
    else
      add(Role::from_target, Source::from, Proof::claimed, found_text_);
  }
  judge_hidden(m, udp, at);
}

void Judge::judge_digest(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  for_each_digest(m, [&](const wire::DigestIdentity& digest) {
    const auto claim = [&](std::uint32_t grant, const std::string& who) {
      const bool bound = bindings_.bound_source(grant, udp.src, at);
      found_.assign(1, grant);
      add(Role::from_target, bound ? Source::contact : Source::digest, bound ? Proof::proven : Proof::digest,
          who);
    };
    std::string text =
        canonical_e164(std::string_view(digest.username).substr(0, digest.username.rfind('@')));
    if (text.empty()) text = digest.username;
    std::vector<std::uint32_t> named;
    targets_.by_digest(digest, named);
    for (const std::uint32_t grant : named) claim(grant, text);
    credentials_.of(digest, udp.dst.ip, claim);
  });
}

// The caller hides his name, his telephone stands where it registered and nobody else does. It proves him
// with its own contact or a wish for his name, which no other line of a border controller has; else a person
// is told. Only of what begins a call: an ACK or a BYE no longer shows what would contradict.
void Judge::judge_hidden(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  const bool begins = (m.method == wire::Method::invite || m.method == wire::Method::message) &&
                      wire::tag_of(m.first(Header::to)).empty();
  if (bindings_.empty() || !begins) return;
  bindings_.of_source(udp.src, at, [&](const Binding& b) {
    if (!hides_name(m.first(Header::from))) return;
    const bool shown = !m.first(Header::p_preferred_identity).empty() || has_contact(m, b.contact);
    const bool proven = shown && is_direct(m) && !contradicts(m, udp, b.grant);
    found_.assign(1, b.grant);
    add(Role::from_target, Source::contact, proven ? Proof::proven : Proof::claimed, b.who);
  });
}

// Does the request show credentials, or wish for an identity, that are not known to be the grant's target's?
bool Judge::contradicts(const wire::SipMessage& m, const wire::UdpPacket& udp, std::uint32_t grant) const {
  const auto among = [&](const std::vector<std::uint32_t>& found) {
    return std::find(found.begin(), found.end(), grant) != found.end();
  };
  bool others = false;
  for_each_digest(m, [&](const wire::DigestIdentity& digest) {
    std::vector<std::uint32_t> named;
    targets_.by_digest(digest, named);
    credentials_.of(digest, udp.dst.ip, [&](std::uint32_t g, const std::string&) { named.push_back(g); });
    others |= !among(named);
  });
  if (const std::string_view wish = m.first(Header::p_preferred_identity); !wish.empty()) {
    std::vector<std::uint32_t> named;
    if (const auto u = wire::parse_name_addr(wish)) targets_.by_uri(*u, named);
    others |= !among(named);
  }
  return others;
}

}  // namespace writ::intercept
