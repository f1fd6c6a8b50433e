// SPDX-License-Identifier: GPL-3.0-or-later
// The probe's own directory: its key, the roots that it pinned, and what it must not forget.
#pragma once
#include <string>

#include "authority/grant.hh"
#include "authority/person.hh"
#include "base/io.hh"
#include "crypto/crypto.hh"

namespace writ::probe {

struct Identity {
  std::string name;
  crypto::SigningKey sign;
  crypto::BoxKey box;
  authority::TrustRoots roots;
};

struct Public {  // of it, what is no secret
  std::string name;
  crypto::VerifyKey verify;
  authority::TrustRoots roots;
};

// Makes the keys, pins the roots, writes request.json. Refuses a directory that already has a key.
Status make_probe(const fs::path& dir, const std::string& name, const fs::path& roots_file);
Result<Identity> load_probe(const fs::path& dir);
Result<Public> load_public(const fs::path& dir);

// The highest sequence of a revocation list that was ever accepted here.
Result<std::uint64_t> revocations_seen(const fs::path& dir);
Status remember_revocations(const fs::path& dir, std::uint64_t sequence);

// One process works in a probe's directory. Exit::unit when there is another.
Result<Fd> occupy(const fs::path& dir);

}  // namespace writ::probe
