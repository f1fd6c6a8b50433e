// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/plan.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/plan_content.hh"

namespace writ::cases {
namespace {

using authority::Role;
using desk::Acting;
using desk::Case;
using desk::CaseStep;
using process::Cycle;

constexpr const char* plan_json = "plan.json";
constexpr const char* plan_pdf = "ssi-plan.pdf";
constexpr const char* appendix_pdf = "appendix.pdf";
constexpr const char* rule_filing = "47 CFR 1.20005(a)";

std::string configuration_of(const Case& c) {
  return c.newest("file")->body.at("plan").at("configuration").get<std::string>();
}

// {"ssi-plan.pdf": {"file", "sha256"}}, as the acts of drafting and approving sign them.
Status keep_paper(const desk::Carrier& c, const std::string& matter, const char* name,
                  const std::string& bytes, Json& papers) {
  const fs::path as = name;
  WRIT_TRY(kept, keep_case_file(c, matter, as.stem().string(), as.extension().string(), bytes));
  papers[name] = {{"file", kept.name}, {"sha256", kept.sha256}};
  return {};
}

Result<std::string> read_paper(const desk::Carrier& c, const std::string& matter, const Json& paper) {
  return read_case_file(c, matter, paper.at("file").get<std::string>(),
                        paper.at("sha256").get<std::string>());
}

std::string paper_sha256(const Case& c, const char* name) {
  return c.newest("file")->body.at("papers").at(name).at("sha256").get<std::string>();
}

bool is_open(const Case& c) { return c.state != "superseded"; }

// The papers of the draft, and what the drafter signs.
Result<Json> write_draft(const desk::Carrier& c, const Case& before, produce::SsiPlan plan) {
  plan.matter = before.matter;
  plan.drafted_at = std::chrono::floor<std::chrono::seconds>(c.now());
  WRIT_TRY(pdf, produce::render_ssi_plan(plan));
  WRIT_TRY(appendix, produce::render_plan_appendix(plan));
  Json papers = Json::object();
  WRIT_CHECK(keep_paper(c, plan.matter, plan_json, canonical(produce::to_json(plan)), papers));
  WRIT_CHECK(keep_paper(c, plan.matter, plan_pdf, pdf, papers));
  WRIT_CHECK(keep_paper(c, plan.matter, appendix_pdf, appendix, papers));
  return Json{{"plan",
               {{"configuration", produce::configuration_digest(plan)},
                {"sections", produce::section_digests(plan)},
                {"policy_sha256", plan.policy_sha256}}},
              {"papers", papers}};
}

Result<policy::Office> office(const policy::Policy& p, const char* id) {
  for (const policy::Office& o : p.offices)
    if (o.id == id) return o;
  return fail(Exit::integrity, fmt::format("the policy names no office '{}'", id));
}

Status check_draft(const desk::Carrier& c, const produce::SsiPlan& plan) {
  WRIT_TRY(live, live_plan(c));
  if (produce::configuration_digest(live) != produce::configuration_digest(plan))
    return fail(Exit::refused, fmt::format("the configuration has changed since {} was drafted", plan.matter),
                rule_filing, "a plan of what is in force", "draft it again: writ plan draft");
  const auto gaps = lint_plan(plan, c.policy());
  if (gaps.empty()) return {};
  std::string names;
  for (const PlanGap& g : gaps) names += (names.empty() ? "" : ", ") + g.requirement + " (" + g.rule + ")";
  return fail(Exit::refused, fmt::format("the plan {} has gaps", plan.matter), "47 CFR 1.20003, 1.20004",
              names, "writ plan lint prints the cures; add the statements to the profile, and draft again");
}

Result<Json> write_cover(const desk::Carrier& c, const Case& before, const produce::SsiPlan& plan) {
  WRIT_TRY(commission, office(c.policy(), "fcc"));
  WRIT_TRY(unit, office(c.policy(), "calea-implementation-unit"));
  const produce::FilingCover cover{std::chrono::floor<std::chrono::days>(c.now()), commission, unit,
                                   paper_sha256(before, plan_pdf), paper_sha256(before, appendix_pdf)};
  WRIT_TRY(pdf, produce::render_filing_cover(plan, cover));
  Json papers = Json::object();
  WRIT_CHECK(keep_paper(c, before.matter, "filing-cover.pdf", pdf, papers));
  return Json{{"papers", papers}};
}

}  // namespace

const Case* filed_plan(const std::vector<Case>& plans) {
  const auto it =
      std::find_if(plans.rbegin(), plans.rend(), [](const Case& c) { return c.state == "filed"; });
  return it == plans.rend() ? nullptr : &*it;
}

Result<std::vector<Case>> PlanService::all() const {
  WRIT_TRY(plans, desk::CaseBook{*c_}.all(Cycle::plan_filing));
  std::stable_sort(plans.begin(), plans.end(),
                   [](const Case& a, const Case& b) { return a.opened() < b.opened(); });
  return plans;
}

Result<produce::SsiPlan> PlanService::plan_of(const Case& c) const {
  const desk::CaseAct* drafted = c.newest("file");
  if (drafted == nullptr || c.cycle != Cycle::plan_filing)
    return fail(Exit::not_found, fmt::format("{} is no SSI plan", c.matter), {}, "the number of a plan",
                "writ plan list prints them");
  WRIT_TRY(text, read_paper(*c_, c.matter, drafted->body.at("papers").at(plan_json)));
  WRIT_TRY(j, parse_canonical(view_of(text), plan_json));
  return produce::ssi_plan_from_json(j);
}

Result<Case> PlanService::draft(const Acting& who) {
  WRIT_TRY(live, live_plan(*c_));
  const std::string configuration = produce::configuration_digest(live);
  WRIT_TRY(plans, all());
  const Case* filed = filed_plan(plans);
  if (filed != nullptr && configuration_of(*filed) == configuration) return *filed;
  // A configuration that was drafted before counts as the same draft until a plan was filed or put away
  // since.
  const auto over = std::count_if(plans.begin(), plans.end(), [](const Case& c) { return !is_open(c); });
  const Json key{{"schema", "writ.plan-draft/1"},
                 {"configuration", configuration},
                 {"filed", filed == nullptr ? "" : filed->matter},
                 {"superseded", over}};
  CaseStep step{"file"};
  step.effect = [&](const Case& before) { return write_draft(*c_, before, live); };
  return desk::CaseBook{*c_}.open(Cycle::plan_filing, crypto::sha256(view_of(canonical(key))),
                                  std::move(step), who);
}

Result<Case> PlanService::approve(const std::string& matter, const Acting& who) {
  desk::CaseBook book{*c_};
  WRIT_TRY(now, book.read(matter));
  if (const desk::CaseAct* done = now.newest("approve"); done != nullptr && done->user == who.person.user)
    return now;
  WRIT_TRY(plan, plan_of(now));
  CaseStep step{"approve", Json{{"plan", produce::configuration_digest(plan)}}};
  step.guard = [&](const Case&) { return check_draft(*c_, plan); };
  step.effect = [&](const Case& before) { return write_cover(*c_, before, plan); };
  return book.act(matter, std::move(step), who);
}

Result<Case> PlanService::submit(const std::string& matter, const std::string& receipt, const Acting& who) {
  desk::CaseBook book{*c_};
  WRIT_TRY(filed, book.act(matter, {"submit", Json{{"receipt", receipt}}}, who));
  const auto& roles = who.cert.roles;
  const bool decides = std::find(roles.begin(), roles.end(), Role::counsel) != roles.end() ||
                       std::find(roles.begin(), roles.end(), Role::officer) != roles.end();
  if (!decides) return filed;
  WRIT_TRY(plans, all());
  for (const Case& older : plans)
    if (is_open(older) && older.matter != matter && older.opened() <= filed.opened())
      WRIT_CHECK(supersede(older.matter, matter, who));
  return filed;
}

Result<Case> PlanService::supersede(const std::string& matter, const std::string& by, const Acting& who) {
  desk::CaseBook book{*c_};
  CaseStep step{"supersede", Json{{"by", by}}};
  step.guard = [&](const Case& old) -> Status {
    WRIT_TRY(newer, book.read(by));
    if (newer.cycle == Cycle::plan_filing && newer.state == "filed" && newer.matter != old.matter) return {};
    return fail(Exit::refused, fmt::format("{} is no filed plan that could replace {}", by, old.matter),
                rule_filing, "a newer plan, filed with its receipt", "file the newer plan first");
  };
  return book.act(matter, std::move(step), who);
}

Result<std::vector<fs::path>> PlanService::write_papers(const std::string& matter, const fs::path& out,
                                                        const Acting& who) {
  return c_->attempt(who.person.user, "plan.papers", matter, [&]() -> Result<std::vector<fs::path>> {
    WRIT_TRY(c, read_case(*c_, matter));
    WRIT_TRY(plan, plan_of(c));
    WRIT_CHECK(c_->note(who.person.user, "plan.papers", matter,
                        Json{{"configuration", produce::configuration_digest(plan)}}));
    WRIT_CHECK(make_dirs(out));
    std::vector<fs::path> written;
    for (const char* act : {"file", "approve"}) {
      const desk::CaseAct* done = c.newest(act);
      if (done == nullptr) continue;
      for (const auto& [name, paper] : done->body.at("papers").items()) {
        WRIT_TRY(bytes, read_paper(*c_, matter, paper));
        WRIT_CHECK(write_file(out / name, bytes));
        written.push_back(out / name);
      }
    }
    return written;
  });
}

Result<Json> PlanService::list() const {
  WRIT_TRY(plans, all());
  Json rows = Json::array();
  for (const Case& c : plans) {
    const desk::CaseAct* approved = c.newest("approve");
    const desk::CaseAct* submitted = c.newest("submit");
    rows.push_back({{"matter", c.matter},
                    {"state", c.state},
                    {"drafted_by", c.acts.front().user},
                    {"drafted_at", rfc3339_seconds(c.opened())},
                    {"approved_by", approved == nullptr ? "" : approved->user},
                    {"receipt", submitted == nullptr ? "" : submitted->body.value("receipt", "")},
                    {"configuration", configuration_of(c)}});
  }
  return Json{{"schema", "writ.plans/1"}, {"plans", rows}};
}

}  // namespace writ::cases
