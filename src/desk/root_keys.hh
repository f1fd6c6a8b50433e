// SPDX-License-Identifier: GPL-3.0-or-later
// The two root holders acting together: the only way a key comes to count.
#pragma once
#include "desk/carrier.hh"

namespace writ::desk {

struct RootPair {
  authority::Person a, b;  // in the order of TrustRoots
};
// Unlocks both, whatever order they are given in; refuses one person twice and keys that are not the pinned
// roots.
Result<RootPair> unlock_roots(const fs::path& data, const authority::TrustRoots& roots,
                              const std::vector<Credentials>& c);
Status check_passphrase(const Credentials& c);
// A certificate for ten years of one key, by both roots.
Result<authority::RoleCert> certify_key(const authority::TrustRoots& roots, const RootPair& pair,
                                        const std::string& user, std::vector<authority::Role> roles,
                                        const crypto::VerifyKey& verify, const crypto::BoxPublic& box,
                                        Instant now);
// Public recovery keys, signed by both roots: {"schema":"writ.recovery/1","boxes":[..],"by_a","by_b"}.
std::string sign_recovery(const RootPair& pair, const std::array<crypto::BoxPublic, 2>& boxes);
Result<std::array<crypto::BoxPublic, 2>> read_recovery(View file, const authority::TrustRoots& roots);
// Which policy the carrier began with: {"schema":"writ.first-policy/1","carrier","sha256","by_a","by_b"}.
std::string sign_first_policy(const RootPair& pair, const std::string& carrier, const crypto::Digest& hash);
Result<std::string> read_first_policy(View file, const authority::TrustRoots& roots);  // its SHA-256
// Two text files to print and lock away.
Status write_recovery_sheets(const fs::path& dir, const std::string& carrier,
                             const std::array<crypto::BoxKey, 2>& keys);

}  // namespace writ::desk
