// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: real grants from generated people, through issue_grant and verify_grant.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "authority/grant.hh"

namespace writ::intercept::test {

struct GrantSpec {
  authority::Kind kind = authority::Kind::content;
  std::vector<authority::Target> targets;
  Instant from{}, until{};
  bool trust_from = false;
  std::vector<std::string> trust_from_at{};
  std::vector<std::string> trusted_peers;
  bool digits = false;
  std::string matter = "M-2026-001";
};

inline authority::Target number(std::string value) {
  return {authority::Target::Type::e164, std::move(value), {}, {}};
}
inline authority::Target uri(std::string value) {
  return {authority::Target::Type::uri, std::move(value), {}, {}};
}
inline authority::Target extension(std::string value, std::vector<std::string> hosts) {
  return {authority::Target::Type::extension, std::move(value), "P-100", std::move(hosts)};
}

// A carrier with all the people that a grant needs.
class Carrier {
 public:
  Carrier() {
    crypto::start();
    roots_.carrier = "Harbor Voice";
    roots_.a = root_a_.public_key();
    roots_.b = root_b_.public_key();
    roots_.audit_reader = reader_.public_key();
    const authority::Role roles[] = {authority::Role::counsel, authority::Role::officer,
                                     authority::Role::technician, authority::Role::desk};
    const char* names[] = {"casey", "jordan", "robin", "desk"};
    for (std::size_t i = 0; i < 4; ++i) {
      people_[i].user = names[i];
      authority::RoleCert c;
      c.carrier = roots_.carrier;
      c.user = names[i];
      c.roles = {roles[i]};
      c.verify = people_[i].sign.public_key();
      c.box = people_[i].box.public_key();
      c.not_before = Instant{};
      c.not_after = Instant{} + std::chrono::days{365 * 200};
      certs_.push_back(must(authority::certify(c, roots_, root_a_, root_b_)));
    }
  }

  authority::VerifiedGrant grant(const GrantSpec& s) {
    using namespace std::chrono_literals;
    authority::GrantBody b;
    b.carrier = roots_.carrier;
    b.matter = s.matter;
    b.kind = s.kind;
    const bool content = authority::yields_content(s.kind);
    b.basis = content ? authority::Basis::title_iii : authority::Basis::pen_trap;
    b.targets = s.targets;
    std::sort(b.targets.begin(), b.targets.end());
    b.probe_name = "probe-1";
    b.probe = probe_.public_key();
    b.not_before = s.from;
    b.not_after = s.until;
    b.document_sha256.fill(1);
    b.request_sha256.fill(2);
    b.call_data_to = {call_data_.public_key()};
    if (content) b.content_to = {content_.public_key()};
    b.trust_from = s.trust_from;
    b.trust_from_at = s.trust_from_at;
    b.trusted_peers = s.trusted_peers;
    std::sort(b.trusted_peers.begin(), b.trusted_peers.end());
    b.post_cut_through_digits = s.digits;
    b.sequence = 1;
    const crypto::Digest id = authority::grant_id(b);
    const authority::Act acts[] = {authority::Act::legal_authorisation, authority::Act::carrier_authorisation,
                                   authority::Act::arming};
    std::vector<authority::SignedAct> signed_acts;
    for (std::size_t i = 0; i < 3; ++i)
      signed_acts.push_back(authority::sign_act(acts[i], people_[i], id, s.from - 3h + i * 1h));
    const std::string file = must(authority::issue_grant(b, signed_acts, {certs_[0], certs_[1], certs_[2]},
                                                         certs_[3], people_[3].sign, roots_));
    authority::RevocationList none;
    none.carrier = roots_.carrier;
    authority::GrantCheck check{&roots_, &none, probe_.public_key(), s.from};
    return must(authority::verify_grant(view_of(file), check));
  }

 private:
  template <class T>
  static T must(Result<T> r) {
    if (!r) {
      std::cerr << "test grant: " << to_text(r.error());
      std::abort();
    }
    return std::move(*r);
  }
  crypto::SigningKey root_a_, root_b_, probe_;
  crypto::BoxKey reader_, call_data_, content_;
  authority::TrustRoots roots_;
  std::array<authority::Person, 4> people_;
  std::vector<authority::RoleCert> certs_;
};

}  // namespace writ::intercept::test
