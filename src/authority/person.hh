// SPDX-License-Identifier: GPL-3.0-or-later
// People and their keys. A person's Ed25519 seed and X25519 secret are locked under a passphrase; a key
// counts for a role only when both carrier roots have certified it, and everything below trusts nothing but
// that.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "base/json.hh"
#include "base/time.hh"
#include "crypto/crypto.hh"

namespace writ::authority {

enum class Role {
  root,
  intake,
  counsel,
  officer,
  technician,
  custodian,
  finance,
  auditor,
  admin,
  desk,
  probe
};
const char* to_string(Role r);
Result<Role> parse_role(std::string_view s);

// Staffing rules (design.md "Trust and staffing"): which roles one person may hold together. auditor is
// outside everything, admin never signs and so holds nothing else, counsel != officer != technician.
bool may_combine(Role a, Role b);
Status check_staffing(const std::vector<Role>& roles);
std::string staffing_table();  // what `writ user roles` prints

// Key file, canonical JSON "writ.person/1": {"user","verify","box","locked"}.
struct Person {
  std::string user;
  crypto::SigningKey sign;
  crypto::BoxKey box;
};
struct PersonPublic {
  std::string user;
  crypto::VerifyKey verify;
  crypto::BoxPublic box;
};
std::string lock_person(const Person& p, std::string_view passphrase);
Result<PersonPublic> read_person_public(std::string_view key_file);
Result<Person> unlock_person(std::string_view key_file,
                             std::string_view passphrase);  // Exit::refused when wrong

struct TrustRoots {  // canonical JSON "writ.roots/1"
  std::string carrier;
  crypto::VerifyKey a, b;          // a != b, held by different people
  crypto::BoxPublic audit_reader;  // to whom audit entries are sealed
};
Json to_json(const TrustRoots& r);
Result<TrustRoots> parse_roots(const Json& j);
std::string fingerprint(const TrustRoots& r);  // sha256 of the canonical JSON, hex in groups of four

struct RoleCert {  // "writ.role-cert/1"; signatures by both roots, domain "writ.role-cert/1", over canonical
                   // body
  std::string carrier, user;
  std::vector<Role> roles;
  crypto::VerifyKey verify;
  crypto::BoxPublic box;
  Instant not_before{}, not_after{};
  crypto::Signature by_a{}, by_b{};
};
Json body_json(const RoleCert& c);
Json to_json(const RoleCert& c);
Result<RoleCert> parse_role_cert(const Json& j);
// Refuses to issue a combination that staffing forbids.
Result<RoleCert> certify(RoleCert unsigned_cert, const TrustRoots& roots, const crypto::SigningKey& a,
                         const crypto::SigningKey& b);
// Both signatures, carrier, window at `at`, the role, and the staffing rule.
Status verify_cert(const RoleCert& c, const TrustRoots& roots, Role role, Instant at);

}  // namespace writ::authority
