// SPDX-License-Identifier: GPL-3.0-or-later
// What 47 CFR 1.20003-1.20005 ask a carrier's filed policies and procedures (its SSI plan) to say
// ([[plan_requirement]] of the federal layer), what this carrier's plan says to it ([[plan_statement]] of the
// profile), and the structures in which the number of national security demands may be published
// ([[transparency]], 50 USC 1874). A requirement without a statement is a gap of the plan: the linter names
// it (src/cases/plan_lint.hh).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace writ {
class Fields;
}

namespace writ::policy {

struct PlanRequirement {
  std::string id;              // "interpretation"
  std::string text, citation;  // what the plan must say, and by which rule
  std::string cure;            // what to add
};

struct PlanStatement {
  std::string requirement;  // id of the requirement that it answers
  std::string text;         // the plan's own words; values (telephone numbers, periods) come from the profile
  std::string citation;     // of the plan: "S54"
};

// The two structures that combine every kind of national security process, (a)(3) and (a)(4): the separate
// ones, (a)(1) and (a)(2), part FISA process by contents and subchapter, which a demand's data does not.
struct TransparencyStructure {
  std::string id, title, citation;
  std::int64_t band = 0;         // "0-249": 250
  std::int64_t period_days = 0;  // of each report: 180, or 365 for a year
  std::int64_t delay_days = 0;   // from the end of the period to the earliest publication
};

struct Policy;
// Of the federal layer; of any other. `finish` is the caller's.
void read_plan_requirements(Fields& f, Policy& p);
void read_plan_statements(Fields& f, Policy& p);
void read_transparency_structures(Fields& f, Policy& p);

const PlanStatement* plan_statement(const Policy& p, std::string_view requirement);
const TransparencyStructure* transparency_structure(const Policy& p);  // the profile's; nullptr: none chosen

}  // namespace writ::policy
