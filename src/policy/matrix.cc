// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/matrix.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "policy/policy.hh"

namespace writ::policy {
namespace {

constexpr std::array<std::pair<Cell, const char*>, 7> cell_names{{{Cell::yes, "Y"},
                                                                  {Cell::no, "N"},
                                                                  {Cell::on_request, "R"},
                                                                  {Cell::silent, "-"},
                                                                  {Cell::by_statute, "Y*"},
                                                                  {Cell::voluntary, "v"},
                                                                  {Cell::voluntary_if_needed, "v!"}}};

struct Judged {
  Verdict verdict = Verdict::refuse;
  std::string_view fact, cure;  // of the cell, without its layer
};

Judged judge_cell(Cell c, const Situation& s) {
  switch (c) {
    case Cell::yes:
    case Cell::voluntary:
      return {Verdict::permit, {}, {}};
    case Cell::on_request:
      if (s.expressly_requested) return {Verdict::permit, {}, {}};
      return {Verdict::refuse, "releases it only where it is expressly requested",
              "request the item expressly, by name, in the process"};
    case Cell::voluntary_if_needed:
      if (s.expressly_requested) return {Verdict::permit, {}, {}};
      return {Verdict::refuse, "releases it in an emergency only where it is expressly needed",
              "have the letter say why this item is needed against the danger"};
    case Cell::by_statute:
      if (s.statute_cited) return {Verdict::permit, {}, {}};
      return {Verdict::refuse, "permits it only where a statute makes the summons an administrative subpoena",
              "cite the statute under which the summons is issued; counsel says why it makes it one"};
    case Cell::silent:
      if (s.counsel_approved) return {Verdict::permit, {}, {}};
      return {Verdict::needs_counsel, "says nothing of it",
              "counsel decides on this item in this matter, under the law alone"};
    case Cell::no:
      break;
  }
  return {Verdict::refuse, "does not release it", {}};
}

int rank(Verdict v) { return v == Verdict::permit ? 0 : v == Verdict::needs_counsel ? 1 : 2; }

struct Strictest {
  const MatrixRow* row = nullptr;
  Judged judged;
};

// Every row of that cell has to permit: the strictest one speaks. No row at all: nobody permitted it.
Strictest strictest(const std::vector<MatrixRow>& rows, std::string_view item, std::string_view column,
                    const Situation& s) {
  Strictest out;
  for (const MatrixRow& r : rows) {
    if (r.item != item || r.column != column) continue;
    const Judged j = judge_cell(r.cell, s);
    if (out.row == nullptr || rank(j.verdict) > rank(out.judged.verdict)) out = {&r, j};
  }
  return out;
}

std::string citations(const std::vector<MatrixRow>& rows, std::string_view item, std::string_view column) {
  std::vector<std::string_view> out;
  for (const MatrixRow& r : rows)
    if (r.item == item && r.column == column) out.push_back(r.citation);
  return fmt::format("{}", fmt::join(out, "; "));
}

// Which process of a court or an agency would reach the item, so that the refusal can say it.
std::string process_that_reaches(const Policy& p, std::string_view item) {
  std::vector<std::string_view> out;
  for (const std::string_view c : {"subpoena", "summons", "court-order", "warrant"}) {
    const Situation everything{true, true, true};
    const Strictest plan = strictest(p.plan_matrix, item, c, everything);
    const Strictest law = strictest(p.law_matrix, item, c, everything);
    if (plan.row && law.row && plan.judged.verdict == Verdict::permit &&
        law.judged.verdict == Verdict::permit)
      out.push_back(c);
  }
  if (out.empty()) return "strike the item: no process releases it under this policy";
  return fmt::format("strike the item, or serve process that reaches it: {}", fmt::join(out, ", "));
}

}  // namespace

const char* to_string(Cell c) {
  return std::find_if(cell_names.begin(), cell_names.end(), [&](const auto& n) { return n.first == c; })
      ->second;
}

const char* to_string(Verdict v) {
  return v == Verdict::permit ? "permit" : v == Verdict::needs_counsel ? "needs-counsel" : "refuse";
}

Result<Cell> parse_cell(std::string_view s) {
  for (const auto& [cell, name] : cell_names)
    if (s == name) return cell;
  return fail(
      Exit::usage, fmt::format("'{}' is no cell of the disclosure matrix", s), "requirements, section 3", {},
      "write Y, N, R (only if expressly requested), - (silent), Y* (by statute), v or v! (emergency)");
}

std::vector<std::string> matrix_items(const Policy& p) {
  std::vector<std::string> out;
  for (const MatrixRow& r : p.plan_matrix)
    if (std::find(out.begin(), out.end(), r.item) == out.end()) out.push_back(r.item);
  return out;
}

std::vector<std::string> matrix_columns(const Policy& p) {
  std::vector<std::string> out;
  for (const MatrixRow& r : p.plan_matrix)
    if (std::find(out.begin(), out.end(), r.column) == out.end()) out.push_back(r.column);
  return out;
}

Decision decide(const Policy& p, std::string_view item, std::string_view column, const Situation& s) {
  const Strictest plan = strictest(p.plan_matrix, item, column, s);
  const Strictest law = strictest(p.law_matrix, item, column, s);
  Decision d;
  if (plan.row == nullptr || law.row == nullptr) {
    d.rule = "the disclosure matrix (requirements, section 3): what is not listed is refused";
    d.fact = fmt::format("the matrix has no cell for '{}' under '{}'", item, column);
    d.cure = fmt::format("name one of the items {}", fmt::join(matrix_items(p), ", "));
    return d;
  }
  d.plan = plan.row->cell;
  d.law = law.row->cell;
  d.rule = fmt::format("carrier policy: {}; law: {}", citations(p.plan_matrix, item, column),
                       citations(p.law_matrix, item, column));
  const bool law_speaks = rank(law.judged.verdict) > rank(plan.judged.verdict);
  const Judged& j = law_speaks ? law.judged : plan.judged;
  d.verdict = j.verdict;
  if (d.verdict == Verdict::permit) {
    d.fact = fmt::format("{} is released under {}", item, column);
    return d;
  }
  d.fact = fmt::format("{} under {}: {} {}", item, column, law_speaks ? "the law" : "the carrier's policy",
                       j.fact);
  d.cure = j.cure.empty() ? process_that_reaches(p, item) : std::string(j.cure);
  return d;
}

Decision decide(const Policy& p, std::string_view item, const ProcessKind& kind, const Situation& s) {
  const auto items = matrix_items(p);
  if (!kind.by_order || std::find(items.begin(), items.end(), item) == items.end())
    return decide(p, item, kind.column, s);
  Decision d;
  d.plan = d.law = Cell::silent;
  d.rule = fmt::format("{}: the order's own words, as counsel cites them", kind.citation);
  const bool cited = judge_cell(Cell::silent, s).verdict == Verdict::permit;
  d.verdict = cited ? Verdict::permit : Verdict::needs_counsel;
  d.fact =
      cited ? fmt::format("{} is released by the order's own words", item)
            : fmt::format("the matrix has no column for a {}: counsel has not said where the order names {}",
                          kind.title, item);
  if (!cited)
    d.cure = fmt::format("counsel cites the order (--approve-silent {}=\"where it names it\")", item);
  return d;
}

}  // namespace writ::policy
