// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, the writer's lock, and what reads. Writing is in cdr_postgres_write.cc.
#include "records/cdr_postgres.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "records/cdr_columns.hh"

namespace writ::records {
namespace {

// Bytes, not text, wherever a NUL byte may be. int4 where 32 bits do: the rows are many.
constexpr std::array<std::string_view, 1> postgres_schema = {R"(
CREATE TABLE cdr_generation(one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL);
INSERT INTO cdr_generation VALUES(1, 0);
CREATE TABLE cdr_month(
  id INTEGER PRIMARY KEY,
  label TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  texts INTEGER NOT NULL,
  peaks BLOB NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  sealed INTEGER NOT NULL,
  dropped INTEGER NOT NULL
);
CREATE TABLE cdr_receipt(key BLOB PRIMARY KEY, receipt BLOB NOT NULL);
CREATE TABLE cdr_held(
  label TEXT NOT NULL,
  seq INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  proof TEXT NOT NULL,
  PRIMARY KEY (label, seq)
);
CREATE INDEX cdr_held_start ON cdr_held(start_ms);
CREATE TABLE cdr_key(month int4 NOT NULL, sealed_key BLOB NOT NULL) PARTITION BY LIST (month);
CREATE TABLE cdr_text(month int4 NOT NULL, id INTEGER NOT NULL, value BLOB NOT NULL) PARTITION BY LIST (month);
CREATE TABLE cdr_node(month int4 NOT NULL, level int4 NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL)
  PARTITION BY LIST (month);
CREATE TABLE cdr_row(
  seq INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  caller INTEGER,
  called INTEGER,
  redirecting INTEGER,
  caller_extension INTEGER,
  called_extension INTEGER,
  month int4 NOT NULL,
  account int4 NOT NULL,
  identity int4 NOT NULL,
  leaf_check int4 NOT NULL,
  body BLOB NOT NULL
) PARTITION BY LIST (month);
)"};

constexpr std::string_view postgres_columns =
    "seq, start_ms, caller, called, redirecting, caller_extension, called_extension, account, leaf_check, "
    "body";
// "CDRs"; the second key as in the store's own lock.
constexpr std::string_view lock_keys = "(1128550003, hashtext(coalesce(current_schema(), '')))";

constexpr std::size_t indexes_of_rows = 8;  // index_and_attach()

Result<std::vector<CdrRow>> read_rows(store::Statement& q) {
  std::vector<CdrRow> out;
  for (;;) {
    WRIT_TRY(there, q.step());
    if (!there) return out;
    out.push_back(read_row(q, 0));
  }
}

Result<std::vector<crypto::Digest>> digests(const Bytes& b, std::string_view where) {
  if (b.size() % sizeof(crypto::Digest) != 0)
    return fail(Exit::integrity, fmt::format("{}: a hash of the month's tree is damaged", where));
  std::vector<crypto::Digest> out(b.size() / sizeof(crypto::Digest));
  for (std::size_t i = 0; i < out.size(); ++i)
    std::copy_n(b.begin() + static_cast<std::ptrdiff_t>(i * sizeof(crypto::Digest)), sizeof(crypto::Digest),
                out[i].begin());
  return out;
}

}  // namespace

Result<store::Database> PostgresCdrs::connect(const std::string& conninfo) {
  WRIT_TRY(db, store::Database::connect(conninfo));
  WRIT_CHECK(db.migrate("cdr", postgres_schema));
  return db;
}

Result<std::unique_ptr<PostgresCdrs>> PostgresCdrs::open(const std::string& conninfo) {
  WRIT_TRY(db, connect(conninfo));
  return std::unique_ptr<PostgresCdrs>(new PostgresCdrs(conninfo, std::move(db)));
}

Status PostgresCdrs::lock() { return db_.exec(fmt::format("SELECT pg_advisory_lock{}", lock_keys)); }

// begin() and generation() are what the book calls first: there a lost connection is made anew. Not while
// writing, since the lock went with the connection.
Status PostgresCdrs::begin() {
  auto locked = lock();
  if (!locked && locked.error().exit == Exit::unit) {
    WRIT_TRY(db, connect(conninfo_));
    db_ = std::move(db);
    locked = lock();
  }
  writing_ = locked.has_value();
  return locked;
}

void PostgresCdrs::end() noexcept {
  if (!std::exchange(writing_, false)) return;
  static_cast<void>(db_.exec(fmt::format("SELECT pg_advisory_unlock{}", lock_keys)));
}

Result<std::int64_t> PostgresCdrs::read_generation() {
  WRIT_TRY(q, db_.prepare("SELECT n FROM cdr_generation"));
  WRIT_TRY(there, q.step());
  if (!there) return fail(Exit::integrity, "the store of call records has lost its generation");
  return q.integer(0);
}

Result<std::uint64_t> PostgresCdrs::generation() {
  auto n = read_generation();
  if (!n && n.error().exit == Exit::unit && !writing_) {
    WRIT_TRY(db, connect(conninfo_));
    db_ = std::move(db);
    n = read_generation();
  }
  if (!n) return tl::unexpected(std::move(n).error());
  return static_cast<std::uint64_t>(*n);
}

Result<std::int64_t> PostgresCdrs::id_of(const std::string& label) {
  if (const auto known = ids_.find(label); known != ids_.end()) return known->second;
  WRIT_TRY(q, db_.prepare("SELECT id FROM cdr_month WHERE label = ?"));
  WRIT_TRY(there, q.bind(1, label).step());
  if (!there) return fail(Exit::not_found, fmt::format("no call records of the month {} are kept", label));
  return ids_[label] = q.integer(0);
}

Result<std::vector<MonthState>> PostgresCdrs::months() {
  WRIT_TRY(q, db_.prepare(
                  "SELECT m.label, k.sealed_key, m.size, m.texts, m.peaks, m.first_ms, m.last_ms, m.sealed, "
                  "m.dropped FROM cdr_month AS m LEFT JOIN cdr_key AS k ON k.month = m.id ORDER BY m.label"));
  std::vector<MonthState> out;
  for (;;) {
    WRIT_TRY(there, q.step());
    if (!there) return out;
    MonthState& s = out.emplace_back();
    s.label = q.text(0);
    s.sealed_key = q.blob(1);
    s.size = static_cast<std::uint64_t>(q.integer(2));
    s.texts = static_cast<std::uint64_t>(q.integer(3));
    WRIT_TRY(peaks, digests(q.blob(4), s.label));
    s.peaks = std::move(peaks);
    s.first_ms = q.integer(5);
    s.last_ms = q.integer(6);
    s.sealed = q.integer(7) != 0;
    s.dropped = q.integer(8) != 0;
  }
}

Result<std::optional<std::string>> PostgresCdrs::receipt(const std::string& key) {
  WRIT_TRY(q, db_.prepare("SELECT receipt FROM cdr_receipt WHERE key = ?"));
  WRIT_TRY(there, q.bind_blob(1, view_of(key)).step());
  if (!there) return std::optional<std::string>{};
  return std::optional<std::string>{q.text(0)};
}

Result<std::uint64_t> PostgresCdrs::bytes(const std::string& label) {
  WRIT_TRY(id, id_of(label));
  WRIT_TRY(q, db_.prepare(
                  "SELECT coalesce(sum(pg_total_relation_size(to_regclass(t || CAST(? AS TEXT)))), 0) FROM "
                  "(VALUES ('cdr_row_'), ('cdr_text_'), ('cdr_node_'), ('cdr_key_')) AS tables(t)"));
  WRIT_TRY(there, q.bind(1, std::to_string(id)).step());
  return there ? static_cast<std::uint64_t>(q.integer(0)) : 0;
}

Result<std::vector<std::string>> PostgresCdrs::texts(const std::string& label, std::uint64_t from,
                                                     std::uint64_t to) {
  WRIT_TRY(id, id_of(label));
  WRIT_TRY(
      q, db_.prepare(fmt::format("SELECT value FROM cdr_text_{} WHERE id >= ? AND id < ? ORDER BY id", id)));
  q.bind(1, store::sql_number(from)).bind(2, store::sql_number(to));
  std::vector<std::string> out;
  for (;;) {
    WRIT_TRY(there, q.step());
    if (!there) return out;
    out.push_back(q.text(0));
  }
}

Result<std::vector<CdrEngine::Candidate>> PostgresCdrs::candidates(const std::string& label,
                                                                   std::span<const std::int32_t> identities,
                                                                   std::uint64_t size) {
  WRIT_TRY(id, id_of(label));
  // A join, as it may become one index probe each or one hash over all; "= ANY" could become neither.
  WRIT_TRY(
      q, db_.prepare(fmt::format("SELECT r.identity, r.seq FROM unnest(CAST(? AS int4[])) AS asked(identity) "
                                 "JOIN cdr_row_{} AS r ON r.identity = asked.identity WHERE r.seq < ?",
                                 id)));
  q.bind(1, fmt::format("{{{}}}", fmt::join(identities, ","))).bind(2, store::sql_number(size));
  std::vector<Candidate> out;
  for (;;) {
    WRIT_TRY(there, q.step());
    if (!there) return out;
    out.push_back({static_cast<std::int32_t>(q.integer(0)), static_cast<std::uint64_t>(q.integer(1))});
  }
}

Result<std::vector<CdrRow>> PostgresCdrs::rows(const std::string& label, std::uint64_t from,
                                               std::uint64_t to) {
  WRIT_TRY(id, id_of(label));
  WRIT_TRY(q, db_.prepare(fmt::format("SELECT {} FROM cdr_row_{} WHERE seq >= ? AND seq < ? ORDER BY seq",
                                      postgres_columns, id)));
  q.bind(1, store::sql_number(from)).bind(2, store::sql_number(to));
  return read_rows(q);
}

// A branch each with its own index and limit: an OR over columns would read the whole month.
Result<std::vector<CdrRow>> PostgresCdrs::select(const std::string& label, const Selection& s) {
  WRIT_TRY(id, id_of(label));
  std::string sql;
  int code = 6;
  for (const auto& b : s.branches)
    sql += fmt::format(
        "{}(SELECT {} FROM cdr_row_{} WHERE {} = ?{} AND start_ms >= ?1 AND start_ms < ?2 AND (start_ms, "
        "seq) > (?3, "
        "?4) AND seq < ?5 ORDER BY start_ms, seq LIMIT ?6)",
        sql.empty() ? "" : " UNION ALL ", postgres_columns, id, party_columns[place_of(b.column)], ++code);
  if (sql.empty()) return std::vector<CdrRow>{};
  WRIT_TRY(q, db_.prepare(sql));
  q.bind(1, s.from_ms).bind(2, s.until_ms).bind(3, s.after_ms).bind(4, s.after_seq);
  q.bind(5, store::sql_number(s.size)).bind(6, store::sql_number(s.limit));
  code = 6;
  for (const auto& b : s.branches) q.bind(++code, b.code);
  return read_rows(q);
}

Result<std::vector<TreeNode>> PostgresCdrs::nodes(const std::string& label, int level, std::uint64_t from,
                                                  std::uint64_t to) {
  WRIT_TRY(id, id_of(label));
  WRIT_TRY(q, db_.prepare(fmt::format(
                  "SELECT place, hash FROM cdr_node_{} WHERE level = ? AND place >= ? AND place < "
                  "? ORDER BY place",
                  id)));
  q.bind(1, level).bind(2, store::sql_number(from)).bind(3, store::sql_number(to));
  std::vector<TreeNode> out;
  for (;;) {
    WRIT_TRY(there, q.step());
    if (!there) return out;
    WRIT_TRY(hash, digests(q.blob(1), label));
    if (hash.size() != 1)
      return fail(Exit::integrity, fmt::format("{}: a node of the tree is damaged", label));
    out.push_back({level, static_cast<std::uint64_t>(q.integer(0)), hash.front()});
  }
}

// An index that is not valid (a REINDEX CONCURRENTLY that broke off) is kept up and never asked; one that is
// missing makes look-ups slow. Whether each entry is there only amcheck can tell: used where the
// administrator has installed it.
Status PostgresCdrs::check(const std::string& label) {
  WRIT_TRY(id, id_of(label));
  WRIT_TRY(q,
           db_.prepare("SELECT CAST(i.indexrelid AS INTEGER), c.relname, CASE WHEN i.indisvalid AND "
                       "i.indisready THEN 1 ELSE 0 END"
                       " FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid"
                       " WHERE i.indrelid = to_regclass('cdr_row_' || CAST(? AS TEXT)) ORDER BY c.relname"));
  q.bind(1, std::to_string(id));
  std::vector<std::int64_t> indexes;
  for (;;) {
    WRIT_TRY(there, q.step());
    if (!there) break;
    if (q.integer(2) == 0)
      return fail(Exit::integrity, fmt::format("the index {} is not valid", q.text(1)), {}, {},
                  fmt::format("the database's administrator runs REINDEX TABLE cdr_row_{}", id));
    indexes.push_back(q.integer(0));
  }
  if (indexes.size() < indexes_of_rows)
    return fail(Exit::integrity,
                fmt::format("cdr_row_{} has {} indexes of {}", id, indexes.size(), indexes_of_rows));
  WRIT_TRY(amcheck, db_.prepare("SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = "
                                "e.extnamespace WHERE e.extname = 'amcheck'"));
  WRIT_TRY(installed, amcheck.step());
  if (!installed) return {};
  const std::string schema_of = amcheck.text(0);
  for (const std::int64_t index : indexes)
    if (Status ok = db_.exec(fmt::format("SELECT \"{}\".bt_index_check({}, true)", schema_of, index)); !ok)
      return fail(Exit::integrity,
                  fmt::format("an index does not agree with the records: {}", ok.error().what));
  return {};
}

Result<std::vector<HeldRow>> PostgresCdrs::held(std::int64_t from_ms, std::int64_t until_ms) {
  WRIT_TRY(
      q, db_.prepare("SELECT label, seq, start_ms, proof FROM cdr_held WHERE start_ms >= ? AND start_ms < ? "
                     "ORDER BY start_ms, label, seq"));
  q.bind(1, from_ms).bind(2, until_ms);
  std::vector<HeldRow> out;
  for (;;) {
    WRIT_TRY(there, q.step());
    if (!there) return out;
    out.push_back({q.text(0), static_cast<std::uint64_t>(q.integer(1)), q.integer(2), q.text(3)});
  }
}

Result<std::unique_ptr<CdrBook>> open_postgres_cdrs(const std::string& conninfo, crypto::Secret32 master) {
  WRIT_TRY(engine, PostgresCdrs::open(conninfo));
  return make_cdr_book(std::move(engine), std::move(master));
}

}  // namespace writ::records
