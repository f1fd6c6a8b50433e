// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the catalogue: the one read statement. Conditions are ANDed; each is exact.
#pragma once
#include <variant>

#include "records/fact_row.hh"

namespace writ::records {

// The `<> ''` lets both engines use the partial indexes, which leave out what has no name or place.
class Select {
 public:
  Select& kind(FactKind k) { return add("kind = ?", to_string(k)); }
  Select& account(std::string_view v) { return add("account = ?", v); }
  Select& key(std::string_view v) { return add("key = ?", v); }
  Select& name(std::string_view v) { return add("name <> '' AND name = ?", v); }
  Select& place(std::string_view v) { return add("place <> '' AND place = ?", v); }
  Select& covers(std::int64_t number) { return add("lo <= ?", number).add("hi >= ?", number); }
  Select& from_is(Instant t) { return add("valid_from = ?", to_ns(t)); }
  Select& ended(Instant after, Instant until) {
    return add("valid_until > ?", to_ns(after)).add("valid_until <= ?", to_ns(until));
  }
  Select& began(Instant after, Instant until) {
    return add("valid_from > ?", to_ns(after)).add("valid_from <= ?", to_ns(until));
  }
  // Ordered by time, then by who and what.
  Result<std::vector<FactVersion>> within(store::Database& db, const Window& w) const;
  // As known now, withdrawn ones too.
  Result<std::vector<FactVersion>> current(store::Database& db) const;

 private:
  using Value = std::variant<std::string, std::int64_t>;
  Select& add(std::string_view condition, std::string_view v) { return add_value(condition, std::string(v)); }
  Select& add(std::string_view condition, const char* v) { return add_value(condition, std::string(v)); }
  Select& add(std::string_view condition, std::int64_t v) { return add_value(condition, v); }
  Select& add_value(std::string_view condition, Value v);
  Result<std::vector<FactVersion>> run(store::Database& db) const;
  std::string where_;
  std::vector<Value> values_;
};

inline bool withdrawn(const Fact& f) { return f.valid.until && *f.valid.until == f.valid.from; }
inline bool holds_at(const Fact& f, Instant t) {
  return f.valid.from <= t && (!f.valid.until || t < *f.valid.until);
}

}  // namespace writ::records
