// SPDX-License-Identifier: GPL-3.0-or-later
// Indexes of a month file that are written in order and never changed: entries (code, start, row), sorted,
// packed some hundred to a row of a table. A b-tree index of SQLite takes three times the bytes and many
// times the work: its keys come in no order, and it sorts them as a linked list that no processor cache
// holds.
//
// A run covers the rows [first, end) of the month. Runs lie end to end from row 0. New rows become a run,
// together with the runs before them that are no longer than what follows them (the logarithmic method): a
// month that grows by small batches is packed log(rows) times, and has that many runs.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "records/cdr_engine.hh"
#include "store/database.hh"

namespace writ::records {

class PackedRuns {
 public:
  static constexpr std::uint64_t rows_max = 1u << 20;  // of a run: it is sorted in memory
  struct Run {
    std::uint64_t first = 0, end = 0;  // seq, half open
  };
  struct Entry {
    Code code = 0;
    std::int32_t start = 0;
    std::uint32_t row = 0;  // seq less the run's first
    auto operator<=>(const Entry&) const = default;
  };
  using Entries = std::vector<Entry>;

  static std::string schema(std::string_view name);
  PackedRuns(store::Database& db, std::string name) : db_(db), name_(std::move(name)) {}  // db outlives this

  Result<std::vector<Run>> runs();  // in order
  // Those from which on to write anew when the rows [end of the runs, size) become a run.
  static std::size_t stay(const std::vector<Run>& runs, std::uint64_t size);

  // The entries of a column not before (code, start), a chunk at a time. One at a time, within a transaction.
  class Cursor {
   public:
    Cursor(PackedRuns& packed, const Run& run, std::size_t column)
        : packed_(packed), run_(run), column_(column) {}
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor();  // a statement that is left before its end would hold the file's state
    Status seek(Code code, std::int64_t start);
    // False: no more, and the chunk is empty. Exit::integrity: it cannot be what was written.
    Result<bool> next();
    const Entries& chunk() const { return chunk_; }

   private:
    PackedRuns& packed_;
    const Run run_;
    const std::size_t column_;
    store::Statement* chunks_ = nullptr;
    Entries chunk_;
  };
  Result<Entries> all(const Run& run, std::size_t column);

  Status add(const Run& run);
  Status write(const Run& run, std::size_t column, const Entries& sorted);
  Status drop(const Run& run);

 private:
  Result<store::Statement*> ask(std::optional<store::Statement>& s, std::string_view sql);  // {0}: the name
  store::Database& db_;
  std::string name_;
  std::optional<store::Statement> runs_, chunks_, add_, put_;
};

}  // namespace writ::records
