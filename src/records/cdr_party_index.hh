// SPDX-License-Identifier: GPL-3.0-or-later
// Who called whom when, in one month of the embedded engine: packed runs with a column for each column of
// parties. Rows behind the last run are not indexed yet, the month reads them through. Only rows that exist
// for good (MonthState.size) may be indexed.
#pragma once
#include "records/cdr_packed_runs.hh"

namespace writ::records {

class PartyIndex {
 public:
  using Run = PackedRuns::Run;
  struct Place {  // of a row, in the order of answers
    std::int64_t start = 0;
    std::uint64_t seq = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Range {  // starts as the month file keeps them: relative, 32 bits
    std::int64_t from = 0, until = 0, after_start = 0, after_seq = -1;
    std::uint64_t size = 0;
    std::size_t limit = 0;
    bool holds(const Place& p) const {
      return p.start >= from && p.start < until && p.seq < size &&
             (p.start > after_start || static_cast<std::int64_t>(p.seq) > after_seq);
    }
  };
  static std::string schema() { return PackedRuns::schema("party"); }
  explicit PartyIndex(store::Database& db) : db_(db), packed_(db, "party") {}  // db outlives this

  // Within one transaction:
  Result<std::vector<Run>> runs() { return packed_.runs(); }
  // Adds the first `limit` rows of the run, in order.
  Status find(const Run& run, const Selection::Branch& b, const Range& range, std::vector<Place>& out);
  Status check();  // Exit::integrity: it says other than the rows say

  // Within the caller's writing transaction:
  Status extend(std::uint64_t size);   // to the rows below `size`
  Status compact(std::uint64_t size);  // the same, in as few runs as there can be
  Status cut(std::uint64_t size);      // forgets runs that reach beyond

 private:
  Result<std::vector<PackedRuns::Entries>> entries(const Run& run);
  Status rebuild(const std::vector<Run>& runs, std::size_t stay, std::uint64_t size);
  store::Database& db_;
  PackedRuns packed_;
};

}  // namespace writ::records
