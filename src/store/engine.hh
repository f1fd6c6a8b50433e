// SPDX-License-Identifier: GPL-3.0-or-later
// What an engine implements; callers use database.hh.
#pragma once
#include "store/database.hh"

namespace writ::store {

class StatementEngine {
 public:
  virtual ~StatementEngine() = default;
  virtual void bind(int index, const Value& v) = 0;  // an error is kept for step()
  virtual Result<bool> step() = 0;
  virtual void reset() = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string text(int column) const = 0;
  virtual Bytes blob(int column) const = 0;
  virtual bool is_null(int column) const = 0;
};

class DatabaseEngine {
 public:
  virtual ~DatabaseEngine() = default;
  virtual Engine engine() const = 0;
  virtual Status exec(const std::string& sql) = 0;
  virtual Result<Statement> prepare(std::string_view sql) = 0;
  virtual Status begin() = 0;
  virtual Status commit() = 0;
  virtual void rollback() = 0;
  virtual std::int64_t changes() const = 0;
  virtual Result<std::uint64_t> copy_in(std::string_view table, std::span<const std::string_view> columns,
                                        const NextRow& next) = 0;
};

Result<std::shared_ptr<DatabaseEngine>> open_sqlite(const fs::path& file);
Result<std::shared_ptr<DatabaseEngine>> open_sealed_sqlite(SealedFile file);
Result<std::shared_ptr<DatabaseEngine>> connect_postgres(const std::string& conninfo);

}  // namespace writ::store
