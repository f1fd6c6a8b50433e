// SPDX-License-Identifier: GPL-3.0-or-later
// One month of the embedded engine: one SQLite file. While rows pour in, only the primary key and the narrow
// table of identities are kept up; the party indexes are built at once when the month is sealed, or when
// somebody looks for a party in a month that has grown big. Each branch of a look-up is a query of its own on
// its own index: an OR over caller and called would scan the month.
#pragma once
#include <array>

#include "records/cdr_engine.hh"
#include "store/database.hh"

namespace writ::records {

class MonthFile {
 public:
  static Result<std::unique_ptr<MonthFile>> open(const fs::path& file, const std::string& label);

  Status append(const AppendPlan::Part& part);  // one transaction; clears first what a killed append left
  Result<std::vector<std::string>> texts(std::uint64_t from, std::uint64_t to);
  Result<std::vector<CdrEngine::Candidate>> candidates(std::span<const std::int32_t> identities,
                                                       std::uint64_t size);
  Result<std::vector<CdrRow>> rows(std::uint64_t from, std::uint64_t to);
  Result<std::vector<CdrRow>> select(const Selection& s);
  Result<std::vector<TreeNode>> nodes(int level, std::uint64_t from, std::uint64_t to);
  Status build_indexes();
  Status check();

 private:
  MonthFile(store::Database db, std::int64_t middle_ms) : db_(std::move(db)), middle_ms_(middle_ms) {}
  enum Ask {
    insert_row,
    insert_identity,
    insert_text,
    insert_node,
    get_texts,
    get_identity,
    get_rows,
    get_nodes,
    by_party
  };
  // Prepared once, its text made once; comes back unbound.
  template <class MakeSql>
  Result<store::Statement*> ask(std::size_t which, const MakeSql& sql) {
    auto& s = asks_.at(which);
    if (!s) {
      WRIT_TRY(prepared, db_.prepare(sql()));
      s.emplace(std::move(prepared));
    }
    s->reset();
    return &*s;
  }
  Status enlarge_cache();
  Status clear_from(std::uint64_t size, std::uint64_t texts);
  Status write_part(const AppendPlan::Part& part);
  CdrRow row_of(const store::Statement& s) const;

  store::Database db_;
  std::int64_t middle_ms_;  // starts are kept relative to it, in four bytes
  bool indexed_ = false, has_large_cache_ = false;
  std::array<std::optional<store::Statement>, static_cast<std::size_t>(by_party) + 6> asks_;
};

}  // namespace writ::records
