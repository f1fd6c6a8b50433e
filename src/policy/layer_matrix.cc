// SPDX-License-Identifier: GPL-3.0-or-later
// [[column]] and [[matrix]]: a row is one item with its six cells, and each cell has a citation, the row's
// own or else its column's.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "policy/layer_tables.hh"

namespace writ::policy {
namespace {

constexpr std::array columns{"subpoena", "summons", "court-order", "warrant", "emergency", "nsl"};
constexpr std::array items{
    "subscriber-name",    "subscriber-address", "subscriber-service", "subscriber-number",
    "subscriber-payment", "subscriber-ssn",     "subscriber-calls",   "tenant-name",
    "tenant-address",     "tenant-service",     "tenant-number",      "tenant-payment",
    "tenant-ssn",         "tenant-calls",       "other-non-content",  "stored-content"};

std::vector<std::string> words_of(const auto& list) { return {list.begin(), list.end()}; }

std::map<std::string, std::string> read_columns(Fields& f) {
  std::map<std::string, std::string> citations;
  for (Fields& c : f.objects("column")) {
    const std::string id = c.word("id", words_of(columns), Need::required);
    const std::string citation = c.text("citation", Need::required);
    c.finish();
    if (!citations.emplace(id, citation).second)
      c.refuse("id", fmt::format("names {} twice", id), "keep one citation for each column of a layer");
  }
  return citations;
}

// The minimum of an emergency belongs to the emergency column and the statute of a summons to the others:
// elsewhere such a cell would permit what nobody meant.
void check_place(Fields& f, const char* column, Cell cell) {
  const bool voluntary = cell == Cell::voluntary || cell == Cell::voluntary_if_needed;
  if (voluntary && std::string_view(column) != "emergency")
    f.refuse(column, "is a voluntary minimum outside of an emergency", "use v and v! under emergency alone");
  if (cell == Cell::by_statute && std::string_view(column) != "summons")
    f.refuse(column, "is Y* and not a summons", "use Y* under summons alone");
}

void read_row(Fields& r, Side side, const std::string& file, const std::map<std::string, std::string>& cited,
              std::vector<MatrixRow>& out) {
  MatrixRow row;
  row.layer = file;
  row.item = r.word("item", words_of(items), Need::required);
  if (side == Side::plan) row.title = r.text("title", Need::required);
  const std::string own = r.text("citation");
  // A State pack narrows what it names; the plan and the federal law have a word on everything.
  const Need need = side == Side::plan || file == "federal.toml" ? Need::required : Need::optional;
  for (const char* column : columns) {
    const std::string word = r.text(column, need);
    if (word.empty()) continue;
    const auto cell = parse_cell(word);
    if (!cell) {
      r.refuse(column, fmt::format("is '{}'", word), cell.error().next);
      continue;
    }
    check_place(r, column, *cell);
    row.column = column;
    row.cell = *cell;
    const auto of_column = cited.find(column);
    row.citation = !own.empty() ? own : of_column == cited.end() ? "" : of_column->second;
    if (row.citation.empty())
      r.refuse(column, "has no citation", "add a citation to the row, or a [[column]] with one");
    out.push_back(row);
  }
  r.finish();
}

bool has_cell(const std::vector<MatrixRow>& rows, std::string_view item, std::string_view column) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const MatrixRow& r) { return r.item == item && r.column == column; });
}

}  // namespace

void read_matrix(Fields& f, Side side, const std::string& file, Policy& p) {
  const auto cited = read_columns(f);
  auto& out = side == Side::plan ? p.plan_matrix : p.law_matrix;
  for (Fields& r : f.objects("matrix")) {
    if (side == Side::none)
      return f.refuse(
          "matrix", "is in a layer that takes no side",
          "add side = \"plan\" (the carrier's own rules) or side = \"law\" at the top of the file");
    std::vector<MatrixRow> row;
    read_row(r, side, file, cited, row);
    if (row.empty()) continue;
    // Two plan layers cannot both have the last word; layers of law all have to permit.
    const bool twice = std::any_of(out.begin(), out.end(), [&](const MatrixRow& o) {
      return o.item == row.front().item && (side == Side::plan || o.layer == file);
    });
    if (twice)
      r.refuse("item", fmt::format("names {} twice", row.front().item), "keep one row for each item");
    out.insert(out.end(), row.begin(), row.end());
  }
}

Status matrix_whole(Policy& p) {
  for (const char* item : items)
    for (const char* column : columns)
      for (const auto& [rows, side] : {std::pair{&p.plan_matrix, "plan"}, std::pair{&p.law_matrix, "law"}})
        if (!has_cell(*rows, item, column))
          return fail(Exit::usage, fmt::format("the {} side of the matrix has no row for {}", side, item),
                      "requirements, section 3: release needs both sides",
                      fmt::format("a [[matrix]] row with item = \"{}\" in a layer of the {}", item, side),
                      "take all layers of the profile");
  for (MatrixRow& r : p.law_matrix)
    r.title = std::find_if(p.plan_matrix.begin(), p.plan_matrix.end(), [&](const MatrixRow& o) {
                return o.item == r.item;
              })->title;
  return {};
}

}  // namespace writ::policy
