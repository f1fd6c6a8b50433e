// SPDX-License-Identifier: GPL-3.0-or-later
// Kinds of legal process as data ([[process]]), and dated authorities ([[authority]], L14): what a kind must
// state, which column of the matrix it opens, which life cycle it enters.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hh"

namespace writ::policy {

struct ProcessKind {
  std::string id;      // "grand-jury-subpoena" ...: all of them in docs/process-file.md
  std::string title;   // "Grand jury subpoena"
  std::string column;  // of the matrix; "": releases nothing
  std::string cycle;   // process::to_string(Cycle), or "interception"
  std::string citation;
  std::string authority;            // id of the dated authority it needs; "cited": the one that the
                                    // document cites, which it has to; "": none
  bool needs_court = false;         // V3
  bool needs_statute = false;       // V17
  bool needs_return_date = false;   // V2
  bool needs_coordination = false;  // V29
  bool by_hand = false;             // V33
  // No column: what it reaches stands in the order's own words, and counsel's signed word on each item cites
  // them (FISA; S30, life cycle 6).
  bool by_order = false;
};
bool releases(const ProcessKind& k);  // by a column of the matrix, or by its own words

struct Authority {  // L14: "fisa-702" ...
  std::string id, title, citation;
  std::string effective, lapses;  // dates in the carrier's zone; lapses: the first day on which it is not in
                                  // force, "": no end is known to law
  std::string verified_on;
  bool never = false;  // 105A/105B: refused whatever the date (S31)
};

struct Office {  // "fbi-field-office", "ncmec", "calea-implementation-unit", "fcc": titles, fictional
                 // contacts
  std::string id, title, phone, email, address, purpose;
};

struct Policy;
const ProcessKind* process_kind(const Policy& p, std::string_view id);
// "" when in force at `at`; else why not. Unknown: not in force (fail closed).
std::string why_not_in_force(const Policy& p, std::string_view authority, Instant at);

}  // namespace writ::policy
