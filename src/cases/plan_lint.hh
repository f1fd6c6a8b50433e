// SPDX-License-Identifier: GPL-3.0-or-later
// What an SSI plan lacks of what 47 CFR 1.20003-1.20005 ask: the one place that judges it. The requirements
// are data of the federal layer; a profile answers each in a statement, a drafted plan in a section.
#pragma once
#include "desk/carrier.hh"
#include "produce/ssi_plan.hh"

namespace writ::cases {

struct PlanGap {
  std::string requirement;       // id: "interpretation"
  std::string what, rule, cure;  // rule: the section
};
Json to_json(const std::vector<PlanGap>& gaps);  // "writ.plan-lint/1"

// Of a profile: in the order of the requirements.
std::vector<PlanGap> lint_profile(const policy::Policy& p);
// Of a drafted plan against the requirements of `law`.
std::vector<PlanGap> lint_plan(const produce::SsiPlan& plan, const policy::Policy& law);
// Of the carrier as it runs: the profile, and people who can carry the plan out.
Result<std::vector<PlanGap>> lint_carrier(const desk::Carrier& c);

}  // namespace writ::cases
