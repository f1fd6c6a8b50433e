// SPDX-License-Identifier: GPL-3.0-or-later
// A carrier that exists for one test or one measurement: random roots that no probe has pinned, three people,
// a desk. It goes the real way (certify, sign_act, issue_grant, verify_grant), since there is no other way to
// a VerifiedGrant.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "authority/grant.hh"

namespace writ::vault::testing {

class EphemeralCarrier {
 public:
  // Everything, certificates and acts, happens shortly before `epoch`.
  explicit EphemeralCarrier(Instant epoch) : epoch_(epoch) {
    roots_ = {"Ephemeral Telephone", root_a_.public_key(), root_b_.public_key(), auditor_.public_key()};
  }

  const authority::TrustRoots& roots() const { return roots_; }
  const crypto::SigningKey& probe() const { return probe_; }
  const crypto::BoxKey& call_data_key() const { return call_data_; }
  const crypto::BoxKey& content_key() const { return content_; }
  const authority::Person& technician() const { return technician_; }
  const authority::Person& desk() const { return desk_; }

  authority::RoleCert cert(const authority::Person& p, authority::Role role) const {
    return cert_for(p.user, p.sign.public_key(), p.box.public_key(), role);
  }
  authority::RoleCert cert_for(const std::string& user, const crypto::VerifyKey& verify,
                               const crypto::BoxPublic& box, authority::Role role) const {
    authority::RoleCert c;
    c.carrier = roots_.carrier;
    c.user = user;
    c.roles = {role};
    c.verify = verify;
    c.box = box;
    c.not_before = epoch_ - std::chrono::hours{48};
    c.not_after = epoch_ + std::chrono::days{40};
    return authority::certify(std::move(c), roots_, root_a_, root_b_).value();
  }

  authority::GrantBody body(authority::Kind kind, std::vector<authority::Target> targets) const {
    authority::GrantBody g;
    g.carrier = roots_.carrier;
    g.matter = "M-0000-0001";
    g.kind = kind;
    g.basis = kind == authority::Kind::content ? authority::Basis::title_iii : authority::Basis::pen_trap;
    std::sort(targets.begin(), targets.end());
    g.targets = std::move(targets);
    g.probe_name = "ephemeral";
    g.probe = probe_.public_key();
    g.not_before = epoch_ - std::chrono::hours{1};
    g.not_after = epoch_ + std::chrono::days{20};
    g.document_sha256 = crypto::sha256(view_of("an order"));
    g.request_sha256 = crypto::sha256(view_of("a request"));
    g.call_data_to = {call_data_.public_key()};
    if (authority::yields_content(kind)) g.content_to = {content_.public_key()};
    g.trust_from = true;
    return g;
  }

  Result<std::string> issue(const authority::GrantBody& g) {
    using authority::Act;
    const crypto::Digest id = authority::grant_id(g);
    const Instant at = epoch_ - std::chrono::minutes{30};
    std::vector<authority::SignedAct> acts{
        authority::sign_act(Act::legal_authorisation, counsel_, id, at),
        authority::sign_act(Act::carrier_authorisation, officer_, id, at + std::chrono::minutes{1}),
        authority::sign_act(Act::arming, technician_, id, at + std::chrono::minutes{2})};
    if (certs_.empty())
      certs_ = {cert(counsel_, authority::Role::counsel), cert(officer_, authority::Role::officer),
                cert(technician_, authority::Role::technician), cert(desk_, authority::Role::desk)};
    return authority::issue_grant(g, std::move(acts), {certs_[0], certs_[1], certs_[2]}, certs_[3],
                                  desk_.sign, roots_);
  }

  std::string revocations(std::uint64_t sequence, std::vector<authority::Revocation> entries = {}) const {
    authority::RevocationList l;
    l.carrier = roots_.carrier;
    l.sequence = sequence;
    l.issued = epoch_;
    l.entries = std::move(entries);
    l.issuer_cert = cert(desk_, authority::Role::desk);
    return authority::issue_revocations(std::move(l), desk_.sign);
  }

  Result<authority::VerifiedGrant> grant(const authority::GrantBody& g) {
    if (!list_) {
      auto list = authority::verify_revocations(view_of(revocations(1)), roots_, 1);
      if (!list) return tl::unexpected(std::move(list).error());
      list_ = std::move(*list);
    }
    WRIT_TRY(file, issue(g));
    return authority::verify_grant(view_of(file), {&roots_, &*list_, probe_.public_key(), epoch_});
  }
  // From is believed at these inputs only.
  Result<authority::VerifiedGrant> grant_at(const std::string& e164, std::vector<std::string> inputs) {
    authority::GrantBody g = body(authority::Kind::content, {{authority::Target::Type::e164, e164, {}, {}}});
    g.trust_from = false;
    g.trust_from_at = std::move(inputs);
    return grant(g);
  }
  Result<authority::VerifiedGrant> grant(authority::Kind kind, const std::string& e164) {
    return grant(body(kind, {{authority::Target::Type::e164, e164, {}, {}}}));
  }

 private:
  Instant epoch_;
  crypto::SigningKey root_a_, root_b_, probe_;
  crypto::BoxKey auditor_, call_data_, content_;
  authority::Person counsel_{"counsel", {}, {}}, officer_{"officer", {}, {}},
      technician_{"technician", {}, {}}, desk_{"desk", {}, {}};
  authority::TrustRoots roots_;
  std::vector<authority::RoleCert> certs_;
  std::optional<authority::RevocationList> list_;
};

}  // namespace writ::vault::testing
