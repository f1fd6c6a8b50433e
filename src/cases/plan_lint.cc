// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/plan_lint.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::cases {
namespace {

using authority::Role;

PlanGap gap_of(const policy::PlanRequirement& q) {
  return {q.id, "the plan does not state " + q.text, q.citation, q.cure};
}

// A statement without the value that it promises says nothing.
bool has_value(const policy::Policy& p, const std::string& requirement) {
  if (requirement == "appointed-officer") return !p.appointed_officer.title.empty();
  if (requirement == "contact-24x7") return !p.appointed_officer.phone.empty();
  return true;
}

}  // namespace

Json to_json(const std::vector<PlanGap>& gaps) {
  Json rows = Json::array();
  for (const PlanGap& g : gaps)
    rows.push_back({{"requirement", g.requirement}, {"what", g.what}, {"rule", g.rule}, {"cure", g.cure}});
  return {{"schema", "writ.plan-lint/1"}, {"gaps", rows}};
}

std::vector<PlanGap> lint_profile(const policy::Policy& p) {
  std::vector<PlanGap> out;
  for (const policy::PlanRequirement& q : p.plan_requirements)
    if (policy::plan_statement(p, q.id) == nullptr || !has_value(p, q.id)) out.push_back(gap_of(q));
  for (const policy::PlanStatement& s : p.plan_statements)
    if (std::none_of(p.plan_requirements.begin(), p.plan_requirements.end(),
                     [&](const policy::PlanRequirement& q) { return q.id == s.requirement; }))
      out.push_back(
          {s.requirement, fmt::format("a statement answers '{}', which no rule asks", s.requirement),
           "47 CFR 1.20003", "Name the requirement as the federal layer does, or strike the statement."});
  return out;
}

std::vector<PlanGap> lint_plan(const produce::SsiPlan& plan, const policy::Policy& law) {
  const auto answers = [](const std::vector<produce::PlanSection>& part, const std::string& id) {
    return std::any_of(part.begin(), part.end(), [&](const produce::PlanSection& s) {
      return std::find(s.answers.begin(), s.answers.end(), id) != s.answers.end();
    });
  };
  std::vector<PlanGap> out;
  for (const policy::PlanRequirement& q : law.plan_requirements)
    if (!answers(plan.sections, q.id) && !answers(plan.appendix, q.id)) out.push_back(gap_of(q));
  return out;
}

Result<std::vector<PlanGap>> lint_carrier(const desk::Carrier& c) {
  std::vector<PlanGap> out = lint_profile(c.policy());
  WRIT_TRY(people, c.people());
  for (const Role role : {Role::officer, Role::counsel, Role::technician})
    if (std::none_of(people.begin(), people.end(), [&](const authority::RoleCert& cert) {
          return authority::verify_cert(cert, c.roots(), role, c.now()).has_value();
        }))
      out.push_back({"people", fmt::format("nobody is certified as {}", authority::to_string(role)),
                     "47 CFR 1.20003(a)", "Both root holders certify a person: writ user add."});
  return out;
}

}  // namespace writ::cases
