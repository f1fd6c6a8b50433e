// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/plan_rules.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/sourced.hh"
#include "policy/policy.hh"

namespace writ::policy {
namespace {

constexpr std::int64_t band_max = 1000, days_max = 366 * 2;

template <class T>
bool has_id(const std::vector<T>& all, const std::string& id) {
  return std::any_of(all.begin(), all.end(), [&](const T& t) { return t.id == id; });
}

}  // namespace

void read_plan_requirements(Fields& f, Policy& p) {
  for (Fields& r : f.objects("plan_requirement")) {
    PlanRequirement q{r.text("id", Need::required), r.text("text", Need::required),
                      r.text("citation", Need::required), r.text("cure", Need::required)};
    r.finish();
    if (has_id(p.plan_requirements, q.id))
      r.refuse("id", fmt::format("names '{}' twice", q.id), "keep one row for each requirement");
    p.plan_requirements.push_back(std::move(q));
  }
}

void read_plan_statements(Fields& f, Policy& p) {
  for (Fields& r : f.objects("plan_statement")) {
    PlanStatement s{r.text("requirement", Need::required), r.text("text", Need::required),
                    r.text("citation", Need::required)};
    r.finish();
    if (plan_statement(p, s.requirement) != nullptr)
      r.refuse("requirement", fmt::format("answers '{}' twice", s.requirement),
               "keep one statement for each requirement");
    p.plan_statements.push_back(std::move(s));
  }
}

void read_transparency_structures(Fields& f, Policy& p) {
  for (Fields& r : f.objects("transparency")) {
    TransparencyStructure s{r.text("id", Need::required),        r.text("title", Need::required),
                            r.text("citation", Need::required),  r.whole("band", 1, band_max),
                            r.whole("period_days", 1, days_max), r.whole("delay_days", 0, days_max)};
    r.finish();
    if (has_id(p.transparency_structures, s.id))
      r.refuse("id", fmt::format("names '{}' twice", s.id), "keep one row for each structure");
    p.transparency_structures.push_back(std::move(s));
  }
}

const PlanStatement* plan_statement(const Policy& p, std::string_view requirement) {
  const auto it = std::find_if(p.plan_statements.begin(), p.plan_statements.end(),
                               [&](const PlanStatement& s) { return s.requirement == requirement; });
  return it == p.plan_statements.end() ? nullptr : &*it;
}

const TransparencyStructure* transparency_structure(const Policy& p) {
  const auto it = std::find_if(p.transparency_structures.begin(), p.transparency_structures.end(),
                               [&](const TransparencyStructure& s) { return s.id == p.transparency; });
  return it == p.transparency_structures.end() ? nullptr : &*it;
}

}  // namespace writ::policy
