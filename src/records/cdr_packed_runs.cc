// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_packed_runs.hh"

#include <fmt/format.h>

#include <algorithm>

#include "records/cdr_pack.hh"

namespace writ::records {
namespace {

constexpr std::size_t chunk_entries = 64;

using Entry = PackedRuns::Entry;

void pack(Bytes& out, const Entry& e, const Entry& before) {
  put_varint(out, static_cast<std::uint64_t>(e.code) - static_cast<std::uint64_t>(before.code));
  if (e.code == before.code)
    put_varint(out, static_cast<std::uint32_t>(e.start) - static_cast<std::uint32_t>(before.start));
  else
    put_signed(out, e.start);
  put_signed(out, std::int64_t{e.row} - before.row);
}

Entry unpack(Unpacker& in, const Entry& before) {
  Entry e;
  const std::uint64_t more = in.varint();
  e.code = static_cast<Code>(static_cast<std::uint64_t>(before.code) + more);
  e.start = more == 0 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(before.start) +
                                                  static_cast<std::uint32_t>(in.varint()))
                      : static_cast<std::int32_t>(in.number());
  e.row = static_cast<std::uint32_t>(before.row + in.number());
  return e;
}

}  // namespace

// The key of a chunk is its last entry: what is looked for is in the first chunk not before it, or after.
std::string PackedRuns::schema(std::string_view name) {
  return fmt::format(
      "CREATE TABLE {0}_run(first INTEGER PRIMARY KEY, end INTEGER NOT NULL) STRICT;"
      "CREATE TABLE {0}(run INTEGER NOT NULL, col INTEGER NOT NULL, code INTEGER NOT NULL,"
      " start INTEGER NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL,"
      " PRIMARY KEY(run, col, code, start, place)) STRICT, WITHOUT ROWID;",
      name);
}

Result<store::Statement*> PackedRuns::ask(std::optional<store::Statement>& s, std::string_view sql) {
  if (!s) {
    WRIT_TRY(prepared, db_.prepare(fmt::format(fmt::runtime(sql), name_)));
    s.emplace(std::move(prepared));
  }
  s->reset();
  return &*s;
}

Result<std::vector<PackedRuns::Run>> PackedRuns::runs() {
  WRIT_TRY(s, ask(runs_, "SELECT first, end FROM {}_run ORDER BY first"));
  std::vector<Run> out;
  for (;;) {
    WRIT_TRY(more, s->step());
    if (!more) return out;
    out.push_back({static_cast<std::uint64_t>(s->integer(0)), static_cast<std::uint64_t>(s->integer(1))});
  }
}

std::size_t PackedRuns::stay(const std::vector<Run>& runs, std::uint64_t size) {
  std::size_t n = runs.size();
  while (n > 0 && runs[n - 1].end - runs[n - 1].first <= size - runs[n - 1].end &&
         size - runs[n - 1].first <= rows_max)
    --n;
  return n;
}

PackedRuns::Cursor::~Cursor() {
  if (chunks_ != nullptr) chunks_->reset();
}

Status PackedRuns::Cursor::seek(Code code, std::int64_t start) {
  chunk_.clear();
  WRIT_TRY(s,
           packed_.ask(packed_.chunks_,
                       "SELECT code, start, place, body FROM {} WHERE run=? AND col=? AND (code,start)>=(?,?)"
                       " ORDER BY code, start, place"));
  s->bind(1, store::sql_number(run_.first)).bind(2, store::sql_number(column_)).bind(3, code).bind(4, start);
  chunks_ = s;
  return {};
}

Result<bool> PackedRuns::Cursor::next() {
  chunk_.clear();
  WRIT_TRY(there, chunks_->step());
  if (!there) return false;
  const Bytes body = chunks_->blob(3);
  Unpacker in{body};
  for (Entry e; !in.done();) {
    e = unpack(in, e);
    if (!in.ok()) break;
    chunk_.push_back(e);
  }
  if (!in.ok() || chunk_.empty() || chunk_.back().code != chunks_->integer(0) ||
      chunk_.back().start != chunks_->integer(1) || chunk_.back().row != chunks_->integer(2))
    return fail(Exit::integrity, fmt::format("the index '{}' of the month is damaged", packed_.name_));
  return true;
}

Result<PackedRuns::Entries> PackedRuns::all(const Run& run, std::size_t column) {
  Cursor cursor{*this, run, column};
  WRIT_CHECK(cursor.seek(std::numeric_limits<Code>::min(), std::numeric_limits<std::int64_t>::min()));
  Entries out;
  for (;;) {
    WRIT_TRY(more, cursor.next());
    if (!more) return out;
    out.insert(out.end(), cursor.chunk().begin(), cursor.chunk().end());
  }
}

Status PackedRuns::add(const Run& run) {
  WRIT_TRY(s, ask(add_, "INSERT INTO {}_run VALUES(?,?)"));
  return s->bind(1, store::sql_number(run.first)).bind(2, store::sql_number(run.end)).run();
}

Status PackedRuns::write(const Run& run, std::size_t column, const Entries& sorted) {
  WRIT_TRY(put, ask(put_, "INSERT INTO {} VALUES(?,?,?,?,?,?)"));
  Bytes body;
  for (std::size_t i = 0; i < sorted.size();) {
    body.clear();
    Entry before;
    for (const std::size_t end = std::min(i + chunk_entries, sorted.size()); i < end; before = sorted[i++])
      pack(body, sorted[i], before);
    put->bind(1, store::sql_number(run.first))
        .bind(2, store::sql_number(column))
        .bind(3, before.code)
        .bind(4, before.start);
    WRIT_CHECK(put->bind(5, before.row).bind_blob(6, body).run());
  }
  return {};
}

Status PackedRuns::drop(const Run& run) {
  for (const char* sql : {"DELETE FROM {} WHERE run=?", "DELETE FROM {}_run WHERE first=?"}) {
    WRIT_TRY(s, db_.prepare(fmt::format(fmt::runtime(sql), name_)));
    WRIT_CHECK(s.bind(1, store::sql_number(run.first)).run());
  }
  return {};
}

}  // namespace writ::records
