// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/plan_content.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::cases {
namespace {

using authority::Role;
using produce::PlanSection;
using produce::ReportTable;

// Those who take part in an interception or answer for it; finance, auditors and the administrator do not.
constexpr Role roles_of_interest[] = {Role::officer, Role::counsel, Role::technician, Role::custodian};

// A section of the rule's own statements. A requirement that the profile does not answer is left out, and the
// linter names it: nothing is invented for the carrier.
PlanSection stated(const policy::Policy& p, std::string id, std::string title,
                   std::vector<std::string> requirements) {
  PlanSection s;
  s.id = std::move(id);
  s.text.title = std::move(title);
  std::string rule;
  for (const std::string& r : requirements) {
    const auto q = std::find_if(p.plan_requirements.begin(), p.plan_requirements.end(),
                                [&](const policy::PlanRequirement& o) { return o.id == r; });
    if (q != p.plan_requirements.end()) rule += (rule.empty() ? "" : "; ") + q->citation;
    const policy::PlanStatement* statement = policy::plan_statement(p, r);
    if (statement == nullptr) continue;
    s.answers.push_back(r);
    s.text.paragraphs.push_back(fmt::format("{} [{}]", statement->text, statement->citation));
  }
  s.text.rule = std::move(rule);
  return s;
}

ReportTable two_columns(const char* left, const char* right, std::vector<std::vector<std::string>> rows) {
  return {{{left, 150}, {right, 334}}, std::move(rows)};
}

std::string contact_text(const policy::Contact& c) {
  std::string out;
  for (const std::string* s : {&c.phone, &c.email, &c.address})
    if (!s->empty()) out += (out.empty() ? "" : "\n") + *s;
  return out;
}

std::string certified_roles(const std::vector<Role>& roles) {
  std::string out;
  for (const Role r : roles) out += (out.empty() ? "" : ", ") + std::string(authority::to_string(r));
  return out;
}

}  // namespace

std::vector<PlanSection> statement_sections(const policy::Policy& p) {
  std::vector<PlanSection> out;
  out.push_back(stated(p, "service", "The carrier and its service", {"service"}));
  out.back().text.tables.push_back(two_columns("Carrier", p.carrier.c_str(), {{"Head office", p.address}}));
  out.push_back(stated(p, "appointment", "Appointed senior officer", {"appointed-officer"}));
  out.push_back(stated(p, "both-authorizations", "Legal and carrier authorization", {"both-authorizations"}));
  out.push_back(stated(p, "interpretation", "What appropriate authorization means", {"interpretation"}));
  out.push_back(stated(p, "certification", "Records of interceptions: the certification",
                       {"certification-procedure", "certification-retention"}));
  if (const policy::ClockRule* kept = policy::clock(p, "certification-retention"))
    out.back().text.tables.push_back(
        two_columns("Kept for", "By",
                    {{fmt::format("{} {}", kept->amount, policy::to_string(kept->unit)),
                      fmt::format("{} [{}]", kept->text, kept->citation)}}));
  out.push_back(stated(p, "reporting", "Reports of compromise and of unlawful surveillance", {"reporting"}));
  return out;
}

std::vector<PlanSection> appendix_sections(const policy::Policy& p,
                                           const std::vector<authority::RoleCert>& people, Instant now) {
  std::vector<PlanSection> out;
  const policy::Contact& officer = p.appointed_officer;
  out.push_back(stated(p, "officer", "The appointed officer", {"job-function"}));
  out.back().text.tables.push_back(
      two_columns("Appointed officer", officer.title.c_str(), {{"Address", officer.address}}));
  out.push_back(stated(p, "contact-24x7", "Contact, seven days a week, 24 hours a day", {"contact-24x7"}));
  out.back().text.tables.push_back(
      two_columns("Who", "How",
                  {{officer.title, contact_text(officer)},
                   {fmt::format("after hours ({} to {} {})", p.hours.closes, p.hours.opens, p.hours.zone),
                    p.hours.after_hours_phone}}));
  PlanSection persons;
  persons.id = "persons";
  persons.text.title = "Persons who take part in interceptions";
  persons.text.rule = "47 CFR 1.20003(a); each person's key is certified by both carrier roots";
  ReportTable table{{{"Person", 150}, {"Roles", 334}}, {}};
  for (const authority::RoleCert& cert : people) {
    std::vector<Role> roles;
    for (const Role r : roles_of_interest)
      if (std::find(cert.roles.begin(), cert.roles.end(), r) != cert.roles.end()) roles.push_back(r);
    if (!roles.empty() && cert.not_before <= now && now < cert.not_after)
      table.rows.push_back({cert.user, certified_roles(roles)});
  }
  std::sort(table.rows.begin(), table.rows.end());
  persons.text.tables.push_back(std::move(table));
  out.push_back(std::move(persons));
  return out;
}

Result<produce::SsiPlan> live_plan(const desk::Carrier& c) {
  const policy::Policy& p = c.policy();
  WRIT_TRY(people, c.people());
  produce::SsiPlan plan;
  plan.carrier = p.carrier;
  plan.policy_name = p.profile_name;
  plan.policy_sha256 = crypto::hex(p.hash);
  plan.from = p.service_of_process;
  plan.sandbox = p.sandbox;
  plan.sections = statement_sections(p);
  for (auto& s : procedure_sections(p)) plan.sections.push_back(std::move(s));
  plan.appendix = appendix_sections(p, people, c.now());
  return plan;
}

}  // namespace writ::cases
