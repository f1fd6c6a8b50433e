// SPDX-License-Identifier: GPL-3.0-or-later
// The keyed hashes by which one month of the embedded engine finds records that it has already: packed runs,
// one for each append and those before it that are no longer. Their rows do not hold the hash, so a run is
// made of the append's rows and of older runs.
#pragma once
#include <span>

#include "records/cdr_packed_runs.hh"

namespace writ::records {

class IdentityIndex {
 public:
  static std::string schema() { return PackedRuns::schema("identity"); }
  explicit IdentityIndex(store::Database& db) : packed_(db, "identity") {}  // db outlives this

  // Within one transaction. CdrEngine::candidates().
  Result<std::vector<CdrEngine::Candidate>> find(std::span<const std::int32_t> identities,
                                                 std::uint64_t size);
  Status check();  // Exit::integrity: it cannot be what was written

  // Within the caller's writing transaction:
  Status append(std::span<const CdrRow> rows);  // the next of the month
  Status cut(std::uint64_t size);               // forgets rows from `size` on

 private:
  PackedRuns packed_;
};

}  // namespace writ::records
