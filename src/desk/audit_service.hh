// SPDX-License-Identifier: GPL-3.0-or-later
// The log as people ask of it: verify (anybody), show (auditors, who hold the reading key), prove (one entry,
// for an outsider).
#pragma once
#include "desk/carrier.hh"

namespace writ::desk {

class AuditService {
 public:
  explicit AuditService(Carrier& c) : c_(&c) {}
  Result<std::vector<audit::OpenedEntry>> show(const std::string& matter,
                                               const Credentials& auditor);  // the look is logged first
  Result<audit::Proof> prove(std::uint64_t index) const;
  // Every case read and verified, and compared with what the log has of it: "writ.case-audit/1", "problems".
  Result<Json> check_cases(const Credentials& auditor);

 private:
  Carrier* c_;
};

// Needs no carrier that opens: a broken log must still be examinable.
Result<audit::VerifyReport> verify_log(const fs::path& data, const std::optional<audit::Checkpoint>& witness);
// Of a carrier that is open, a compartment as well.
Result<audit::VerifyReport> verify_log(const Carrier& c,
                                       const std::optional<audit::Checkpoint>& witness = {});

}  // namespace writ::desk
