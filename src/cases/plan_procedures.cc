// SPDX-License-Identifier: GPL-3.0-or-later
// The plan's procedures, printed from the tables that the software itself obeys: who does what to an
// interception, the life cycles with their second persons, which roles one person may hold.
#include <fmt/format.h>

#include <algorithm>

#include "cases/plan_content.hh"
#include "process/life_cycle.hh"

namespace writ::cases {
namespace {

using authority::Role;
using produce::PlanSection;
using produce::ReportTable;
using Rows = std::vector<std::vector<std::string>>;

constexpr Role held_by_people[] = {Role::root,    Role::intake,     Role::counsel,
                                   Role::officer, Role::technician, Role::custodian,
                                   Role::finance, Role::auditor,    Role::admin};

template <class List, class Text>
std::string joined(const List& list, const char* between, Text text) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : between) + std::string(text(item));
  return out;
}

std::string roles_text(const std::vector<Role>& roles) {
  return joined(roles, " or ",
                [](Role r) { return r == Role::desk ? "the clock" : authority::to_string(r); });
}

PlanSection section(std::string id, std::string title, std::string rule, std::vector<std::string> paragraphs,
                    ReportTable table) {
  PlanSection s;
  s.id = std::move(id);
  s.text = {std::move(title), std::move(rule), std::move(paragraphs), {std::move(table)}};
  return s;
}

PlanSection interceptions() {
  const auto step = [](process::Step s) { return process::to_string(s); };
  Rows rows;
  for (const process::StepRule& r : process::step_rules())
    rows.push_back({process::to_string(r.step), roles_text(r.roles), joined(r.after, ", ", step),
                    joined(r.by_others, ", ", step), r.citation});
  return section(
      "activation", "How an interception is activated and ended", "47 CFR 1.20003(a), (b)(1); 47 USC 1004",
      {"Three people sign the same order: counsel, the appointed officer, a technician. A probe takes "
       "nothing up without the three signatures, and an authority that is over ends it by itself."},
      {{{"Step", 78}, {"By", 84}, {"After", 84}, {"By another than who did", 92}, {"Rule", 146}},
       std::move(rows)});
}

PlanSection roles() {
  ReportTable t{{{"Role", 79}}, {}};
  for (const Role column : held_by_people) t.columns.emplace_back(authority::to_string(column), 45);
  for (const Role row : held_by_people) {
    auto& cells = t.rows.emplace_back();
    cells.emplace_back(authority::to_string(row));
    for (const Role column : held_by_people)
      cells.emplace_back(row == column ? "=" : authority::may_combine(row, column) ? "yes" : "-");
  }
  return section("roles", "Which roles one person may hold together",
                 "47 CFR 1.20003: supervision and control of officers and employees", {}, std::move(t));
}

PlanSection procedures() {
  const auto same = [](std::string_view s) { return s; };
  Rows rows;
  for (const process::Cycle c : process::all_cycles())
    for (const process::ActRule& a : process::life_cycle(c).acts)
      rows.push_back({process::to_string(c), std::string(a.act), roles_text(a.roles),
                      joined(a.after, ", ", same), joined(a.by_others, ", ", same),
                      std::string(a.to.empty() ? "as before" : a.to), std::string(a.citation)});
  return section("procedures", "Procedures: who does what, after what, and whom the person must differ from",
                 "47 CFR 1.20003(b); nobody approves their own work",
                 {"The software refuses every act that this table does not allow, and records the refusal."},
                 {{{"Kind", 68},
                   {"Act", 72},
                   {"By", 66},
                   {"After", 62},
                   {"By another than", 62},
                   {"Then", 62},
                   {"Rule", 92}},
                  std::move(rows)});
}

PlanSection retention(const policy::Policy& p) {
  Rows rows;
  for (const policy::Retention& r : p.retention) rows.push_back({r.what, r.period, r.citation});
  rows.push_back({"call detail records, as enforced", fmt::format("{} months", p.records.cdr_months),
                  p.records.citation});
  rows.push_back({"account records, as enforced",
                  fmt::format("{} months after the service ended", p.records.account_months),
                  p.records.citation});
  return section("retention", "How long records are kept", "47 CFR 1.20003(b)(3), 42.6", {},
                 {{{"Records", 180}, {"Period", 150}, {"Rule", 154}}, std::move(rows)});
}

// One row an item, one column a process; the cells of the carrier's own side.
PlanSection disclosure(const policy::Policy& p) {
  std::vector<std::string> columns;
  for (const policy::MatrixRow& r : p.plan_matrix)
    if (std::find(columns.begin(), columns.end(), r.column) == columns.end()) columns.push_back(r.column);
  ReportTable t{{{"Item", 160}}, {}};
  const int width = columns.empty() ? 324 : 324 / static_cast<int>(columns.size());
  for (const std::string& c : columns) t.columns.emplace_back(c, width);
  std::string item;
  for (const policy::MatrixRow& r : p.plan_matrix) {
    if (t.rows.empty() || r.item != item) {
      item = r.item;
      t.rows.emplace_back(columns.size() + 1).front() = r.title.empty() ? r.item : r.title;
    }
    const auto at = std::find(columns.begin(), columns.end(), r.column) - columns.begin();
    t.rows.back()[static_cast<std::size_t>(at) + 1] = policy::to_string(r.cell);
  }
  return section(
      "disclosure", "What each kind of legal process reaches", "18 USC 2702, 2703, 2709; 47 USC 222",
      {"Y yes, N no, R only if expressly requested, - with counsel's approval, v the minimum in an "
       "emergency. An item is released only where the law permits it too."},
      std::move(t));
}

PlanSection checks(const policy::Policy& p) {
  Rows rows;
  for (const policy::CheckRule& c : p.checks)
    rows.push_back({c.id,
                    c.severity == policy::Severity::reject ? "refused"
                    : c.severity == policy::Severity::warn ? "warned of"
                                                           : "returned",
                    c.message, c.rule});
  return section("checks", "Checks of every submission", "", {},
                 {{{"No.", 32}, {"Then", 52}, {"If", 250}, {"Rule", 150}}, std::move(rows)});
}

PlanSection clocks(const policy::Policy& p) {
  Rows rows;
  for (const policy::ClockRule& c : p.clocks)
    rows.push_back({c.name, fmt::format("{} {}", c.amount, policy::to_string(c.unit)), c.text, c.citation});
  return section("periods", "Periods that the software keeps", "", {},
                 {{{"Clock", 110}, {"Period", 84}, {"For", 160}, {"Rule", 130}}, std::move(rows)});
}

PlanSection service_of_process(const policy::Policy& p) {
  const auto how = [](const std::string& phone, const std::string& email, const std::string& address) {
    return joined(std::vector<std::string>{phone, email, address}, "\n",
                  [](const std::string& s) { return s; });
  };
  Rows rows{{p.service_of_process.title, "service of process",
             how(p.service_of_process.phone, p.service_of_process.email, p.service_of_process.address)}};
  for (const policy::Contact& a : p.response_associates)
    rows.push_back({a.title, "legal response", how(a.phone, a.email, a.address)});
  for (const policy::Office& o : p.offices)
    rows.push_back({o.title, o.purpose, how(o.phone, o.email, o.address)});
  return section("service-of-process", "Hours, contacts and offices", "",
                 {fmt::format("Hours: {} to {}, {}. After hours: {}.", p.hours.opens, p.hours.closes,
                              p.hours.zone, p.hours.after_hours_phone)},
                 {{{"Who", 160}, {"For", 130}, {"How", 194}}, std::move(rows)});
}

PlanSection fees(const policy::Policy& p) {
  const policy::FeeTable& f = p.fees;
  const auto line = [&](const char* what, std::int64_t cents) {
    return std::vector<std::string>{what, produce::money(cents, f.currency)};
  };
  return section("fees", fmt::format("Fees, in force since {}", f.effective), f.citation, {},
                 {{{"For", 334}, {"Fee", 150}},
                  {line("interception, including the first month", f.intercept_first_month),
                   line("each later month or part of a month", f.intercept_later_month),
                   line("call detail records under a continuing order, per week", f.cdr_week),
                   line("each further delivery", f.cdr_extra_delivery)}});
}

}  // namespace

std::vector<PlanSection> procedure_sections(const policy::Policy& p) {
  return {interceptions(), roles(),   procedures(),          retention(p), disclosure(p),
          checks(p),       clocks(p), service_of_process(p), fees(p)};
}

}  // namespace writ::cases
