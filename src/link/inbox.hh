// SPDX-License-Identifier: GPL-3.0-or-later
// Where the papers of the link go at the probe: the directory that its run reads grants from. Each is
// verified here as the run will verify it again, since what is wrong must not push out what is right: a list
// older than the one that is there, a lease that ends earlier, another probe's grant are refused.
#pragma once
#include "authority/grant.hh"
#include "link/frame.hh"

namespace writ::link {

class Inbox {
 public:
  Inbox(fs::path grants_dir, const authority::TrustRoots& roots, const crypto::VerifyKey& probe)
      : dir_(std::move(grants_dir)), roots_(&roots), probe_(probe) {}
  // Durable when it returns; what is there already changes nothing. Returns what was written: its file's
  // name, or "".
  Result<std::string> take(Type type, View paper, Instant now);

 private:
  Result<std::string> take_list(View text);
  Result<std::string> take_grant(View text, Instant now);
  Result<std::string> take_lease(View text);
  Result<std::string> put(const std::string& name, View text);
  fs::path dir_;
  const authority::TrustRoots* roots_;
  crypto::VerifyKey probe_;
};

inline constexpr const char* list_file = "revocations.json";
inline constexpr const char* lease_file = "lease.json";

}  // namespace writ::link
