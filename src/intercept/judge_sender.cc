// SPDX-License-Identifier: GPL-3.0-or-later
// Who calls: by the digest, by the place that the call comes from, by what its sender writes.
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

}  // namespace

void Judge::judge_sender(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  judge_digest(m, udp, at);
  for (find_uri(m.first(Header::from), true); !found_.empty(); found_.pop_back()) {
    const std::uint32_t g = found_.back();
    if (bindings_.bound_source(g, udp.src, at) && is_direct(m))
      add(Role::from_target, Source::contact, Proof::proven, found_text_);
    else if (grants_[g].body().trust_from)
      add(Role::from_target, Source::from_trusted, Proof::proven, found_text_);
    else
      add(Role::from_target, Source::from, Proof::claimed, found_text_);
  }
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

}  // namespace writ::intercept
