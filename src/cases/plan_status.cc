// SPDX-License-Identifier: GPL-3.0-or-later
// The filed plan against live configuration, section by section.
#include <fmt/format.h>

#include <algorithm>

#include "cases/plan.hh"
#include "cases/plan_content.hh"

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseAct;
using process::Cycle;
using Digests = std::map<std::string, std::string>;

constexpr const char* not_in_plan = "not in the plan";

// Sections of the people and of the software's own tables: no version of the policy tells when they changed.
bool is_of_policy(const std::string& section) {
  for (const char* s : {"persons", "activation", "roles", "procedures"})
    if (section == s) return false;
  return true;
}

Digests filed_sections(const Case& filed) {
  return filed.newest("file")->body.at("plan").at("sections").get<Digests>();
}

// {"section": its digest now}, for each that is not as filed.
Digests differences(const Digests& filed, const Digests& live) {
  Digests out;
  for (const auto& [id, digest] : live) {
    const auto was = filed.find(id);
    if (was == filed.end() || was->second != digest) out[id] = digest;
  }
  for (const auto& [id, digest] : filed)
    if (!live.contains(id)) out[id] = not_in_plan;
  return out;
}

Digests recorded(const CaseAct& detected) { return detected.body.at("plan").at("changed").get<Digests>(); }

// The edit that put the policy in force that is live, when one did (I7).
Result<std::optional<std::pair<std::string, Instant>>> version_in_force(desk::Carrier& c) {
  WRIT_TRY(edits, desk::CaseBook{c}.all(Cycle::policy_edit));
  std::optional<std::pair<std::string, Instant>> out;
  for (const Case& e : edits) {
    const CaseAct* approved = e.newest("approve");
    if (approved == nullptr || approved->body.value("policy", "") != crypto::hex(c.policy().hash)) continue;
    WRIT_TRY(stated, parse_rfc3339(approved->body.value("effective", "")));
    const Instant at = std::max(stated, approved->at);  // forward only
    if (!out || at > out->second) out = {{e.matter, at}};
  }
  return out;
}

std::string title_of(const produce::SsiPlan& plan, const std::string& id) {
  for (const auto* part : {&plan.sections, &plan.appendix})
    for (const produce::PlanSection& s : *part)
      if (s.id == id) return s.text.title;
  return id;
}

Result<Json> changed_json(const desk::Carrier& c, const Case& filed, const produce::SsiPlan& live) {
  Json out = Json::array();
  for (const ChangedSection& s : changed_sections(filed)) {
    WRIT_TRY(due, policy::due(c.policy(), "plan-refiling", s.since, s.since_what));
    out.push_back({{"section", s.id},
                   {"title", title_of(live, s.id)},
                   {"since", rfc3339_seconds(s.since)},
                   {"since_what", s.since_what},
                   {"due", rfc3339_seconds(due.at)},
                   {"arithmetic", due.arithmetic},
                   {"overdue", c.now() >= due.at}});
  }
  return out;
}

}  // namespace

std::vector<ChangedSection> changed_sections(const Case& filed) {
  std::vector<ChangedSection> out;
  const CaseAct* newest = filed.newest("detect-change");
  if (newest == nullptr) return out;
  for (const auto& [id, digest] : recorded(*newest)) {
    ChangedSection s{id, {}, {}};
    // Back to the detection since which the section has never been as filed.
    for (auto it = filed.acts.rbegin(); it != filed.acts.rend(); ++it) {
      if (it->act != "detect-change") continue;
      if (!recorded(*it).contains(id)) break;
      const Json& plan = it->body.at("plan");
      s.since = it->at;
      s.since_what = "first detected";
      if (const std::string version = plan.value("version", ""); !version.empty() && is_of_policy(id)) {
        if (const auto at = parse_rfc3339(plan.value("effective", ""))) {
          s.since = std::min(*at, it->at);
          s.since_what = fmt::format("policy version {} took effect", version);
        }
      }
    }
    out.push_back(std::move(s));
  }
  return out;
}

Result<bool> PlanService::detect() {
  WRIT_TRY(plans, all());
  const Case* filed = filed_plan(plans);
  if (filed == nullptr) return false;
  WRIT_TRY(live, live_plan(*c_));
  const Digests changed = differences(filed_sections(*filed), produce::section_digests(live));
  const CaseAct* last = filed->newest("detect-change");
  if (changed == (last == nullptr ? Digests{} : recorded(*last))) return false;
  WRIT_TRY(version, version_in_force(*c_));
  Json plan{{"configuration", produce::configuration_digest(live)},
            {"policy_sha256", live.policy_sha256},
            {"changed", changed}};
  const bool policy_changed =
      filed->newest("file")->body.at("plan").value("policy_sha256", "") != live.policy_sha256;
  if (version && policy_changed) {
    plan["version"] = version->first;
    plan["effective"] = rfc3339(version->second);
  }
  WRIT_CHECK(desk::CaseBook{*c_}.tick(filed->matter, {"detect-change", Json{{"plan", plan}}}));
  return true;
}

Result<Json> PlanService::status() const {
  WRIT_TRY(plans, all());
  WRIT_TRY(live, live_plan(*c_));
  WRIT_TRY(gaps, lint_carrier(*c_));
  const Case* filed = filed_plan(plans);
  Json out{{"schema", "writ.plan-status/1"},
           {"carrier", live.carrier},
           {"live_configuration", produce::configuration_digest(live)},
           {"gaps", to_json(gaps)["gaps"]},
           {"changed", Json::array()},
           {"filed", nullptr}};
  Json pending = Json::array();
  for (const Case& c : plans)
    if (c.state == "drafted" || c.state == "approved")
      pending.push_back({{"matter", c.matter}, {"state", c.state}});
  out["pending"] = pending;
  if (filed == nullptr) {
    out["next"] =
        "no plan was filed from this desk: file before service (47 CFR 1.20005(a)): writ plan draft";
    return out;
  }
  const CaseAct* submitted = filed->newest("submit");
  out["filed"] = {{"matter", filed->matter},
                  {"at", rfc3339_seconds(submitted->at)},
                  {"receipt", submitted->body.value("receipt", "")},
                  {"configuration", filed->newest("file")->body.at("plan").value("configuration", "")}};
  WRIT_TRY(changed, changed_json(*c_, *filed, live));
  out["next"] = changed.empty() ? "the filed plan is what is live" : "file the plan anew: writ plan draft";
  out["changed"] = std::move(changed);
  return out;
}

}  // namespace writ::cases
