// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sqlite.hh"

#include <fmt/format.h>
#include <sqlite3.h>

namespace writ::store {
namespace {

Error db_error(sqlite3* d, std::string_view act) {
  const int code = sqlite3_errcode(d);
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return Error{damaged ? Exit::integrity : Exit::failure,
               fmt::format("store: {}: {}", act, sqlite3_errmsg(d)),
               {},
               {},
               {}};
}

}  // namespace

Statement::Statement(Statement&& o) noexcept : s_(std::exchange(o.s_, nullptr)) {}
Statement::~Statement() { sqlite3_finalize(s_); }

Statement& Statement::bind(int i, std::string_view t) {
  sqlite3_bind_text64(s_, i, t.data() != nullptr ? t.data() : "", t.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind(int i, std::int64_t v) {
  sqlite3_bind_int64(s_, i, v);
  return *this;
}
Statement& Statement::bind_null(int i) {
  sqlite3_bind_null(s_, i);
  return *this;
}
Result<bool> Statement::step() {
  const int r = sqlite3_step(s_);
  if (r == SQLITE_ROW) return true;
  if (r == SQLITE_DONE) return false;
  return tl::unexpected(db_error(sqlite3_db_handle(s_), sqlite3_sql(s_)));
}
Status Statement::run() {
  for (;;) {
    WRIT_TRY(row, step());
    if (!row) break;
  }
  reset();
  return {};
}
void Statement::reset() {
  sqlite3_reset(s_);
  sqlite3_clear_bindings(s_);
}
std::int64_t Statement::integer(int c) const { return sqlite3_column_int64(s_, c); }
std::string Statement::text(int c) const {
  const auto* p = sqlite3_column_text(s_, c);
  if (p == nullptr) return {};
  return {reinterpret_cast<const char*>(p), static_cast<std::size_t>(sqlite3_column_bytes(s_, c))};
}
bool Statement::is_null(int c) const { return sqlite3_column_type(s_, c) == SQLITE_NULL; }

Result<Database> Database::open(const fs::path& file) {
  sqlite3* raw = nullptr;
  const int r = sqlite3_open_v2(file.c_str(), &raw,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  Database db{raw};
  if (r != SQLITE_OK)
    return fail(Exit::failure, fmt::format("store {}: {}", file.string(),
                                           raw != nullptr ? sqlite3_errmsg(raw) : "no memory"));
  sqlite3_busy_timeout(raw, 10'000);
  WRIT_CHECK(
      db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA "
              "trusted_schema=OFF;"));
  return db;
}
Database::Database(Database&& o) noexcept : d_(std::exchange(o.d_, nullptr)) {}
Database::~Database() { sqlite3_close_v2(d_); }

Status Database::exec(const std::string& sql) {
  if (sqlite3_exec(d_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return tl::unexpected(db_error(d_, sql));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v2(d_, sql.data(), static_cast<int>(sql.size()), &s, nullptr) != SQLITE_OK)
    return tl::unexpected(db_error(d_, sql));
  return Statement{s};
}

Status Database::migrate(std::string_view room, std::span<const std::string_view> steps) {
  WRIT_TRY(tx, Transaction::begin(*this));
  WRIT_CHECK(exec(
      "CREATE TABLE IF NOT EXISTS schema_version(room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT"));
  std::size_t have = 0;
  {
    WRIT_TRY(ask, prepare("SELECT version FROM schema_version WHERE room=?"));
    WRIT_TRY(found, ask.bind(1, room).step());
    if (found) have = static_cast<std::size_t>(ask.integer(0));
  }
  if (have > steps.size())
    return fail(Exit::failure, "the store was written by a newer version of this product", {}, {},
                "use that version");
  for (std::size_t i = have; i < steps.size(); ++i) WRIT_CHECK(exec(std::string(steps[i])));
  WRIT_TRY(
      note,
      prepare(
          "INSERT INTO schema_version VALUES(?,?) ON CONFLICT(room) DO UPDATE SET version=excluded.version"));
  WRIT_CHECK(note.bind(1, room).bind(2, static_cast<std::int64_t>(steps.size())).run());
  return tx.commit();
}

std::int64_t Database::changes() const { return sqlite3_changes64(d_); }

Result<Transaction> Transaction::begin(Database& db) {
  WRIT_CHECK(db.exec("BEGIN IMMEDIATE"));
  return Transaction{&db};
}
Transaction::~Transaction() {
  if (db_ != nullptr) static_cast<void>(db_->exec("ROLLBACK"));
}
Status Transaction::commit() {
  WRIT_CHECK(db_->exec("COMMIT"));
  db_ = nullptr;
  return {};
}

}  // namespace writ::store
