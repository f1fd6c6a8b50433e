// SPDX-License-Identifier: GPL-3.0-or-later
// A statement is prepared when its values are known: a value's type is the one it was bound with, as in
// SQLite, rather than what PostgreSQL guesses from its place ($1 + 5 would be an int4). NULL stands in the
// text itself.
#include <fmt/format.h>

#include <charconv>

#include "store/postgres.hh"

namespace writ::store {
namespace {

// pg_type.h; part of PostgreSQL's protocol.
constexpr Oid bool_type = 16, bytea_type = 17, int8_type = 20, text_type = 25;

}  // namespace

PgStatement::PgStatement(std::shared_ptr<PgConnection> c, std::string_view sql)
    : c_(std::move(c)),
      original_(sql),
      sql_(to_postgres(sql)),
      bound_(static_cast<std::size_t>(sql_.count)) {}

void PgStatement::bind(int index, const Value& v) {
  if (index < 1 || index > sql_.count || started_) {
    bad_ = Error{
        Exit::failure, fmt::format("store: {}: value {} cannot be bound", original_, index), {}, {}, {}};
    return;
  }
  Bound& b = bound_[static_cast<std::size_t>(index - 1)];
  if (const auto* n = std::get_if<std::int64_t>(&v)) {
    b = {int8_type, std::to_string(*n)};
  } else if (const auto* t = std::get_if<std::string_view>(&v)) {
    if (auto ok = storable(*t, fmt::format("{}: value {}", original_, index)); !ok) bad_ = ok.error();
    b = {text_type, std::string(*t)};
  } else if (const auto* bytes = std::get_if<View>(&v)) {
    b = {bytea_type, std::string(text_of(*bytes))};
  } else {
    b = {};
  }
}

Status PgStatement::send(bool single_rows) {
  std::vector<bool> nulls;
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const Bound& b : bound_) {
    nulls.push_back(b.type == 0);
    types.push_back(b.type == 0 ? text_type : b.type);
    values.push_back(b.type == 0 ? nullptr : b.bytes.c_str());
    lengths.push_back(static_cast<int>(b.bytes.size()));
    formats.push_back(b.type == bytea_type ? 1 : 0);
  }
  WRIT_TRY(name, c_->prepared(joined(sql_, nulls), types, original_));
  PGconn* c = c_->c_.get();
  if (PQsendQueryPrepared(c, name.c_str(), sql_.count, values.data(), lengths.data(), formats.data(), 0) != 1)
    return tl::unexpected(c_->error(original_, nullptr));
  if (single_rows) PQsetSingleRowMode(c);
  return {};
}

PgStatement::Row PgStatement::take(const PGresult* r, int row) {
  const int columns = PQnfields(r);
  if (types_.size() != static_cast<std::size_t>(columns)) {
    types_.clear();
    for (int i = 0; i < columns; ++i) types_.push_back(PQftype(r, i));
  }
  Row out(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i)
    if (PQgetisnull(r, row, i) == 0)
      out[static_cast<std::size_t>(i)].emplace(PQgetvalue(r, row, i),
                                               static_cast<std::size_t>(PQgetlength(r, row, i)));
  return out;
}

Result<bool> PgStatement::fetch() {
  PGconn* c = c_->c_.get();
  std::optional<Error> bad;
  while (const PgResult r{PQgetResult(c)}) {
    const auto status = PQresultStatus(r.get());
    if (status == PGRES_SINGLE_TUPLE) {
      incoming_ = take(r.get(), 0);
      return true;
    }
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && !bad) bad = c_->error(original_, r.get());
    if (PQstatus(c) == CONNECTION_BAD) break;
  }
  c_->active_ = nullptr;
  if (!bad && PQstatus(c) == CONNECTION_BAD) bad = c_->error(original_, nullptr);
  if (bad) return tl::unexpected(std::move(*bad));
  return false;
}

void PgStatement::keep_rest() {
  for (;;) {
    auto row = fetch();
    if (!row) bad_ = std::move(row).error();  // told when the rows before it have been read
    if (!row || !*row) return;
    waiting_.push_back(std::move(incoming_));
  }
}

// One statement outside of a transaction takes the writer's lock as a transaction does.
Status PgStatement::run_write() {
  const bool alone = sql_.locks && c_->idle();
  if (alone) WRIT_CHECK(c_->begin());
  auto sent = send(false);
  if (sent) {
    std::optional<Error> bad;
    while (const PgResult r{PQgetResult(c_->c_.get())}) {
      const auto status = PQresultStatus(r.get());
      if (status == PGRES_TUPLES_OK)
        for (int i = 0; i < PQntuples(r.get()); ++i) waiting_.push_back(take(r.get(), i));
      else if (status != PGRES_COMMAND_OK && !bad)
        bad = c_->error(original_, r.get());
      c_->note_changes(r.get());
      if (PQstatus(c_->c_.get()) == CONNECTION_BAD) break;
    }
    if (bad) sent = tl::unexpected(std::move(*bad));
  }
  if (!sent) {
    if (alone) c_->rollback();
    waiting_.clear();
    return sent;
  }
  return alone ? c_->commit() : Status{};
}

Status PgStatement::start() {
  c_->settle();
  started_ = true;
  types_.clear();
  if (!sql_.reads) return run_write();
  WRIT_CHECK(send(true));
  c_->active_ = this;
  return {};
}

Result<bool> PgStatement::step() {
  const std::lock_guard hold(c_->lock_);
  if (!started_) {
    if (bad_) return tl::unexpected(*bad_);
    if (auto begun = start(); !begun) {
      bad_ = begun.error();
      return tl::unexpected(std::move(begun).error());
    }
  }
  if (!waiting_.empty()) {
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
  }
  if (bad_) return tl::unexpected(*bad_);
  if (c_->active_ != this) return false;
  auto row = fetch();
  if (!row) bad_ = row.error();
  if (row && *row) std::swap(current_, incoming_);
  return row;
}

void PgStatement::reset() {
  const std::lock_guard hold(c_->lock_);
  if (c_->active_ == this)
    for (auto row = fetch(); row && *row;) row = fetch();
  waiting_.clear();
  current_.clear();
  bad_.reset();
  started_ = false;
  for (Bound& b : bound_) b = {};
}

const std::string* PgStatement::cell(int column) const {
  const auto i = static_cast<std::size_t>(column);
  return column >= 0 && i < current_.size() && current_[i] ? &*current_[i] : nullptr;
}
bool PgStatement::is_null(int column) const { return cell(column) == nullptr; }

// Sums are numeric in PostgreSQL, truth is t or f.
std::int64_t PgStatement::integer(int column) const {
  const std::string* s = cell(column);
  if (s == nullptr) return 0;
  if (types_[static_cast<std::size_t>(column)] == bool_type) return *s == "t" ? 1 : 0;
  std::int64_t n = 0;
  std::from_chars(s->data(), s->data() + s->size(), n);
  return n;
}

std::string PgStatement::text(int column) const {
  const std::string* s = cell(column);
  if (s == nullptr) return {};
  const Oid type = types_[static_cast<std::size_t>(column)];
  if (type == bool_type) return *s == "t" ? "1" : "0";
  if (type == bytea_type) return std::string(text_of(blob(column)));
  return *s;
}

Bytes PgStatement::blob(int column) const {
  const std::string* s = cell(column);
  if (s == nullptr) return {};
  if (types_[static_cast<std::size_t>(column)] != bytea_type) return bytes_of(*s);
  std::size_t size = 0;
  const std::unique_ptr<unsigned char, decltype(&PQfreemem)> raw(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(s->c_str()), &size), &PQfreemem);
  return raw ? Bytes(raw.get(), raw.get() + size) : Bytes{};
}

}  // namespace writ::store
