// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/fact_select.hh"

#include <algorithm>

namespace writ::records {
namespace {

Result<FactVersion> read_version(const store::Statement& s) {
  FactVersion v;
  v.id = s.integer(0);
  WRIT_TRY(kind, parse_fact_kind(s.text(1)));
  v.fact.kind = kind;
  v.fact.account = s.text(2);
  v.fact.key = s.text(3);
  const std::string body = s.text(4);
  WRIT_TRY(json, parse_json(view_of(body), "a fact in the store"));
  v.fact.body = std::move(json);
  v.fact.valid.from = from_ns(s.integer(5));
  if (!s.is_null(6)) v.fact.valid.until = from_ns(s.integer(6));
  v.known_from = from_ns(s.integer(7));
  if (!s.is_null(8)) v.known_until = from_ns(s.integer(8));
  v.source = s.text(9);
  return v;
}

auto order_of(const FactVersion& v) {
  return std::tie(v.fact.valid.from, v.fact.kind, v.fact.account, v.fact.key, v.known_from, v.id);
}

}  // namespace

Select& Select::add_value(std::string_view condition, Value v) {
  if (!where_.empty()) where_ += " AND ";
  where_ += condition;
  values_.push_back(std::move(v));
  return *this;
}

Result<std::vector<FactVersion>> Select::run(store::Database& db) const {
  WRIT_TRY(q, db.prepare("SELECT id, kind, account, key, body, valid_from, valid_until, known_from, "
                         "known_until, source FROM fact WHERE " +
                         where_));
  for (std::size_t i = 0; i < values_.size(); ++i)
    std::visit([&](const auto& v) { q.bind(static_cast<int>(i) + 1, v); }, values_[i]);
  std::vector<FactVersion> out;
  for (;;) {
    WRIT_TRY(row, q.step());
    if (!row) break;
    WRIT_TRY(v, read_version(q));
    out.push_back(std::move(v));
  }
  std::sort(out.begin(), out.end(),
            [](const FactVersion& a, const FactVersion& b) { return order_of(a) < order_of(b); });
  return out;
}

Result<std::vector<FactVersion>> Select::within(store::Database& db, const Window& w) const {
  Select s = *this;
  s.add("valid_from < ?", to_ns(w.until));
  s.add("(valid_until IS NULL OR valid_until > valid_from) AND (valid_until IS NULL OR valid_until > ?)",
        to_ns(w.from));
  if (!w.known) {
    s.where_ += " AND known_until IS NULL";
  } else {
    s.add("known_from <= ?", to_ns(*w.known));
    s.add("(known_until IS NULL OR known_until > ?)", to_ns(*w.known));
  }
  return s.run(db);
}

Result<std::vector<FactVersion>> Select::current(store::Database& db) const {
  Select s = *this;
  s.where_ += s.where_.empty() ? "known_until IS NULL" : " AND known_until IS NULL";
  return s.run(db);
}

}  // namespace writ::records
