// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the import: which columns each kind of file has (docs/records-csv.md), and a row made into a fact.
#pragma once
#include <map>
#include <set>

#include "records/csv.hh"
#include "records/fact_row.hh"

namespace writ::records {

struct Column {
  enum class As { account, key, text, hosts, yes_no, cents };
  const char* name;
  As as = As::text;
  bool required = false;
  const char* slot = nullptr;  // of the body, when it is not called like the column
};

struct Table {
  const char* name;  // as in the manual: "stays"
  FactKind kind;
  std::vector<Column> columns;
  bool instant = false;  // `at` instead of `from` and `until`
};

using Cells = std::map<std::string, std::string>;
// Finds the zone of an account; an error says how to make it known.
using ZoneOf = std::function<Result<std::string>(const std::string& account)>;

inline constexpr std::array<const char*, 12> combined_columns = {"account", "subscriber", "street", "city",
                                                                 "state",   "zip",        "tenant", "kind",
                                                                 "value",   "hosts",      "from",   "until"};

std::string trimmed(const std::string& cell);

// Null: the combined file. An error names the columns that do not fit.
Result<const Table*> table_of(const std::set<std::string>& header);

Result<Fact> read_fact(const Table& table, const Cells& cells, const ZoneOf& zone_of);

// One line of the combined file tells of a property and of what it holds.
struct CombinedRow {
  Fact holding;
  std::string subscriber;
  Json address;  // null: the line does not tell one
};
Result<CombinedRow> read_combined(const Cells& cells, const ZoneOf& zone_of);

}  // namespace writ::records
