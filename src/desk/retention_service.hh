// SPDX-License-Identifier: GPL-3.0-or-later
// The end of records (S17 to S19, 47 CFR 42.6): what retention no longer keeps is destroyed by two people,
// officer and counsel, month by month; what a legal hold names stays. Each destruction leaves a record that
// both have signed ("writ.destruction/1"), in the log before anything goes and in destroyed/ after.
#pragma once
#include "desk/record_destruction.hh"

namespace writ::desk {

struct Cutoffs {
  Instant calls;    // months of calls that end at or before this
  Instant account;  // facts and accounts that ended before this
};
// Calendar months back from now, never less than the legal floor. The last day of a shorter month stands for
// a day that it lacks.
Cutoffs retention_cutoffs(const policy::RecordRules& rules, Instant now);

class RetentionService {
 public:
  explicit RetentionService(Carrier& c) : c_(&c) {}
  // What would go now. Officer or counsel.
  Result<Json> plan(const Credentials& who);  // "writ.purge-plan/1"
  // Two different people. Killed anywhere and run again, it goes on where it was. Nothing to destroy: a plan
  // that says so.
  Result<Json> purge(const Credentials& officer, const Credentials& counsel);  // the signed record

  Result<Json> place_hold(const Hold& h, const Credentials& counsel);
  Result<Json> lift_hold(std::int64_t number, const std::string& reason, const Credentials& counsel);
  Result<Json> holds(const Credentials& who);  // "writ.holds/1"; counsel, officer, intake, auditor

 private:
  Carrier* c_;
};

}  // namespace writ::desk
