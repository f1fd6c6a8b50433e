// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/database.hh"

#include "store/engine.hh"

namespace writ::store {

Statement::Statement(std::unique_ptr<StatementEngine> e) : e_(std::move(e)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

Statement& Statement::bind(int i, std::string_view t) {
  e_->bind(i, t);
  return *this;
}
Statement& Statement::bind(int i, std::int64_t v) {
  e_->bind(i, v);
  return *this;
}
Statement& Statement::bind_blob(int i, View b) {
  e_->bind(i, b);
  return *this;
}
Statement& Statement::bind_null(int i) {
  e_->bind(i, std::monostate{});
  return *this;
}
Result<bool> Statement::step() { return e_->step(); }
Status Statement::run() {
  for (;;) {
    auto row = step();
    if (!row) {
      reset();
      return tl::unexpected(std::move(row).error());
    }
    if (!*row) break;
  }
  reset();
  return {};
}
void Statement::reset() { e_->reset(); }
std::int64_t Statement::integer(int c) const { return e_->integer(c); }
std::string Statement::text(int c) const { return e_->text(c); }
Bytes Statement::blob(int c) const { return e_->blob(c); }
bool Statement::is_null(int c) const { return e_->is_null(c); }

Result<Database> Database::open(const fs::path& file) {
  WRIT_TRY(e, open_sqlite(file));
  return Database(std::move(e));
}
Result<Database> Database::open_sealed(SealedFile file) {
  WRIT_TRY(e, open_sealed_sqlite(std::move(file)));
  return Database(std::move(e));
}
Result<Database> Database::connect(const std::string& conninfo) {
  WRIT_TRY(e, connect_postgres(conninfo));
  return Database(std::move(e));
}
Database::Database(std::shared_ptr<DatabaseEngine> e) : e_(std::move(e)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Engine Database::engine() const { return e_->engine(); }
Status Database::exec(const std::string& sql) { return e_->exec(sql); }
Result<Statement> Database::prepare(std::string_view sql) { return e_->prepare(sql); }
std::int64_t Database::changes() const { return e_->changes(); }
Result<std::uint64_t> Database::copy_in(std::string_view table, std::span<const std::string_view> columns,
                                        const NextRow& next) {
  return e_->copy_in(table, columns, next);
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

Result<Transaction> Transaction::begin(Database& db) {
  WRIT_CHECK(db.e_->begin());
  return Transaction{db.e_};
}
Transaction::~Transaction() {
  if (e_ != nullptr) e_->rollback();
}
Status Transaction::commit() {
  WRIT_CHECK(e_->commit());
  e_ = nullptr;
  return {};
}

}  // namespace writ::store
