// SPDX-License-Identifier: GPL-3.0-or-later
// Preservation and retention: a case of 18 USC 2703(f), 2704 or 2258A whose snapshot is taken keeps the rows
// that it reaches from every destruction, until its own purge. The signed act is the hold: there is no second
// row to keep in step with it, a chain that was altered stops every destruction, and the purge's act lifts
// it.
#pragma once
#include "desk/case_book.hh"
#include "desk/record_destruction.hh"
#include "desk/record_reach.hh"

namespace writ::desk {

struct Preserved {
  std::string matter;
  std::vector<process::DemandSubject> subjects;
  Span period;  // of the records
};

// The body of "take-snapshot" and "copy": {"snapshot":{"file","sha256","from","until"}, ...}.
Result<std::optional<Preserved>> preserved_by(const Case& c);
// All that stand. Exit::integrity when one of the cases does not verify.
Result<std::vector<Preserved>> all_preserved(Carrier& c);

struct Kept {                         // what may not be destroyed
  std::vector<std::string> accounts;  // sorted: lose no fact
  std::vector<records::CdrHold> calls;
};
// Counsel's holds and preservations together.
Result<Kept> kept_records(Carrier& c, RecordStore& store, const std::vector<Hold>& holds);

}  // namespace writ::desk
