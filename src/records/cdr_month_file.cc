// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_month_file.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "records/cdr_book_impl.hh"
#include "records/cdr_columns.hh"

namespace writ::records {
namespace {

constexpr std::uint64_t rows_without_index_max = 2000;  // as fast to read through
constexpr int level_shift = 40;

constexpr std::string_view month_schema =
    "CREATE TABLE cdr(seq INTEGER PRIMARY KEY, start INTEGER NOT NULL, account INTEGER NOT NULL,"
    " caller INTEGER NOT NULL, called INTEGER NOT NULL, redirecting INTEGER NOT NULL,"
    " caller_extension INTEGER NOT NULL, called_extension INTEGER NOT NULL, check_value INTEGER NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE TABLE dictionary(id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;"
    "CREATE TABLE node(id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;";

constexpr const char* row_columns =
    "seq, start, caller, called, redirecting, caller_extension, called_extension, account, check_value, body";

std::int64_t node_id(int level, std::uint64_t index) {
  return static_cast<std::int64_t>(level) << level_shift | static_cast<std::int64_t>(index);
}

}  // namespace

Result<std::unique_ptr<MonthFile>> MonthFile::open(const fs::path& file, const std::string& label) {
  WRIT_TRY(db, store::Database::open(file));
  WRIT_CHECK(db.exec("PRAGMA cache_size=-8000; PRAGMA journal_size_limit=0; PRAGMA temp_store=MEMORY"));
  WRIT_TRY(has, db.prepare("SELECT count(*) FROM sqlite_master WHERE type='table' AND name='cdr'"));
  WRIT_CHECK(has.step());
  if (has.integer(0) == 0) {  // readers take no lock
    const std::string all = std::string(month_schema) + IdentityIndex::schema() + PartyIndex::schema();
    const std::string_view steps[] = {all};
    WRIT_CHECK(db.migrate("cdr-month", steps));
  }
  const std::int64_t middle = to_ms(month_begin(label)) + (std::int64_t{1} << 31);
  return std::unique_ptr<MonthFile>{new MonthFile{std::move(db), middle}};
}

Status MonthFile::clear_from(std::uint64_t size, std::uint64_t texts) {
  const auto from = static_cast<std::int64_t>(size);
  WRIT_TRY(last, db_.prepare("SELECT max(seq) FROM cdr"));
  WRIT_TRY(any, last.step());
  if (!any || last.is_null(0) || last.integer(0) < from) return {};
  last.reset();
  for (const auto& [sql, bound] :
       {std::pair{"DELETE FROM cdr WHERE seq>=?", from},
        std::pair{"DELETE FROM dictionary WHERE id>=?", static_cast<std::int64_t>(texts)}}) {
    WRIT_TRY(s, db_.prepare(sql));
    WRIT_CHECK(s.bind(1, bound).run());
  }
  WRIT_CHECK(identities_.cut(size));
  WRIT_CHECK(parties_.cut(size));
  WRIT_TRY(nodes, db_.prepare("DELETE FROM node WHERE id>=? AND id<?"));
  for (int level = tree_step; level < level_shift; level += tree_step)
    WRIT_CHECK(nodes.bind(1, node_id(level, size >> level)).bind(2, node_id(level + 1, 0)).run());
  return {};
}

Status MonthFile::append(const AppendPlan::Part& part) {
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
  WRIT_CHECK(identities_.append(part.rows));
  WRIT_TRY(text, ask(insert_text, [] { return "INSERT INTO dictionary VALUES(?,?)"; }));
  for (std::size_t i = 0; i < part.texts.size(); ++i)
    WRIT_CHECK(text->bind(1, static_cast<std::int64_t>(part.texts_before + i)).bind(2, part.texts[i]).run());
  WRIT_TRY(node, ask(insert_node, [] { return "INSERT INTO node VALUES(?,?)"; }));
  for (const TreeNode& n : part.nodes)
    WRIT_CHECK(node->bind(1, node_id(n.level, n.index)).bind_blob(2, n.hash).run());
  return {};
}

Result<MonthFile::Reading> MonthFile::begin_reading() {
  WRIT_TRY(begin, ask(begin_read, [] { return "BEGIN"; }));
  WRIT_TRY(end, ask(end_read, [] { return "COMMIT"; }));
  WRIT_CHECK(begin->run());
  return Reading{*end};
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
  WRIT_TRY(reading, begin_reading());
  return identities_.find(identities, size);
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
    out.push_back(read_row(*s, middle_ms_));
  }
}

// Rows behind the index: all branches in one pass.
Status MonthFile::read_through(std::uint64_t from, const Selection& q, const PartyIndex::Range& range,
                               std::vector<PartyIndex::Place>& out) {
  WRIT_TRY(
      s, ask(get_parties, [] {
        return "SELECT seq, start, caller, called, redirecting, caller_extension, called_extension, account"
               " FROM cdr WHERE seq>=? AND seq<?";
      }));
  s->bind(1, static_cast<std::int64_t>(from)).bind(2, static_cast<std::int64_t>(range.size));
  for (;;) {
    WRIT_TRY(more, s->step());
    if (!more) return {};
    const PartyIndex::Place p{s->integer(1), static_cast<std::uint64_t>(s->integer(0))};
    if (range.holds(p) && std::any_of(q.branches.begin(), q.branches.end(), [&](const auto& b) {
          return s->integer(static_cast<int>(place_of(b.column)) + 2) == b.code;
        }))
      out.push_back(p);
  }
}

Result<std::vector<CdrRow>> MonthFile::rows_at(const std::vector<PartyIndex::Place>& places) {
  WRIT_TRY(s, ask(get_row, [] { return fmt::format("SELECT {} FROM cdr WHERE seq=?", row_columns); }));
  std::vector<CdrRow> out;
  out.reserve(places.size());
  for (const auto& p : places) {
    WRIT_TRY(there, s->bind(1, static_cast<std::int64_t>(p.seq)).step());
    if (!there) return fail(Exit::integrity, fmt::format("record {} is missing", p.seq));
    out.push_back(read_row(*s, middle_ms_));
    s->reset();
  }
  return out;
}

Result<std::vector<CdrRow>> MonthFile::select(const Selection& q) {
  // Only speed depends on it: a reader that may not write looks without.
  if (q.size > indexed_ + rows_without_index_max) static_cast<void>(index(q.size));
  const auto relative = [&](std::int64_t ms) {  // beyond the month is beyond the month, however far
    return std::clamp(ms, middle_ms_ - (std::int64_t{1} << 33), middle_ms_ + (std::int64_t{1} << 33)) -
           middle_ms_;
  };
  const PartyIndex::Range range{
      relative(q.from_ms), relative(q.until_ms), relative(q.after_ms), q.after_seq, q.size, q.limit};
  WRIT_TRY(reading, begin_reading());
  WRIT_TRY(runs, parties_.runs());
  indexed_ = runs.empty() ? 0 : runs.back().end;
  std::vector<PartyIndex::Place> places;
  for (const Selection::Branch& b : q.branches)
    for (const PartyIndex::Run& run : runs) WRIT_CHECK(parties_.find(run, b, range, places));
  WRIT_CHECK(read_through(indexed_, q, range, places));
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  if (places.size() > q.limit) places.resize(q.limit);
  return rows_at(places);
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

Status MonthFile::index(std::uint64_t size) {
  WRIT_TRY(tx, store::Transaction::begin(db_));
  WRIT_CHECK(parties_.extend(size));
  WRIT_CHECK(tx.commit());
  indexed_ = size;
  return {};
}

Status MonthFile::seal(std::uint64_t size) {
  {
    WRIT_TRY(tx, store::Transaction::begin(db_));
    WRIT_CHECK(parties_.compact(size));
    WRIT_CHECK(tx.commit());
  }
  return db_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

Status MonthFile::check() {
  WRIT_TRY(s, db_.prepare("PRAGMA integrity_check(1)"));
  WRIT_TRY(any, s.step());
  if (!any || s.text(0) != "ok")
    return fail(Exit::integrity,
                "the month's file is damaged: " + (any ? s.text(0) : std::string("no answer")));
  s.reset();
  WRIT_TRY(reading, begin_reading());
  WRIT_CHECK(identities_.check());
  return parties_.check();
}

}  // namespace writ::records
