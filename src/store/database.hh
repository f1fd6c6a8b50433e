// SPDX-License-Identifier: GPL-3.0-or-later
// The database port: one API and one SQL, two engines. SQLite (WAL, synchronous=FULL, foreign keys) is the
// default; PostgreSQL 15 is for the carrier that outgrows one machine.
//
// The SQL that callers write is SQLite's, within these limits; it is translated where PostgreSQL differs
// (dialect.hh):
// - placeholders `?` and `?N`; no `?` as an operator;
// - types INTEGER, TEXT, BLOB, REAL; tables STRICT; `INTEGER PRIMARY KEY` numbers its rows: a table's ids are
//   given always or never, unique but not gapless; there is no rowid: order by a column;
// - ON CONFLICT (not OR IGNORE), RETURNING, partial indexes, CTEs; `IS NOT DISTINCT FROM` where NULL equals
//   NULL; truth is `flag = 1`; LIKE only for what has one case; no PRAGMA, no sqlite_master (migrate()
//   instead), no word that PostgreSQL reserves as a column's name (user, order, ...);
// - text compares by its bytes. PostgreSQL refuses NUL bytes and what is not UTF-8 in text: use a blob.
// An error within a transaction ends it in PostgreSQL: leave, so that it rolls back.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hh"
#include "base/io.hh"
#include "base/result.hh"

namespace writ::store {

class StatementEngine;  // engine.hh
class DatabaseEngine;

enum class Engine : std::uint8_t { sqlite, postgresql };

// A prepared statement. A mistake in the SQL is reported by prepare() in SQLite, by the first step() in
// PostgreSQL. An answer of any size streams in constant memory; in PostgreSQL only as long as no other
// statement runs on the same Database meanwhile: then the rest of the answer is first read into memory. An
// answer that is left before its end is read to its end and dropped: say LIMIT.
class Statement {
 public:
  explicit Statement(std::unique_ptr<StatementEngine> e);
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();
  Statement& bind(int index, std::string_view text);  // 1-based; copied
  Statement& bind(int index, std::int64_t value);
  Statement& bind_blob(int index, View bytes);
  Statement& bind_null(int index);
  Result<bool> step();                     // true: a row is there
  Status run();                            // steps to the end and resets
  void reset();                            // also forgets what was bound
  std::int64_t integer(int column) const;  // 0-based; NULL is 0
  std::string text(int column) const;      // NULL is ""
  Bytes blob(int column) const;            // NULL is empty
  bool is_null(int column) const;

 private:
  std::unique_ptr<StatementEngine> e_;
};

struct Int32 {  // for copy_in() into a column that PostgreSQL keeps as int4; INTEGER is 64 bits wide
  std::int32_t value;
};
// Counts and sequence numbers of ours as SQL keeps them; they stay far below 2^63.
inline std::int64_t sql_number(std::uint64_t n) { return static_cast<std::int64_t>(n); }

using Value = std::variant<std::monostate, std::int64_t, Int32, std::string_view, View>;
// Fills in the next row of a bulk load; false: no more. Must not touch the Database.
using NextRow = std::function<Result<bool>(std::span<Value> row)>;

// A small SQLite store that lies on the disk as one sealed file. It is in memory while it is open, and each
// commit writes the file anew, atomically and durably, before it returns. One process has it open at a time:
// the caller's lock.
struct SealedFile {
  fs::path file;
  std::function<Bytes(View)> seal;
  std::function<Result<Bytes>(View)> open;
};

class Database {
 public:
  static Result<Database> open(const fs::path& file);  // SQLite; created when absent
  static Result<Database> open_sealed(SealedFile file);
  // PostgreSQL, by a libpq connection string or URI. Refuses a server that may lose what it confirmed (fsync
  // off) or whose text is not UTF-8. Errors never tell the password.
  static Result<Database> connect(const std::string& conninfo);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();
  Engine engine() const;
  Status exec(const std::string& sql);  // one or more statements without values
  Result<Statement> prepare(std::string_view sql);
  // Linear upgrades of one room's tables: steps[i] takes them from version i to i+1, all in one transaction.
  // Safe when two processes start together.
  Status migrate(std::string_view room, std::span<const std::string_view> steps);
  std::int64_t changes() const;  // rows that the last INSERT, UPDATE or DELETE touched
  // Bulk load of INTEGER (int4: Int32), TEXT and BLOB columns: binary COPY in PostgreSQL, one prepared INSERT
  // in SQLite. All rows or none. Returns how many.
  Result<std::uint64_t> copy_in(std::string_view table, std::span<const std::string_view> columns,
                                const NextRow& next);

 private:
  friend class Transaction;
  explicit Database(std::shared_ptr<DatabaseEngine> e);
  std::shared_ptr<DatabaseEngine> e_;  // shared with Transaction and the engine's own statements
};

// The only writer from begin() on, as BEGIN IMMEDIATE in SQLite (PostgreSQL: an advisory lock per schema,
// which single writes take too; both wait at most 10 s). Rolls back unless commit() was called.
class Transaction {
 public:
  static Result<Transaction> begin(Database& db);
  Transaction(Transaction&& o) noexcept : e_(std::exchange(o.e_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(std::shared_ptr<DatabaseEngine> e) : e_(std::move(e)) {}
  std::shared_ptr<DatabaseEngine> e_;
};

}  // namespace writ::store
