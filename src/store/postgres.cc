// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/postgres.hh"

#include <fmt/format.h>

#include "base/utf8.hh"

namespace writ::store {
namespace {

// "WRIT"; the second key is the schema's, so that two installations in one database do not wait for each
// other.
constexpr std::string_view take_lock =
    "SELECT pg_advisory_xact_lock(1465010516, hashtext(coalesce(current_schema(), '')))";
constexpr std::size_t max_prepared = 256;

std::string trimmed(const char* text) {
  std::string s = text != nullptr ? text : "";
  while (!s.empty() && (s.back() == '\n' || s.back() == ' ')) s.pop_back();
  return s;
}

std::string replaced(std::string s, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = s.find(what, at)) != std::string::npos; at += by.size())
    s.replace(at, what.size(), by);
  return s;
}

// nullopt: not a connection string. libpq's own message would quote a piece of it, perhaps of the password.
std::optional<std::string> password_of(const std::string& conninfo) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), &message);
  PQfreemem(message);
  if (options == nullptr) return std::nullopt;
  std::string password;
  for (const auto* o = options; o->keyword != nullptr; ++o)
    if (std::string_view(o->keyword) == "password" && o->val != nullptr) password = o->val;
  PQconninfoFree(options);
  return password;
}

}  // namespace

Status storable(std::string_view text, std::string_view where) {
  const bool nul = text.find('\0') != std::string_view::npos;
  if (!nul && is_utf8(text)) return {};
  return fail(Exit::failure,
              fmt::format("store: {}: the text {}", where, nul ? "holds a NUL byte" : "is not UTF-8"),
              "PostgreSQL stores text as UTF-8 without NUL bytes", {},
              "correct the text where it comes from, or keep its bytes as a blob");
}

std::string PgConnection::scrubbed(std::string text) const {
  return password_.empty() ? text : replaced(std::move(text), password_, "***");
}

// DETAIL is left out on purpose: it quotes rows ("Key (value)=(+1404...) already exists").
Error PgConnection::error(std::string_view act, const PGresult* r) const {
  if (PQstatus(c_.get()) == CONNECTION_BAD)
    return Error{Exit::unit,
                 scrubbed(fmt::format("store: the connection to PostgreSQL (database {} at {}) was lost: {}",
                                      PQdb(c_.get()), PQhost(c_.get()), trimmed(PQerrorMessage(c_.get())))),
                 {},
                 {},
                 "check that the server runs and is reachable, then repeat the command"};
  const char* code = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  const std::string_view state = code != nullptr ? code : "";
  const char* primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
  const std::string what = primary != nullptr ? primary : trimmed(PQerrorMessage(c_.get()));
  return Error{state.starts_with("XX") ? Exit::integrity : Exit::failure,
               scrubbed(fmt::format("store: {}: {}", act, what)),
               {},
               {},
               state == "55P03"   ? "another process writes: repeat when it is done"
               : state == "53100" ? "make room on the database server's disk, then repeat"
                                  : ""};
}

Status PgConnection::simple(const std::string& sql, std::string_view act) {
  const PgResult r(PQexec(c_.get(), sql.c_str()));
  const auto status = PQresultStatus(r.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
    return tl::unexpected(error(act, r.get()));
  note_changes(r.get());
  return {};
}

Result<std::string> PgConnection::value(const char* sql) {
  const PgResult r(PQexec(c_.get(), sql));
  if (PQresultStatus(r.get()) != PGRES_TUPLES_OK || PQntuples(r.get()) != 1)
    return tl::unexpected(error(sql, r.get()));
  return std::string(PQgetvalue(r.get(), 0, 0));
}

void PgConnection::note_changes(PGresult* r) {
  const std::string_view tag = PQcmdStatus(r);
  if (tag.starts_with("INSERT") || tag.starts_with("UPDATE") || tag.starts_with("DELETE"))
    changes_ = std::atoll(PQcmdTuples(r));
}

Status PgConnection::set_up() {
  PQsetNoticeProcessor(
      c_.get(), [](void*, const char*) {}, nullptr);
  if (PQserverVersion(c_.get()) < 150000)
    return fail(Exit::unit,
                fmt::format("store: the PostgreSQL server is version {}", PQserverVersion(c_.get()) / 10000),
                "PostgreSQL 15 or newer is needed", {}, "upgrade the server");
  WRIT_TRY(encoding, value("SHOW server_encoding"));
  if (encoding != "UTF8")
    return fail(Exit::unit, fmt::format("store: the database's encoding is {}", encoding),
                "text is kept as UTF-8", {}, "create the database with ENCODING 'UTF8' TEMPLATE template0");
  WRIT_TRY(fsync, value("SHOW fsync"));
  if (fsync != "on")
    return fail(Exit::unit, "store: the PostgreSQL server runs with fsync off",
                "what is confirmed must survive a loss of power", {}, "set fsync = on at the server");
  return simple(
      "SET standard_conforming_strings = on; SET lock_timeout = '10s'; SET bytea_output = hex;"
      "SELECT set_config('synchronous_commit', 'on', false) "
      "WHERE current_setting('synchronous_commit') = 'off'",
      "set up the session");
}

Result<std::shared_ptr<DatabaseEngine>> connect_postgres(const std::string& conninfo) {
  const auto password = password_of(conninfo);
  if (!password)
    return fail(Exit::usage, "store: this is not a PostgreSQL connection string", {}, {},
                "write \"host=... dbname=... user=...\" or postgresql://user@host/dbname");
  // What stands after dbname outranks the caller's string.
  const char* const names[] = {"connect_timeout", "fallback_application_name", "dbname", "client_encoding",
                               nullptr};
  const char* const values[] = {"10", "writ", conninfo.c_str(), "UTF8", nullptr};
  std::unique_ptr<PGconn, PgFinish> raw(PQconnectdbParams(names, values, 1));
  const bool open = PQstatus(raw.get()) == CONNECTION_OK;
  std::string why = open ? "" : trimmed(PQerrorMessage(raw.get()));
  if (!open) {
    if (!password->empty()) why = replaced(std::move(why), *password, "***");
    return fail(Exit::unit, fmt::format("store: {}", why), {}, {},
                "check that the server runs, is reachable and lets this user in, then repeat the command");
  }
  auto c = std::make_shared<PgConnection>(std::move(raw), *password);
  WRIT_CHECK(c->set_up());
  return std::shared_ptr<DatabaseEngine>(std::move(c));
}

void PgConnection::settle() {
  if (active_ != nullptr) active_->keep_rest();
}

Status PgConnection::exec(const std::string& sql) {
  const std::lock_guard hold(lock_);
  settle();
  const PostgresSql own = to_postgres(sql);
  if (!own.locks || !idle()) return simple(joined(own), sql);
  WRIT_CHECK(begin());
  if (auto done = simple(joined(own), sql); !done) {
    rollback();
    return done;
  }
  return commit();
}

Result<Statement> PgConnection::prepare(std::string_view sql) {
  return Statement(std::make_unique<PgStatement>(shared_from_this(), sql));
}

// READ COMMITTED: what is read after the lock was given is what the writer before left, whatever the server's
// default isolation.
Status PgConnection::begin() {
  const std::lock_guard hold(lock_);
  settle();
  if (PQstatus(c_.get()) == CONNECTION_OK && !idle())
    return fail(Exit::failure, "store: BEGIN: cannot start a transaction within a transaction");
  auto begun = simple(fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED; {}", take_lock), "BEGIN");
  if (!begun) rollback();
  return begun;
}

Status PgConnection::commit() {
  const std::lock_guard hold(lock_);
  settle();
  const PgResult r(PQexec(c_.get(), "COMMIT"));
  if (PQstatus(c_.get()) == CONNECTION_BAD) {
    Error e = error("COMMIT", r.get());
    e.missing = "whether the last change was kept is not known";
    e.next = "check that the server runs, look whether the change is there, and repeat it only if not";
    return tl::unexpected(std::move(e));
  }
  if (PQresultStatus(r.get()) != PGRES_COMMAND_OK) return tl::unexpected(error("COMMIT", r.get()));
  // The server answers a COMMIT after an error with ROLLBACK, not with an error.
  if (std::string_view(PQcmdStatus(r.get())) != "COMMIT")
    return fail(Exit::failure, "store: COMMIT: an error before had ended the transaction; nothing was kept");
  return {};
}

void PgConnection::rollback() {
  const std::lock_guard hold(lock_);
  settle();
  if (PQstatus(c_.get()) == CONNECTION_OK && !idle()) static_cast<void>(simple("ROLLBACK", "ROLLBACK"));
}

Result<std::string> PgConnection::prepared(const std::string& sql, const std::vector<Oid>& types,
                                           std::string_view act) {
  std::string key = sql;
  for (const Oid t : types) key += fmt::format(" {}", t);
  if (const auto known = prepared_.find(key); known != prepared_.end()) return known->second;
  if (prepared_.size() >= max_prepared) {
    WRIT_CHECK(simple("DEALLOCATE ALL", "DEALLOCATE"));
    prepared_.clear();
  }
  std::string name = fmt::format("writ_{}", ++names_);
  const PgResult r(
      PQprepare(c_.get(), name.c_str(), sql.c_str(), static_cast<int>(types.size()), types.data()));
  if (PQresultStatus(r.get()) != PGRES_COMMAND_OK) return tl::unexpected(error(act, r.get()));
  prepared_.emplace(std::move(key), name);
  return name;
}

}  // namespace writ::store
