// SPDX-License-Identifier: GPL-3.0-or-later
// The checks V1 - V40 on a demand, as tables by concern. Each is one small function; it says what the
// document says. Severity, message, rule and cure come from the policy alone.
#pragma once
#include <span>

#include "process/check_parts.hh"
#include "process/demand.hh"
#include "process/life_cycle.hh"

namespace writ::process {

struct Paper {  // everything that a check of stage A may look at
  const Demand& d;
  const policy::Policy& p;
  const policy::ProcessKind& kind;
  const Receipt& receipt;
  Instant now;
  Instant received() const { return d.received == Instant{} ? now : d.received; }
};

struct DocumentCheck {
  const char* id;
  Maybe (*check)(const Paper&);
};
std::span<const DocumentCheck> paper_checks();    // what a document must bear, who sent it and how it came
std::span<const DocumentCheck> subject_checks();  // whom it names, and in which words
std::span<const DocumentCheck> kind_checks();     // what single kinds of process must state

// V15, V16, V34: each item against the matrix.
std::vector<CheckResult> item_checks(const Paper& x);

// "N.D. Ga., Quay Street" -> true for "quay": whole words, upper and lower case alike.
bool holds_words(std::string_view text, std::string_view words);
bool all_five(const records::StreetAddress& a);
bool is_cycle(const policy::ProcessKind& k, Cycle c);

}  // namespace writ::process
