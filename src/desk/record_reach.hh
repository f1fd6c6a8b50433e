// SPDX-License-Identifier: GPL-3.0-or-later
// How far a preservation reaches into the records (18 USC 2703(f), 2704, 2258A(h)): from whom the document
// names to accounts, stays, extensions, numbers and calls. For what is kept or frozen unread only: nothing of
// a Reach is told to anybody.
#pragma once
#include "desk/demand_subjects.hh"
#include "desk/record_calls.hh"

namespace writ::desk {

struct Reach {
  std::set<std::string> accounts;
  std::set<std::pair<std::string, std::string>> stays, extensions, numbers;  // account, key
  std::vector<CallSource> calls;
  bool is_unclear = false;  // the document must say more about this subject (several, or not whole)
  void add(Reach other);
};

// `w`: of the records, half open.
Result<Reach> reach_of(RecordStore& store, const process::DemandSubject& s, const Span& w,
                       std::string_view porting_administrator);
Result<Reach> reach_of(RecordStore& store, const std::vector<process::DemandSubject>& subjects, const Span& w,
                       std::string_view porting_administrator);

}  // namespace writ::desk
