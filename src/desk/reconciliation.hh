// SPDX-License-Identifier: GPL-3.0-or-later
// The daily reconciliation of an interception: its calls against the carrier's call records of the targets.
//
// Who may do it, and on what: the intercepted calls are evidence, and two custodians open it (I2), of the
// call-data stream alone; content is never unwrapped, and what check_deliverable keeps closed stays closed.
// The call records are read by counsel or officer, under a scope of this matter that counsel signed for the
// purpose "reconciliation" and that names each target (I1, I6). Both openings are in the log before they
// happen, and so is the result, before it is kept:
//
//   evidence/<matter>/reconciliations/2026-11-25.json   "writ.reconciliation/1", signed by counsel or officer
//
// A day may be reconciled again; each report stays, under the next number (2026-11-25.2.json). What it says
// as "open" (a bundle, a feed, the end of a call is awaited) keeps the day due. It names times, parts and
// places (grant and call number, month and record), no party.
#pragma once
#include "desk/orders.hh"
#include "desk/reconcile_match.hh"
#include "desk/reconcile_records.hh"

namespace writ::desk {

struct ReconcileDone {
  std::string day, text;  // the signed report
  fs::path file;
  Reconciled result;
  std::vector<std::string> not_compared;  // targets of which no call records exist or may be read
};

class Reconciliation {
 public:
  explicit Reconciliation(Carrier& c) : c_(&c) {}
  // `day`: of the profile's zone, and over; "": yesterday. `who`: counsel or officer, and two custodians.
  Result<ReconcileDone> run(const std::string& matter, const std::string& day,
                            const std::vector<Credentials>& who);
  Result<ReconcileDone> run(const std::string& matter, const std::string& day, const Acting& reader,
                            const Acting& custodian_a, const Acting& custodian_b);

 private:
  Carrier* c_;
};

// Days that a signed report compares wholly. Exit::integrity when one is not what was signed.
Result<std::vector<std::string>> reconciled_days(const Carrier& c, const std::string& matter);
// "2026-11-25" -> its bounds in the profile's zone.
Result<std::pair<Instant, Instant>> day_bounds(const Carrier& c, const std::string& day);

}  // namespace writ::desk
