// SPDX-License-Identifier: GPL-3.0-or-later
// For this room's tests: a carrier with everybody it needs, and a grant that is right; each test breaks one
// thing.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "authority/grant_file.hh"
#include "base/io.hh"

namespace writ::authority {

using namespace std::chrono_literals;  // a test header: the tests read better for it

inline const Instant t0 = *parse_rfc3339("2026-11-02T09:00:00Z");

inline Target e164(std::string v) { return {Target::Type::e164, std::move(v), "", {}}; }

struct World {
  crypto::SigningKey root_a, root_b, desk;
  TrustRoots roots;
  std::array<Person, 3> people{Person{"counsel1", {}, {}}, Person{"officer1", {}, {}},
                               Person{"tech1", {}, {}}};
  std::array<std::vector<Role>, 3> roles{{{Role::counsel}, {Role::officer}, {Role::technician}}};
  crypto::BoxKey box;
  crypto::SigningKey probe;
  GrantBody body;
  std::vector<RoleCert> certs;  // of the three
  RoleCert desk_cert;
  std::array<Instant, 3> times{t0, t0 + 1h, t0 + 2h};

  World() {
    roots = {"Example Hospitality Voice", root_a.public_key(), root_b.public_key(), box.public_key()};
    for (std::size_t i = 0; i < 3; ++i)
      certs.push_back(cert(people[i].user, roles[i], people[i].sign.public_key()));
    desk_cert = cert("desk", {Role::desk}, desk.public_key());
    body.carrier = roots.carrier;
    body.matter = "M-2026-0001";
    body.kind = Kind::content;
    body.basis = Basis::title_iii;
    body.targets = {{Target::Type::e164, "+14045550102", "", {}},
                    {Target::Type::extension, "214", "EX-1001", {"pbx.example.net", "192.0.2.7"}}};
    body.probe_name = "probe-1";
    body.probe = probe.public_key();
    body.not_before = t0;
    body.not_after = t0 + std::chrono::days{30};
    body.document_sha256.fill(1);
    body.request_sha256.fill(2);
    body.call_data_to = {box.public_key()};
    body.content_to = {box.public_key()};
    body.trusted_peers = {"192.0.2.1", "2001:db8::1"};
  }
  RoleCert unsigned_cert(const std::string& user, std::vector<Role> r, const crypto::VerifyKey& key) const {
    return {roots.carrier,
            user,
            std::move(r),
            key,
            box.public_key(),
            t0 - 24h,
            t0 + std::chrono::days{365},
            {},
            {}};
  }
  RoleCert cert(const std::string& user, std::vector<Role> r, const crypto::VerifyKey& key) const {
    return *certify(unsigned_cert(user, std::move(r), key), roots, root_a, root_b);
  }
  std::vector<SignedAct> acts() const {
    std::vector<SignedAct> out;
    constexpr std::array names{Act::legal_authorisation, Act::carrier_authorisation, Act::arming};
    for (std::size_t i = 0; i < 3; ++i)
      out.push_back(sign_act(names[i], people[i], grant_id(body), times[i]));
    return out;
  }
  Result<std::string> issue() const { return issue_grant(body, acts(), certs, desk_cert, desk, roots); }
  // As a desk that checks nothing would do.
  std::string forge(const std::vector<SignedAct>& a) const {
    GrantFile f{body, a, certs, desk.public_key(), {}};
    f.certs.push_back(desk_cert);
    f.issuer_signature = desk.sign(issuer_domain, view_of(issuer_text(f.body, f.acts)));
    return canonical(to_json(f));
  }
  RevocationList list(std::vector<Revocation> entries = {}, std::uint64_t sequence = 1) const {
    return {roots.carrier, sequence, t0, std::move(entries), desk_cert, {}};
  }
  Result<VerifiedGrant> check(std::string_view file, Instant now = t0 + 3h,
                              std::vector<Revocation> stops = {}) const {
    const RevocationList revocations = list(std::move(stops));
    return verify_grant(view_of(file), {&roots, &revocations, probe.public_key(), now});
  }
};

inline void expect_refusal(const Error& e, const std::string& row) {
  EXPECT_EQ(e.exit, Exit::refused) << row << "\n" << to_text(e);
  EXPECT_FALSE(e.what.empty() || e.rule.empty() || e.missing.empty() || e.next.empty()) << row << "\n"
                                                                                        << to_text(e);
}

}  // namespace writ::authority
