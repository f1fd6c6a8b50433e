// SPDX-License-Identifier: GPL-3.0-or-later
// One month of the embedded engine: one SQLite file. While rows pour in, the primary key and the identities
// are kept up; the index of parties (cdr_party_index.hh) follows when somebody looks for a party in a month
// that has grown, and when the month is sealed.
#pragma once
#include <array>

#include "records/cdr_identity_index.hh"
#include "records/cdr_party_index.hh"
#include "store/database.hh"

namespace writ::records {

class MonthFile {
 public:
  MonthFile(const MonthFile&) = delete;
  MonthFile& operator=(const MonthFile&) = delete;
  static Result<std::unique_ptr<MonthFile>> open(const fs::path& file, const std::string& label);

  Status append(const AppendPlan::Part& part);  // one transaction; clears first what a killed append left
  Result<std::vector<std::string>> texts(std::uint64_t from, std::uint64_t to);
  Result<std::vector<CdrEngine::Candidate>> candidates(std::span<const std::int32_t> identities,
                                                       std::uint64_t size);
  Result<std::vector<CdrRow>> rows(std::uint64_t from, std::uint64_t to);
  Result<std::vector<CdrRow>> select(const Selection& s);
  Result<std::vector<TreeNode>> nodes(int level, std::uint64_t from, std::uint64_t to);
  Status seal(std::uint64_t size);  // the index covers the rows below `size`, in its shortest form
  Status check();

 private:
  MonthFile(store::Database db, std::int64_t middle_ms) : db_(std::move(db)), middle_ms_(middle_ms) {}
  enum Ask {
    insert_row,
    insert_text,
    insert_node,
    get_texts,
    get_rows,
    get_nodes,
    get_parties,
    get_row,
    begin_read,
    end_read,
    ask_count
  };
  // Many small reads under one lock of the file, of one state of it.
  class Reading {
   public:
    explicit Reading(store::Statement& end) : end_(&end) {}
    Reading(Reading&& o) noexcept : end_(std::exchange(o.end_, nullptr)) {}
    Reading& operator=(Reading&&) = delete;
    ~Reading() {
      if (end_ != nullptr) static_cast<void>(end_->run());
    }

   private:
    store::Statement* end_;
  };
  Result<Reading> begin_reading();
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
  Status clear_from(std::uint64_t size, std::uint64_t texts);
  Status write_part(const AppendPlan::Part& part);
  Status index(std::uint64_t size);
  Status read_through(std::uint64_t from, const Selection& q, const PartyIndex::Range& range,
                      std::vector<PartyIndex::Place>& out);
  Result<std::vector<CdrRow>> rows_at(const std::vector<PartyIndex::Place>& places);

  store::Database db_;
  std::int64_t middle_ms_;  // starts are kept relative to it, in four bytes
  IdentityIndex identities_{db_};
  PartyIndex parties_{db_};
  std::uint64_t indexed_ = 0;  // rows, as far as this process has seen
  std::array<std::optional<store::Statement>, ask_count> asks_;
};

}  // namespace writ::records
