// SPDX-License-Identifier: GPL-3.0-or-later
// The SSI plan's sections out of live configuration: the policy profile and the law's layer, the certified
// people, and the tables by which the software itself permits and refuses. Nothing here is written twice: a
// changed rule, period, fee, role or person changes its section, and nothing else does.
#pragma once
#include "desk/carrier.hh"
#include "produce/ssi_plan.hh"

namespace writ::cases {

// Without matter and time of drafting, which the caller fills in.
Result<produce::SsiPlan> live_plan(const desk::Carrier& c);

// By concern: plan_content.cc has the rule's statements, plan_procedures.cc the software's own tables.
std::vector<produce::PlanSection> statement_sections(const policy::Policy& p);
std::vector<produce::PlanSection> procedure_sections(const policy::Policy& p);
std::vector<produce::PlanSection> appendix_sections(const policy::Policy& p,
                                                    const std::vector<authority::RoleCert>& people,
                                                    Instant now);

}  // namespace writ::cases
