// SPDX-License-Identifier: GPL-3.0-or-later
// A thin RAII layer over the sqlite3 C API. WAL, synchronous=FULL, foreign keys, STRICT tables by convention.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/io.hh"
#include "base/result.hh"

struct sqlite3;
struct sqlite3_stmt;

namespace writ::store {

class Statement {
 public:
  Statement(Statement&&) noexcept;
  ~Statement();
  Statement& bind(int index, std::string_view text);  // 1-based
  Statement& bind(int index, std::int64_t value);
  Statement& bind_null(int index);
  Result<bool> step();  // true: a row is there
  Status run();         // steps to the end and resets
  void reset();
  std::int64_t integer(int column) const;  // 0-based
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* s) : s_(s) {}
  sqlite3_stmt* s_;
};

class Database {
 public:
  static Result<Database> open(const fs::path& file);
  Database(Database&&) noexcept;
  ~Database();
  Status exec(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // Linear upgrades of one room's tables: steps[i] takes them from version i to i+1, all in one transaction.
  Status migrate(std::string_view room, std::span<const std::string_view> steps);
  std::int64_t changes() const;

 private:
  explicit Database(sqlite3* d) : d_(d) {}
  sqlite3* d_;
};

// BEGIN IMMEDIATE; rolls back unless commit() was called.
class Transaction {
 public:
  static Result<Transaction> begin(Database& db);
  Transaction(Transaction&& o) noexcept : db_(std::exchange(o.db_, nullptr)) {}
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database* db) : db_(db) {}
  Database* db_;
};

}  // namespace writ::store
