// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_month_file.hh"

#include <fmt/format.h>

#include <algorithm>

#include "records/cdr_book_impl.hh"

namespace writ::records {
namespace {

constexpr std::uint64_t rows_without_index_max = 2000;  // as fast to read through
constexpr int level_shift = 40;

constexpr std::string_view schema[] = {
    "CREATE TABLE cdr(seq INTEGER PRIMARY KEY, start INTEGER NOT NULL, account INTEGER NOT NULL,"
    " caller INTEGER NOT NULL, called INTEGER NOT NULL, redirecting INTEGER NOT NULL,"
    " caller_extension INTEGER NOT NULL, called_extension INTEGER NOT NULL, check_value INTEGER NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE TABLE identity(hash INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(hash, seq)) STRICT, "
    "WITHOUT ROWID;"
    "CREATE TABLE dictionary(id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;"
    "CREATE TABLE node(id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;"};

constexpr const char* columns[] = {"caller",           "called",           "redirecting",
                                   "caller_extension", "called_extension", "account"};
constexpr const char* row_columns =
    "seq, start, account, caller, called, redirecting, caller_extension, called_extension, check_value, body";

std::int64_t node_id(int level, std::uint64_t index) {
  return static_cast<std::int64_t>(level) << level_shift | static_cast<std::int64_t>(index);
}

// Many small reads under one lock of the file.
class Reading {
 public:
  static Result<Reading> begin(store::Database& db) {
    WRIT_CHECK(db.exec("BEGIN"));
    return Reading{db};
  }
  Reading(Reading&& o) noexcept : db_(std::exchange(o.db_, nullptr)) {}
  Reading& operator=(Reading&&) = delete;
  ~Reading() {
    if (db_ != nullptr) static_cast<void>(db_->exec("COMMIT"));
  }

 private:
  explicit Reading(store::Database& db) : db_(&db) {}
  store::Database* db_;
};

std::string index_sql() {
  std::string sql;
  for (const char* c : columns)
    sql += fmt::format("CREATE INDEX IF NOT EXISTS by_{0} ON cdr({0}, start){1};", c,
                       std::string_view(c) == "account" ? "" : fmt::format(" WHERE {}<>0", c));
  return sql;
}

}  // namespace

Result<std::unique_ptr<MonthFile>> MonthFile::open(const fs::path& file, const std::string& label) {
  WRIT_TRY(db, store::Database::open(file));
  WRIT_CHECK(db.exec("PRAGMA cache_size=-2000; PRAGMA journal_size_limit=0; PRAGMA temp_store=MEMORY"));
  WRIT_TRY(has, db.prepare("SELECT count(*) FROM sqlite_master WHERE type='table' AND name='cdr'"));
  WRIT_CHECK(has.step());
  if (has.integer(0) == 0) WRIT_CHECK(db.migrate("cdr-month", schema));  // readers take no lock
  const std::int64_t middle = to_ms(month_begin(label)) + (std::int64_t{1} << 31);
  std::unique_ptr<MonthFile> f{new MonthFile{std::move(db), middle}};
  WRIT_TRY(s, f->db_.prepare("SELECT count(*) FROM sqlite_master WHERE type='index' AND name='by_account'"));
  WRIT_CHECK(s.step());
  f->indexed_ = s.integer(0) != 0;
  return f;
}

Status MonthFile::clear_from(std::uint64_t size, std::uint64_t texts) {
  const auto from = static_cast<std::int64_t>(size);
  WRIT_TRY(last, db_.prepare("SELECT max(seq) FROM cdr"));
  WRIT_TRY(any, last.step());
  if (!any || last.is_null(0) || last.integer(0) < from) return {};
  last.reset();
  for (const auto& [sql, bound] :
       {std::pair{"DELETE FROM cdr WHERE seq>=?", from}, std::pair{"DELETE FROM identity WHERE seq>=?", from},
        std::pair{"DELETE FROM dictionary WHERE id>=?", static_cast<std::int64_t>(texts)}}) {
    WRIT_TRY(s, db_.prepare(sql));
    WRIT_CHECK(s.bind(1, bound).run());
  }
  WRIT_TRY(nodes, db_.prepare("DELETE FROM node WHERE id>=? AND id<?"));
  for (int level = tree_step; level < level_shift; level += tree_step)
    WRIT_CHECK(nodes.bind(1, node_id(level, size >> level)).bind(2, node_id(level + 1, 0)).run());
  return {};
}

// Identities lie all over their table, and indexes are sorted within it.
Status MonthFile::enlarge_cache() {
  if (!has_large_cache_) WRIT_CHECK(db_.exec("PRAGMA cache_size=-32000"));
  has_large_cache_ = true;
  return {};
}

Status MonthFile::append(const AppendPlan::Part& part) {
  WRIT_CHECK(enlarge_cache());
  WRIT_TRY(tx, store::Transaction::begin(db_));
  WRIT_CHECK(clear_from(part.size_before, part.texts_before));
  WRIT_CHECK(write_part(part));
  return tx.commit();
}

Status MonthFile::write_part(const AppendPlan::Part& part) {
  WRIT_TRY(row, ask(insert_row, [] { return "INSERT INTO cdr VALUES(?,?,?,?,?,?,?,?,?,?)"; }));
  for (const CdrRow& r : part.rows)
    WRIT_CHECK(row->bind(1, static_cast<std::int64_t>(r.seq))
                   .bind(2, r.start_ms - middle_ms_)
                   .bind(3, r.account)
                   .bind(4, r.caller)
                   .bind(5, r.called)
                   .bind(6, r.redirecting)
                   .bind(7, r.caller_extension)
                   .bind(8, r.called_extension)
                   .bind(9, static_cast<std::int32_t>(r.check))
                   .bind_blob(10, r.body)
                   .run());
  // In the order of the table: neighbours lie on one page.
  std::vector<std::pair<std::int32_t, std::uint64_t>> identities;
  identities.reserve(part.rows.size());
  for (const CdrRow& r : part.rows) identities.emplace_back(r.identity, r.seq);
  std::sort(identities.begin(), identities.end());
  WRIT_TRY(identity, ask(insert_identity, [] { return "INSERT INTO identity VALUES(?,?)"; }));
  for (const auto& [hash, seq] : identities)
    WRIT_CHECK(identity->bind(1, hash).bind(2, static_cast<std::int64_t>(seq)).run());
  WRIT_TRY(text, ask(insert_text, [] { return "INSERT INTO dictionary VALUES(?,?)"; }));
  for (std::size_t i = 0; i < part.texts.size(); ++i)
    WRIT_CHECK(text->bind(1, static_cast<std::int64_t>(part.texts_before + i)).bind(2, part.texts[i]).run());
  WRIT_TRY(node, ask(insert_node, [] { return "INSERT INTO node VALUES(?,?)"; }));
  for (const TreeNode& n : part.nodes)
    WRIT_CHECK(node->bind(1, node_id(n.level, n.index)).bind_blob(2, n.hash).run());
  return {};
}

Result<std::vector<std::string>> MonthFile::texts(std::uint64_t from, std::uint64_t to) {
  WRIT_TRY(s, ask(get_texts, [] { return "SELECT body FROM dictionary WHERE id>=? AND id<? ORDER BY id"; }));
  s->bind(1, static_cast<std::int64_t>(from)).bind(2, static_cast<std::int64_t>(to));
  std::vector<std::string> out;
  for (;;) {
    WRIT_TRY(more, s->step());
    if (!more) return out;
    out.push_back(s->text(0));
  }
}

Result<std::vector<CdrEngine::Candidate>> MonthFile::candidates(std::span<const std::int32_t> identities,
                                                                std::uint64_t size) {
  WRIT_TRY(tx, Reading::begin(db_));
  WRIT_TRY(s, ask(get_identity, [] { return "SELECT seq FROM identity WHERE hash=? AND seq<?"; }));
  std::vector<CdrEngine::Candidate> out;
  for (const std::int32_t hash : identities) {
    s->bind(1, hash).bind(2, static_cast<std::int64_t>(size));
    for (;;) {
      WRIT_TRY(more, s->step());
      if (!more) break;
      out.push_back({hash, static_cast<std::uint64_t>(s->integer(0))});
    }
    s->reset();
  }
  return out;
}

CdrRow MonthFile::row_of(const store::Statement& s) const {
  CdrRow r;
  r.seq = static_cast<std::uint64_t>(s.integer(0));
  r.start_ms = s.integer(1) + middle_ms_;
  r.account = static_cast<std::int32_t>(s.integer(2));
  r.caller = s.integer(3);
  r.called = s.integer(4);
  r.redirecting = s.integer(5);
  r.caller_extension = s.integer(6);
  r.called_extension = s.integer(7);
  r.check = static_cast<std::uint32_t>(s.integer(8));
  r.body = s.blob(9);
  return r;
}

Result<std::vector<CdrRow>> MonthFile::rows(std::uint64_t from, std::uint64_t to) {
  WRIT_TRY(s, ask(get_rows, [] {
             return fmt::format("SELECT {} FROM cdr WHERE seq>=? AND seq<? ORDER BY seq", row_columns);
           }));
  s->bind(1, static_cast<std::int64_t>(from)).bind(2, static_cast<std::int64_t>(to));
  std::vector<CdrRow> out;
  for (;;) {
    WRIT_TRY(more, s->step());
    if (!more) return out;
    out.push_back(row_of(*s));
  }
}

Result<std::vector<CdrRow>> MonthFile::select(const Selection& q) {
  // Only speed depends on it: a reader that may not write looks without.
  if (!indexed_ && q.size > rows_without_index_max) static_cast<void>(build_indexes());
  std::vector<CdrRow> out;
  for (const Selection::Branch& b : q.branches) {
    const auto column = static_cast<std::size_t>(b.column);
    const auto sql = [&] {
      const char* name = columns[column];
      return fmt::format(
          "SELECT {0} FROM cdr WHERE {1}=?1 {2} AND start>=?2 AND start<?3 AND +seq<?4"
          " AND (start>?5 OR +seq>?6) ORDER BY start, seq LIMIT ?7",
          row_columns, name, b.column == PartyColumn::account ? "" : fmt::format("AND {}<>0", name));
    };
    WRIT_TRY(s, ask(by_party + column, sql));
    const auto relative = [&](std::int64_t ms) {  // beyond the month is beyond the month, however far
      return std::clamp(ms, middle_ms_ - (std::int64_t{1} << 33), middle_ms_ + (std::int64_t{1} << 33)) -
             middle_ms_;
    };
    s->bind(1, b.code).bind(2, relative(q.from_ms)).bind(3, relative(q.until_ms));
    s->bind(4, static_cast<std::int64_t>(q.size)).bind(5, relative(q.after_ms)).bind(6, q.after_seq);
    s->bind(7, static_cast<std::int64_t>(q.limit));
    for (;;) {
      WRIT_TRY(more, s->step());
      if (!more) break;
      out.push_back(row_of(*s));
    }
    s->reset();
  }
  return out;
}

Result<std::vector<TreeNode>> MonthFile::nodes(int level, std::uint64_t from, std::uint64_t to) {
  WRIT_TRY(s, ask(get_nodes, [] { return "SELECT id, hash FROM node WHERE id>=? AND id<? ORDER BY id"; }));
  s->bind(1, node_id(level, from)).bind(2, node_id(level, to));
  std::vector<TreeNode> out;
  for (;;) {
    WRIT_TRY(more, s->step());
    if (!more) return out;
    TreeNode n{level, static_cast<std::uint64_t>(s->integer(0) - node_id(level, 0)), {}};
    const Bytes hash = s->blob(1);
    if (hash.size() == n.hash.size()) std::copy(hash.begin(), hash.end(), n.hash.begin());
    out.push_back(n);
  }
}

Status MonthFile::build_indexes() {
  if (indexed_) return {};
  WRIT_CHECK(enlarge_cache());
  WRIT_TRY(tx, store::Transaction::begin(db_));
  WRIT_CHECK(db_.exec(index_sql()));
  WRIT_CHECK(tx.commit());
  indexed_ = true;
  return db_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

Status MonthFile::check() {
  WRIT_TRY(s, db_.prepare("PRAGMA integrity_check(1)"));
  WRIT_TRY(any, s.step());
  if (any && s.text(0) == "ok") return {};
  return fail(Exit::integrity,
              "the month's file is damaged: " + (any ? s.text(0) : std::string("no answer")));
}

}  // namespace writ::records
