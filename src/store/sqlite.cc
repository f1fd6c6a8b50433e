// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <sqlite3.h>

#include <optional>

#include "store/engine.hh"
#include "store/sealed_keeper.hh"

namespace writ::store {
namespace {

Error db_error(sqlite3* d, std::string_view act) {
  const int code = sqlite3_errcode(d);
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return Error{damaged ? Exit::integrity : Exit::failure,
               fmt::format("store: {}: {}", act, sqlite3_errmsg(d)),
               {},
               {},
               code == SQLITE_FULL   ? "make room on the store's disk, then repeat"
               : code == SQLITE_BUSY ? "another process writes: repeat when it is done"
                                     : ""};
}

class SqliteStatement final : public StatementEngine {
 public:
  // `d` lives as long as the statement: a handle of a closed connection is a zombie until then (close_v2).
  SqliteStatement(sqlite3_stmt* s, std::shared_ptr<SealedKeeper> keeper)
      : s_(s), keeper_(std::move(keeper)) {}
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement() override {
    sqlite3_reset(s_);                                // commits what is open; the connection is there still
    if (keeper_) static_cast<void>(keeper_->keep());  // a failure stays, and the next statement tells it
    sqlite3_finalize(s_);
  }

  void bind(int i, const Value& v) override {
    int r = SQLITE_OK;
    if (const auto* n = std::get_if<std::int64_t>(&v)) {
      r = sqlite3_bind_int64(s_, i, *n);
    } else if (const auto* m = std::get_if<Int32>(&v)) {
      r = sqlite3_bind_int64(s_, i, m->value);
    } else if (const auto* t = std::get_if<std::string_view>(&v)) {
      r = sqlite3_bind_text64(s_, i, t->data() != nullptr ? t->data() : "", t->size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8);
    } else if (const auto* b = std::get_if<View>(&v)) {
      r = b->empty() ? sqlite3_bind_zeroblob(s_, i, 0)
                     : sqlite3_bind_blob64(s_, i, b->data(), b->size(), SQLITE_TRANSIENT);
    } else {
      r = sqlite3_bind_null(s_, i);
    }
    if (r != SQLITE_OK && !bad_) bad_ = i;
  }
  Result<bool> step() override {
    if (bad_)
      return fail(Exit::failure, fmt::format("store: {}: value {} cannot be bound", sqlite3_sql(s_), *bad_));
    if (done_) return false;  // sqlite3_step() would begin anew
    if (keeper_) WRIT_CHECK(keeper_->keep());
    const int r = sqlite3_step(s_);
    if (r == SQLITE_ROW) return true;
    if (r == SQLITE_DONE) {
      done_ = true;
      if (keeper_) WRIT_CHECK(keeper_->keep());
      return false;
    }
    return tl::unexpected(db_error(sqlite3_db_handle(s_), sqlite3_sql(s_)));
  }
  void reset() override {
    sqlite3_reset(s_);
    sqlite3_clear_bindings(s_);
    if (keeper_) static_cast<void>(keeper_->keep());
    bad_.reset();
    done_ = false;
  }
  std::int64_t integer(int c) const override { return sqlite3_column_int64(s_, c); }
  std::string text(int c) const override {
    const auto* p = sqlite3_column_text(s_, c);
    if (p == nullptr) return {};
    return {reinterpret_cast<const char*>(p), static_cast<std::size_t>(sqlite3_column_bytes(s_, c))};
  }
  Bytes blob(int c) const override {
    const auto* p = static_cast<const std::uint8_t*>(sqlite3_column_blob(s_, c));
    if (p == nullptr) return {};
    return {p, p + sqlite3_column_bytes(s_, c)};
  }
  bool is_null(int c) const override { return sqlite3_column_type(s_, c) == SQLITE_NULL; }

 private:
  sqlite3_stmt* s_;
  std::shared_ptr<SealedKeeper> keeper_;
  std::optional<int> bad_;  // first value that could not be bound
  bool done_ = false;
};

class SqliteDatabase final : public DatabaseEngine {
 public:
  explicit SqliteDatabase(sqlite3* d) : d_(d) {}
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase() override { sqlite3_close_v2(d_); }

  Engine engine() const override { return Engine::sqlite; }
  Status exec(const std::string& sql) override {
    if (sqlite3_exec(d_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return tl::unexpected(db_error(d_, sql));
    if (keeper_) return keeper_->keep();
    return {};
  }
  Result<Statement> prepare(std::string_view sql) override {
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(d_, sql.data(), static_cast<int>(sql.size()), &s, nullptr) != SQLITE_OK)
      return tl::unexpected(db_error(d_, sql));
    return Statement(std::make_unique<SqliteStatement>(s, keeper_));
  }
  Status lies_sealed(SealedFile file) {
    keeper_ = std::make_shared<SealedKeeper>(d_, std::move(file));
    return keeper_->load();
  }
  Status begin() override { return exec("BEGIN IMMEDIATE"); }
  Status commit() override { return exec("COMMIT"); }
  // An error such as a full disk may have rolled back already; then there is nothing to do.
  void rollback() override {
    if (sqlite3_get_autocommit(d_) == 0) static_cast<void>(exec("ROLLBACK"));
  }
  std::int64_t changes() const override { return sqlite3_changes64(d_); }

  Result<std::uint64_t> copy_in(std::string_view table, std::span<const std::string_view> columns,
                                const NextRow& next) override {
    std::string names, marks;
    for (const auto c : columns) {
      names += (names.empty() ? "" : ",") + std::string(c);
      marks += marks.empty() ? "?" : ",?";
    }
    WRIT_TRY(put, prepare(fmt::format("INSERT INTO {}({}) VALUES({})", table, names, marks)));
    const std::string_view undo = "ROLLBACK TO writ_copy; RELEASE writ_copy";
    WRIT_CHECK(exec("SAVEPOINT writ_copy"));
    auto copied = copy_rows(put, columns.size(), next);
    if (!copied) {
      if (sqlite3_get_autocommit(d_) == 0) static_cast<void>(exec(std::string(undo)));
      return copied;
    }
    WRIT_CHECK(exec("RELEASE writ_copy"));
    return copied;
  }

 private:
  static Result<std::uint64_t> copy_rows(Statement& put, std::size_t width, const NextRow& next) {
    std::vector<Value> row(width);
    for (std::uint64_t n = 0;; ++n) {
      WRIT_TRY(more, next(row));
      if (!more) return n;
      for (std::size_t i = 0; i < width; ++i) {
        const int at = static_cast<int>(i) + 1;
        if (const auto* v = std::get_if<std::int64_t>(&row[i]))
          put.bind(at, *v);
        else if (const auto* m = std::get_if<Int32>(&row[i]))
          put.bind(at, std::int64_t{m->value});
        else if (const auto* t = std::get_if<std::string_view>(&row[i]))
          put.bind(at, *t);
        else if (const auto* b = std::get_if<View>(&row[i]))
          put.bind_blob(at, *b);
        else
          put.bind_null(at);
      }
      WRIT_CHECK(put.run());
    }
  }
  sqlite3* d_;
  std::shared_ptr<SealedKeeper> keeper_;  // none: SQLite keeps its own file
};

}  // namespace

Result<std::shared_ptr<DatabaseEngine>> open_sealed_sqlite(SealedFile file) {
  sqlite3* raw = nullptr;
  const int r = sqlite3_open_v2(":memory:", &raw,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  auto db = std::make_shared<SqliteDatabase>(raw);
  if (r != SQLITE_OK) return fail(Exit::failure, "store: no memory");
  WRIT_CHECK(db->lies_sealed(std::move(file)));
  // Rollback journals and sorting stay in memory: nothing readable is written beside the sealed file.
  WRIT_CHECK(
      db->exec("PRAGMA journal_mode=MEMORY; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON; PRAGMA "
               "trusted_schema=OFF;"));
  return std::shared_ptr<DatabaseEngine>(std::move(db));
}

Result<std::shared_ptr<DatabaseEngine>> open_sqlite(const fs::path& file) {
  sqlite3* raw = nullptr;
  const int r = sqlite3_open_v2(file.c_str(), &raw,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  auto db = std::make_shared<SqliteDatabase>(raw);
  if (r != SQLITE_OK)
    return fail(Exit::failure, fmt::format("store {}: {}", file.string(),
                                           raw != nullptr ? sqlite3_errmsg(raw) : "no memory"));
  sqlite3_busy_timeout(raw, 10'000);
  WRIT_CHECK(
      db->exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA "
               "trusted_schema=OFF;"));
  return std::shared_ptr<DatabaseEngine>(std::move(db));
}

}  // namespace writ::store
