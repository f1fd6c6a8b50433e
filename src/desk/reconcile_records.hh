// SPDX-License-Identifier: GPL-3.0-or-later
// The call records' side of a reconciliation: which records may be the targets', under counsel's scope.
#pragma once
#include "authority/grant.hh"
#include "desk/reconcile_match.hh"
#include "desk/record_access.hh"

namespace writ::desk {

inline constexpr const char* reconcile_purpose = "reconciliation";
inline constexpr const char* reconcile_rule =
    "reconciliation: two custodians open the call data, counsel or officer reads the call records under "
    "counsel's scope (I1, I2, I6)";

struct RecordSubjects {
  std::vector<authority::ScopeSubject> targets;  // each must be named by the scope
  // What leads to a target or what it leads to in the day, by the catalogue: a switch may write the extension
  // where the port shows the number. Read when the scope names it.
  std::vector<authority::ScopeSubject> lines;
  std::vector<std::string> not_compared;
};
Result<RecordSubjects> record_subjects(Carrier& c, const std::vector<authority::Target>& targets,
                                       Instant from, Instant until);

// The scope is for this, and reaches what must be compared: a record that it hides would look like a call
// without one. Lines that it does not name are left out, and said.
Result<authority::Scope> reconcile_scope(Carrier& c, const std::string& matter, RecordSubjects& subjects);

// Of the day, and around it what may be the record of a call that was up at its edges, as far as the scope
// reaches.
Result<std::vector<BookedCall>> read_booked(Carrier& c, const authority::Scope& scope,
                                            const RecordSubjects& subjects, const ReconcileInput& day,
                                            const Acting& reader);

// Start of the newest record in the house, whosever; Instant::min() when there is none.
Result<Instant> newest_record(Carrier& c);

}  // namespace writ::desk
