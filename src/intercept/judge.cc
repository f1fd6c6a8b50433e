// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/judge.hh"

#include <algorithm>

#include "intercept/register_hops.hh"

namespace writ::intercept {

using wire::Header;

const char* to_string(Role r) {
  switch (r) {
    case Role::from_target:
      return "from-target";
    case Role::to_target:
      return "to-target";
    case Role::redirected:
      return "redirected";
  }
  return "from-target";
}

const char* to_string(Source s) {
  switch (s) {
    case Source::digest:
      return "digest";
    case Source::contact:
      return "contact";
    case Source::asserted:
      return "asserted";
    case Source::request_uri:
      return "request-uri";
    case Source::redirection:
      return "diversion";
    case Source::transfer:
      return "transfer";
    case Source::replaces:
      return "replaces";
    case Source::from_trusted:
      return "from-trusted";
    case Source::to_trusted:
      return "to-trusted";
    case Source::claimed_asserted:
      return "asserted by an untrusted peer";
    case Source::from:
      return "from";
    case Source::to:
      return "to";
    case Source::display:
      return "display name";
  }
  return "from";
}

namespace {

// A name that this probe does not know is nowhere.
wire::InputSet trusted_inputs(const authority::GrantBody& g, const std::vector<std::string>& inputs) {
  wire::InputSet out = 0;
  for (std::size_t n = 0; n < inputs.size() && n < wire::inputs_max; ++n)
    if (std::ranges::find(g.trust_from_at, inputs[n]) != g.trust_from_at.end())
      out |= wire::input_set(static_cast<std::uint32_t>(n + 1));
  return out;
}

}  // namespace

Judge::Judge(const std::vector<authority::VerifiedGrant>& grants, const Bindings& bindings,
             const Credentials& credentials, const std::vector<std::string>& inputs)
    : grants_(grants), bindings_(bindings), credentials_(credentials), inputs_(inputs) {
  take_in_grants();
}

void Judge::take_in_grants() {
  for (std::size_t n = peers_.size(); n < grants_.size(); ++n) {
    const authority::VerifiedGrant& g = grants_[n];
    targets_.add(static_cast<std::uint32_t>(n), g);
    std::vector<wire::Address> peers;
    for (const std::string& text : g.body().trusted_peers) {
      wire::Address a;
      if (wire::Address::parse(text, a)) peers.push_back(a);
    }
    any_peer_ = any_peer_ || !peers.empty();
    peers_.push_back(std::move(peers));
    trusted_.push_back(trusted_inputs(g.body(), inputs_));
  }
}

// A pen register sees what the target sends, a trap what comes to the target (18 USC 3127(3), (4)). A call
// that the target's line redirects came to it.
bool Judge::allowed(std::uint32_t grant, Role role) const {
  switch (grants_[grant].body().kind) {
    case authority::Kind::pen:
      return role == Role::from_target;
    case authority::Kind::trap:
      return role != Role::from_target;
    case authority::Kind::pen_trap:
    case authority::Kind::content:
      return true;
  }
  return false;
}

bool Judge::trusts(std::uint32_t grant, wire::InputSet inputs) const {
  return grants_[grant].body().trust_from || (inputs != 0 && (inputs & ~trusted_[grant]) == 0);
}

bool Judge::accepts(std::uint32_t grant, Source source, const wire::Address& from,
                    wire::InputSet inputs) const {
  if (source == Source::asserted) return trusted_peer(grant, from);
  // The carrier has said whose word counts: nobody else's does.
  if (source == Source::redirection)
    return trusts(grant, inputs) || trusted_peer(grant, from) ||
           (peers_[grant].empty() && grants_[grant].body().trust_from_at.empty());
  return trusts(grant, inputs) || (source != Source::from_trusted && source != Source::to_trusted);
}

bool Judge::trusted_peer(std::uint32_t grant, const wire::Address& a) const {
  return std::find(peers_[grant].begin(), peers_[grant].end(), a) != peers_[grant].end();
}

void Judge::find_uri(std::string_view value, bool name_addr) {
  found_.clear();
  if (value.empty()) return;
  const std::optional<wire::SipUri> u = name_addr ? wire::parse_name_addr(value) : wire::parse_uri(value);
  if (!u) return;
  targets_.by_uri(*u, found_);
  if (!found_.empty()) found_text_ = identity_text(*u);
}

// Records the claim for one grant, which `found_` names at its end; the strongest claim of a grant wins.
void Judge::add(Role role, Source source, Proof proof, std::string_view identity) {
  const std::uint32_t grant = found_.back();
  if (!covers(grant, at_)) return;
  std::vector<Claim>& claims = allowed(grant, role) ? claims_ : barred_;
  for (Claim& c : claims)
    if (c.grant == grant) {
      if (proof > c.proof || (proof == c.proof && source < c.source))
        c = Claim{grant, role, source, proof, std::string(identity), {}};
      return;
    }
  claims.push_back(Claim{grant, role, source, proof, std::string(identity), {}});
}

const std::vector<Claim>& Judge::judge(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  claims_.clear();
  barred_.clear();
  at_ = at;
  if (m.is_request)
    judge_request(m, udp, at);
  else
    judge_response(m, udp, at);
  return claims_;
}

void Judge::judge_request(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  judge_sender(m, udp, at);
  judge_asserted(m, udp);
  judge_callee(m, udp, at);
  judge_redirection(m, udp, at);
  judge_names(m);
}

void Judge::judge_asserted(const wire::SipMessage& m, const wire::UdpPacket& udp) {
  for (const Header h : {Header::p_asserted_identity, Header::remote_party_id})
    for (std::size_t n = 0;; ++n) {
      const std::string_view line = m.nth(h, n);
      if (line.empty()) break;
      wire::for_each_value(line, [&](std::string_view value) {
        // Remote-Party-ID may also name the called party.
        if (h == Header::remote_party_id && wire::param(value, "party") == "called") return;
        for (find_uri(value, true); !found_.empty(); found_.pop_back()) {
          const bool trusted = trusted_peer(found_.back(), udp.src.ip);
          add(Role::from_target, trusted ? Source::asserted : Source::claimed_asserted,
              trusted ? Proof::proven : Proof::claimed, found_text_);
        }
      });
    }
}

void Judge::judge_callee(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  for (find_uri(m.request_uri, false); !found_.empty(); found_.pop_back())
    add(Role::to_target, Source::request_uri, Proof::proven, found_text_);
  if (!bindings_.empty()) judge_bound_callee(m.request_uri, at);
  if (m.request_uri.find("phone-context") != m.request_uri.npos) judge_local_number(m.request_uri);
  judge_called_party(m, udp);
  for (find_uri(m.first(Header::to), true); !found_.empty(); found_.pop_back()) {
    const std::uint32_t g = found_.back();
    if (bindings_.bound_source(g, udp.dst, at))
      add(Role::to_target, Source::contact, Proof::proven, found_text_);
    else if (trusted_peer(g, udp.src.ip))
      add(Role::to_target, Source::asserted, Proof::proven, found_text_);
    else if (trusts(g, udp.inputs))
      add(Role::to_target, Source::to_trusted, Proof::proven, found_text_);
    else
      add(Role::to_target, Source::to, Proof::claimed, found_text_);
  }
}

void Judge::judge_bound_callee(std::string_view request_uri, Instant at) {
  const auto to = wire::parse_uri(request_uri);
  if (!to) return;
  const auto called = [&](const Binding& b) {
    found_.assign(1, b.grant);
    add(Role::to_target, Source::contact, Proof::proven, identity_text(*to));
  };
  const Contact contact{to->user, to->host, to->port != 0 ? to->port : std::uint16_t{5060}};
  bindings_.of_contact(contact, at, [&](const Binding& b) {
    // Without a user it is a machine, and must be the target's alone.
    if (!contact.user.empty() || (b.has_source() && !b.shared)) called(b);
  });
  // Behind NAT a contact is called where it registers from, under the user that it gave.
  wire::Endpoint place;
  place.port = contact.port;
  if (wire::Address::parse(to->host, place.ip))
    bindings_.of_source(place, at, [&](const Binding& b) {
      if (b.contact.user == contact.user) called(b);
    });
}

// RFC 3966 5.1.5: a local number in its context may be the target's; nothing says that the two make one
// number.
void Judge::judge_local_number(std::string_view request_uri) {
  const auto u = wire::parse_uri(request_uri);
  if (!u || u->scheme != "tel" || !u->host.starts_with('+')) return;
  found_.clear();
  targets_.by_number(u->host + u->user, found_);
  for (; !found_.empty(); found_.pop_back())
    add(Role::to_target, Source::request_uri, Proof::claimed, identity_text(*u));
}

// RFC 7315 4.2: whom the call was for before a server wrote the contact into the Request-URI.
void Judge::judge_called_party(const wire::SipMessage& m, const wire::UdpPacket& udp) {
  for (find_uri(m.first(Header::p_called_party_id), true); !found_.empty(); found_.pop_back()) {
    const bool trusted = trusted_peer(found_.back(), udp.src.ip);
    add(Role::to_target, trusted ? Source::asserted : Source::claimed_asserted,
        trusted ? Proof::proven : Proof::claimed, found_text_);
  }
}

// Whom a call was redirected by writes who sends it on. Where the grant says whose assertions count, so do
// these only from there, or from the target's own telephone: anybody could have a stranger's call recorded.
void Judge::judge_redirection(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  const auto take = [&](std::uint32_t g) {
    const bool by_word = accepts(g, Source::redirection, udp.src.ip, udp.inputs);
    const bool by_place = !by_word && bindings_.bound_source(g, udp.src, at);
    add(Role::redirected, by_place ? Source::contact : Source::redirection,
        by_word || by_place ? Proof::proven : Proof::claimed, found_text_);
  };
  for (const Header h : {Header::diversion, Header::history_info})
    for (std::size_t n = 0;; ++n) {
      const std::string_view line = m.nth(h, n);
      if (line.empty()) break;
      wire::for_each_value(line, [&](std::string_view value) {
        for (find_uri(value, true); !found_.empty(); found_.pop_back()) take(found_.back());
      });
    }
}

// A display name is the loosest of claims, but a person should hear of a caller who shows the target's
// number.
void Judge::judge_names(const wire::SipMessage& m) {
  for (const Header h : {Header::from, Header::to}) {
    const std::string_view name = display_name(m.first(h));
    if (name.empty()) continue;
    found_.clear();
    targets_.by_number(name, found_);
    const std::string text = found_.empty() ? std::string() : canonical_e164(name);
    for (; !found_.empty(); found_.pop_back())
      add(h == Header::from ? Role::from_target : Role::to_target, Source::display, Proof::claimed, text);
  }
}

// Responses repeat From and To of the request. They attach a call only where the grant began between request
// and response.
void Judge::judge_response(const wire::SipMessage& m, const wire::UdpPacket& udp, Instant at) {
  for (const Header h : {Header::from, Header::to}) {
    const Role role = h == Header::from ? Role::from_target : Role::to_target;
    const wire::Endpoint& party = h == Header::from ? udp.dst : udp.src;
    for (find_uri(m.first(h), true); !found_.empty(); found_.pop_back()) {
      const std::uint32_t g = found_.back();
      // Of a request that was sent on, its answer has all the Vias as well.
      if (bindings_.bound_source(g, party, at) && (h == Header::to || is_direct(m)))
        add(role, Source::contact, Proof::proven, found_text_);
      else if (trusts(g, udp.inputs))
        add(role, h == Header::from ? Source::from_trusted : Source::to_trusted, Proof::proven, found_text_);
      else
        add(role, h == Header::from ? Source::from : Source::to, Proof::claimed, found_text_);
    }
  }
}

const std::vector<Claim>& Judge::judge_register(const wire::SipMessage& m, const wire::UdpPacket&,
                                                Instant at) {
  claims_.clear();
  at_ = at;
  const auto take = [&](Source source, std::string_view text) {
    for (; !found_.empty(); found_.pop_back()) {
      const std::uint32_t g = found_.back();
      if (!covers(g, at)) continue;
      const bool known =
          std::any_of(claims_.begin(), claims_.end(), [&](const Claim& c) { return c.grant == g; });
      if (!known)
        claims_.push_back(Claim{g, Role::from_target, source, Proof::digest, std::string(text), {}});
    }
  };
  find_uri(m.first(Header::to), true);
  take(Source::contact, found_text_);
  for (const Header h : {Header::authorization, Header::proxy_authorization})
    if (const auto digest = wire::digest_identity(m.first(h))) {
      found_.clear();
      targets_.by_digest(*digest, found_);
      take(Source::digest, digest->username);
    }
  return claims_;
}

}  // namespace writ::intercept
