// SPDX-License-Identifier: GPL-3.0-or-later
// Matter keys: one X25519 pair per matter and stream. The secret is wrapped for every pair of custodians (a
// sealed box inside a sealed box) and for the pair of paper recovery keys; no single person can open it, and
// it is never stored bare. Wraps live in a store of their own: destroying one matter's file shreds its
// evidence, backups included.
#pragma once
#include <string>
#include <vector>

#include "authority/person.hh"
#include "base/io.hh"
#include "crypto/crypto.hh"

namespace writ::vault {

struct Custodian {
  std::string user;
  crypto::BoxPublic box;
};

// Makes a pair, wraps the secret, writes <dir>/<matter>.<stream>.json durably, forgets the secret, returns
// the public key. When the file exists, returns its public key (idempotent). At least limits::custodians_min
// custodians.
Result<crypto::BoxPublic> make_matter_key(const fs::path& dir, const std::string& matter,
                                          const std::string& stream, const std::vector<Custodian>& custodians,
                                          const std::array<crypto::BoxPublic, 2>& recovery);
// What is in the file, without any secret. Exit::not_found, or Exit::integrity when it is damaged.
Result<crypto::BoxPublic> matter_key_public(const fs::path& dir, const std::string& matter,
                                            const std::string& stream);
// Two different custodians (or both recovery keys) open it.
Result<crypto::BoxKey> open_matter_key(const fs::path& dir, const std::string& matter,
                                       const std::string& stream, const std::string& user_a,
                                       const crypto::BoxKey& a, const std::string& user_b,
                                       const crypto::BoxKey& b);
Status destroy_matter_keys(const fs::path& dir, const std::string& matter);

}  // namespace writ::vault
