// SPDX-License-Identifier: GPL-3.0-or-later
// The carrier's policy in versions (I7): a person proposes a directory of layers, a second one of the other
// role approves it, one of the two is counsel, and it takes effect forward only. A version is kept whole
// under policies/<SHA-256>/; both signatures cover its hash and what it changes by meaning. The first version
// is what both roots signed when the carrier was made (policy/, policy.json).
#pragma once
#include <string>
#include <vector>

#include "desk/case_book.hh"
#include "policy/policy_view.hh"

namespace writ::desk {

struct PolicyVersion {
  std::string sha256, matter;  // matter "": the first
  std::string state;           // "first" | "proposed" | "approved" | "withdrawn"
  Instant effective{};         // of the first: Instant{}
  std::string proposed_by, approved_by, reason;
  bool in_force = false, intact = false;  // intact: its directory is what was signed
};
Json to_json(const std::vector<PolicyVersion>& versions);  // "writ.policy-versions/1"

class PolicyService {
 public:
  explicit PolicyService(Carrier& c) : c_(&c) {}
  // Exit::usage: the layers do not load; Exit::refused: a time that has passed, another carrier's profile, no
  // change. The same proposal again gives the case that is there.
  Result<Case> propose(const fs::path& dir, Instant effective, const std::string& reason, const Acting& who);
  // Refused when the effective time has passed, when the policy that it would replace is no longer the one
  // that the proposal was compared with, when a later edit is approved already, and, by the table, for a
  // person of the same role.
  Result<Case> approve(const std::string& matter, const Acting& who);
  Result<Case> withdraw(const std::string& matter, const std::string& reason, const Acting& who);
  Result<std::vector<PolicyVersion>> versions() const;  // by the time they take effect

 private:
  Carrier* c_;
};

// The newest approved version whose time has come, or the first. Exit::integrity: its directory, an act or
// the roots' word on the first is not what was signed. `Carrier::renew_policy` calls it.
Result<policy::Policy> policy_in_force(Carrier& c);
// The layers of a policy directory, copied one by one.
Status copy_policy(const fs::path& from, const fs::path& to);

}  // namespace writ::desk
