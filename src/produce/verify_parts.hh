// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the verification of a production. Each adds its findings and goes on: the reader sees all that
// is wrong.
#pragma once
#include <optional>
#include <span>

#include "produce/iso.hh"
#include "produce/package.hh"

namespace writ::produce {

struct Package {  // what is being verified
  Listing listing;
  std::optional<authority::TrustRoots> roots;
  std::vector<authority::RoleCert> certs;
  std::vector<authority::VerifiedGrant> grants;
  std::vector<std::string> legal_signers, carrier_signers, technicians;  // of the grants, for comparison
  Json manifest;                                                         // null when it cannot be read
  crypto::Digest manifest_digest{};
  std::vector<VerifyFinding> findings;

  void good(std::string what) { findings.push_back({true, std::move(what)}); }
  void bad(std::string what) { findings.push_back({false, std::move(what)}); }
  void bad(const std::string& file, const Error& e) { bad(file + ": " + e.what); }
  // Nothing (and a finding) when the file is missing or is not JSON.
  std::optional<Json> json(const std::string& path, bool must_be_canonical);
  // A certificate of `user` with `key` that both roots gave for `role`, good at `at`.
  Status certified(const std::string& user, const crypto::VerifyKey& key, authority::Role role,
                   Instant at) const;
  // By key alone (the audit log's key).
  Status certified_key(const crypto::VerifyKey& key, authority::Role role, Instant at) const;
  std::string fact(const char* key) const;  // text of the manifest, "" when it has none
};

void verify_roots(Package& p, const fs::path& kept_roots);  // roots.json, certs.json
void verify_manifest(Package& p);                           // form, files, signatures
void verify_response(Package& p);                           // the same of a delivery of records
// What manifest.json says of itself: a JSON of this schema, by the carrier of the roots. False: unreadable.
bool read_manifest(Package& p, std::string_view schema);
// Every file is the manifest's, with these among them, and there is no other.
void check_files(Package& p, std::span<const char* const> required);
void verify_grants(Package& p);  // grant files, by authority::verify_grant
void verify_certification(Package& p);
void verify_calls(Package& p);  // calls.json and content captures against the grants
void verify_audit_proof(Package& p, const char* action);  // the log's entry of the release

}  // namespace writ::produce
