// SPDX-License-Identifier: GPL-3.0-or-later
// The callers' SQL (database.hh) in PostgreSQL's words. Words are translated outside of quotes and comments,
// and only in capitals, as types and options are written here: INTEGER is BIGINT, BLOB is BYTEA, REAL is
// DOUBLE PRECISION, a TEXT column compares by bytes (COLLATE "C"), INTEGER PRIMARY KEY is an identity column,
// STRICT goes, x'00' is a bytea, and placeholders are numbered.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace writ::store {

struct PostgresSql {
  // The text around the placeholders: one piece more than there are placeholders.
  std::vector<std::string> pieces;
  std::vector<int> values;  // number of each placeholder, in order of the text
  int count = 0;            // highest number
  bool reads = false;       // the (first) statement only reads
  bool locks = false;       // it changes rows or tables: takes the writer's lock
};
PostgresSql to_postgres(std::string_view sql);

// With "$n" for each placeholder, or NULL where `is_null` says so: PostgreSQL wants a type for every value,
// and an untyped NULL in the text fits everywhere.
std::string joined(const PostgresSql& sql, const std::vector<bool>& is_null = {});

}  // namespace writ::store
