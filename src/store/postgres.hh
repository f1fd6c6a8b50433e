// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to PostgreSQL. Every statement that streams holds the connection; before another one runs,
// the rest of the first is read into memory (settle).
#pragma once
#include <libpq-fe.h>

#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "store/dialect.hh"
#include "store/engine.hh"

namespace writ::store {

struct PgClear {
  void operator()(PGresult* r) const { PQclear(r); }
};
using PgResult = std::unique_ptr<PGresult, PgClear>;
struct PgFinish {
  void operator()(PGconn* c) const { PQfinish(c); }
};

class PgStatement;

class PgConnection final : public DatabaseEngine, public std::enable_shared_from_this<PgConnection> {
 public:
  PgConnection(std::unique_ptr<PGconn, PgFinish> c, std::string password)
      : c_(std::move(c)), password_(std::move(password)) {}
  Status set_up();  // checks the server, sets the session

  Engine engine() const override { return Engine::postgresql; }
  Status exec(const std::string& sql) override;
  Result<Statement> prepare(std::string_view sql) override;
  Status begin() override;
  Status commit() override;
  void rollback() override;
  std::int64_t changes() const override { return changes_; }
  Result<std::uint64_t> copy_in(std::string_view table, std::span<const std::string_view> columns,
                                const NextRow& next) override;

 private:
  friend class PgStatement;
  Error error(std::string_view act, const PGresult* r) const;
  std::string scrubbed(std::string text) const;  // without the password
  Status simple(const std::string& sql, std::string_view act);
  Result<std::string> value(const char* sql);
  // The server's name for this text with these types; prepares it when it is new.
  Result<std::string> prepared(const std::string& sql, const std::vector<Oid>& types, std::string_view act);
  bool idle() const { return PQtransactionStatus(c_.get()) == PQTRANS_IDLE; }
  void settle();
  void note_changes(PGresult* r);
  Status copy_rows(std::size_t width, const NextRow& next, std::uint64_t& rows);
  Status put(Bytes& out, std::size_t at_least);

  std::unique_ptr<PGconn, PgFinish> c_;
  std::string password_;
  std::recursive_mutex lock_;
  PgStatement* active_ = nullptr;  // the one whose rows are still coming
  std::unordered_map<std::string, std::string> prepared_;
  std::uint64_t names_ = 0;
  std::int64_t changes_ = 0;
};

class PgStatement final : public StatementEngine {
 public:
  PgStatement(std::shared_ptr<PgConnection> c, std::string_view sql);
  PgStatement(const PgStatement&) = delete;
  PgStatement& operator=(const PgStatement&) = delete;
  ~PgStatement() override { reset(); }
  void bind(int index, const Value& v) override;
  Result<bool> step() override;
  void reset() override;
  std::int64_t integer(int column) const override;
  std::string text(int column) const override;
  Bytes blob(int column) const override;
  bool is_null(int column) const override;

 private:
  friend class PgConnection;
  using Row = std::vector<std::optional<std::string>>;
  struct Bound {
    Oid type = 0;  // 0: NULL
    std::string bytes;
  };
  Status start();
  Status send(bool single_rows);
  Status run_write();
  Result<bool> fetch();  // the next row into `incoming_`
  void keep_rest();      // called by settle()
  Row take(const PGresult* r, int row);
  const std::string* cell(int column) const;

  std::shared_ptr<PgConnection> c_;
  std::string original_;
  PostgresSql sql_;
  std::vector<Bound> bound_;
  std::optional<Error> bad_;  // told by the next step()
  bool started_ = false;
  std::vector<Oid> types_;
  Row current_, incoming_;
  std::deque<Row> waiting_;
};

// Text that PostgreSQL can hold; else says why not.
Status storable(std::string_view text, std::string_view where);

}  // namespace writ::store
