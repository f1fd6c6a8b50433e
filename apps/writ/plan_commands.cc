// SPDX-License-Identifier: GPL-3.0-or-later
// writ plan: the SSI plan, the register of certifications, the transparency report.
#include <fmt/format.h>

#include <memory>

#include "base/csv_cell.hh"
#include "case_commands.hh"
#include "cases/certification_register.hh"
#include "cases/plan.hh"
#include "cases/transparency.hh"

namespace writ::cli {
namespace plan_commands {
namespace {

using authority::Role;

struct Args {
  std::string matter, out, receipt, by, dir, plan, pdf;
  bool csv = false;
  int year = 0;
};

const std::vector<Role> deciders{Role::officer, Role::counsel};

Status write_report(const std::string& file, const policy::Policy& p, const produce::Report& r) {
  WRIT_TRY(pdf, produce::render_report(p, r));
  return write_file(file, pdf);
}

Status write_papers(Options& o, cases::PlanService& plans, const std::string& matter, const std::string& out,
                    const desk::Acting& who) {
  WRIT_TRY(files, plans.write_papers(matter, out, who));
  for (const fs::path& f : files) say(o, f.string());
  return {};
}

Status draft(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, deciders));
  cases::PlanService plans{c};
  WRIT_TRY(drafted, plans.draft(who));
  WRIT_CHECK(told(o, drafted));
  if (!a.out.empty()) WRIT_CHECK(write_papers(o, plans, drafted.matter, a.out, who));
  if (drafted.state == "filed")
    say(o, fmt::format("{} is filed, and nothing has changed since", drafted.matter));
  else
    say(o, fmt::format("next: a second person: writ plan approve {}", drafted.matter));
  return {};
}

Status approve(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, deciders));
  WRIT_TRY(done, cases::PlanService{c}.approve(a.matter, who));
  WRIT_CHECK(told(o, done));
  say(o, fmt::format(
             "next: file original and four copies, and a copy with the CALEA Implementation Unit (writ plan "
             "show {} --out DIR), then: writ plan file {} --receipt ...",
             a.matter, a.matter));
  return {};
}

Status submit(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::officer, Role::counsel, Role::intake}));
  WRIT_TRY(done, cases::PlanService{c}.submit(a.matter, a.receipt, who));
  return told(o, done);
}

Status supersede(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, deciders));
  WRIT_TRY(done, cases::PlanService{c}.supersede(a.matter, a.by, who));
  return told(o, done);
}

Status show(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  cases::PlanService plans{c};
  if (!a.out.empty()) {
    WRIT_TRY(who, person(o, c, {Role::officer, Role::counsel, Role::auditor}));
    return write_papers(o, plans, a.matter, a.out, who);
  }
  WRIT_TRY(found, desk::read_case(c, a.matter));
  WRIT_TRY(plan, plans.plan_of(found));
  if (o.json) {
    print(to_json(found));
    return {};
  }
  print(fmt::format("{} {}, configuration {}\n", found.matter, found.state,
                    produce::configuration_digest(plan)));
  const auto digests = produce::section_digests(plan);
  for (const auto& s : plan.sections)
    print(fmt::format("  {:<20} {} {}\n", s.id, digests.at(s.id).substr(0, 16), s.text.title));
  for (const auto& s : plan.appendix)
    print(fmt::format("  {:<20} {} {} (appendix)\n", s.id, digests.at(s.id).substr(0, 16), s.text.title));
  for (const auto& act : found.acts)
    print(fmt::format("  {} {:<14} {}\n", rfc3339_seconds(act.at), act.act, act.user));
  return {};
}

Status list(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(j, cases::PlanService{c}.list());
  if (o.json) {
    print(j);
    return {};
  }
  for (const Json& p : j["plans"])
    print(fmt::format("{} {:<10} drafted {} by {} {}\n", p.value("matter", ""), p.value("state", ""),
                      p.value("drafted_at", ""), p.value("drafted_by", ""), p.value("receipt", "")));
  return {};
}

std::string gap_lines(const Json& gaps) {
  std::string out;
  for (const Json& g : gaps)
    out += fmt::format("{}: {}\n  rule: {}\n  cure: {}\n", g.value("requirement", ""), g.value("what", ""),
                       g.value("rule", ""), g.value("cure", ""));
  return out;
}

Status status(Options& o) {
  WRIT_TRY(c, open_carrier(o));
  cases::PlanService plans{c};
  WRIT_CHECK(plans.detect());
  WRIT_TRY(j, plans.status());
  if (o.json) {
    print(j);
    return {};
  }
  if (!j["filed"].is_null())
    print(fmt::format("filed: {} at {}, receipt {}\n", j["filed"].value("matter", ""),
                      j["filed"].value("at", ""), j["filed"].value("receipt", "")));
  for (const Json& p : j["pending"])
    print(fmt::format("{} is {}\n", p.value("matter", ""), p.value("state", "")));
  for (const Json& s : j["changed"])
    print(fmt::format("changed: {} ({}), {} {}\n  {}{}\n", s.value("section", ""), s.value("title", ""),
                      s.value("since_what", ""), s.value("since", ""),
                      s.value("overdue", false) ? "OVERDUE: " : "", s.value("arithmetic", "")));
  print(gap_lines(j["gaps"]));
  print(j.value("next", "") + "\n");
  return {};
}

Result<std::vector<cases::PlanGap>> gaps_of(Options& o, const Args& a) {
  if (!a.dir.empty()) {
    WRIT_TRY(p, policy::load(a.dir));
    if (a.plan.empty()) return cases::lint_profile(p);
    WRIT_TRY(text, read_file(a.plan));
    WRIT_TRY(j, parse_json(text, a.plan));
    WRIT_TRY(plan, produce::ssi_plan_from_json(j));
    return cases::lint_plan(plan, p);
  }
  WRIT_TRY(c, open_carrier(o));
  if (a.plan.empty()) return cases::lint_carrier(c);
  WRIT_TRY(text, read_file(a.plan));
  WRIT_TRY(j, parse_json(text, a.plan));
  WRIT_TRY(plan, produce::ssi_plan_from_json(j));
  return cases::lint_plan(plan, c.policy());
}

Status lint(Options& o, const Args& a) {
  WRIT_TRY(gaps, gaps_of(o, a));
  const Json j = cases::to_json(gaps);
  if (o.json)
    print(j);
  else
    print(gap_lines(j["gaps"]));
  if (gaps.empty()) return {};
  return fail(Exit::failure, fmt::format("the plan lacks {} of what the rules ask", gaps.size()),
              "47 CFR 1.20003-1.20005", "what is named above",
              "add each to the profile, and draft the plan anew");
}

Status print_register(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  WRIT_TRY(who, person(o, c, {Role::officer, Role::counsel, Role::auditor}));
  WRIT_TRY(entries, cases::certification_register(c, who));
  if (!a.pdf.empty())
    WRIT_CHECK(write_report(a.pdf, c.policy(), cases::register_report(c.policy(), entries, c.now())));
  if (o.json) {
    print(cases::to_json(entries));
  } else if (a.csv) {
    print(csv_line(cases::register_columns()));
    for (const auto& e : entries) print(csv_line(cases::register_row(e)));
  } else {
    for (const auto& e : entries)
      print(
          fmt::format("{} {:<12} {} {:<40} {}{}\n  {}\n", e.matter, to_string(e.state),
                      rfc3339_seconds(e.enabled), e.type, e.is_authorised ? "" : "WITHOUT AUTHORIZATION ",
                      e.state == cases::CertificationState::certified ? "signed by " + e.responsible : e.why,
                      e.arithmetic));
  }
  for (const auto& e : entries)
    if (e.state == cases::CertificationState::not_verified)
      return fail(Exit::integrity, fmt::format("the certification of {} does not verify", e.matter),
                  "47 CFR 1.20004(a)", "a certification that fits", e.why);
  return {};
}

Status print_transparency(Options& o, const Args& a) {
  WRIT_TRY(c, open_carrier(o));
  std::optional<desk::Acting> who;
  if (!o.as.empty()) {
    WRIT_TRY(named, person(o, c, deciders));
    who = std::move(named);
  }
  WRIT_TRY(t, who ? cases::transparency_for(c, a.year, *who) : cases::transparency(c, a.year));
  if (!a.pdf.empty()) WRIT_CHECK(write_report(a.pdf, c.policy(), cases::transparency_report(c.policy(), t)));
  if (o.json) {
    print(cases::to_json(t));
    return {};
  }
  for (const auto& row : cases::transparency_table(t)) {
    if (a.csv) {
      print(csv_line(row));
      continue;
    }
    std::string line = fmt::format("{:<46}", row.front());
    for (std::size_t i = 1; i < row.size(); ++i) line += fmt::format(" {:>10}", row[i]);
    print(line + "\n");
  }
  return {};
}

}  // namespace
}  // namespace plan_commands

void add_plan_commands(CLI::App& app, Options& o) {
  using namespace plan_commands;
  const auto a = std::make_shared<Args>();
  auto* plan =
      app.add_subcommand("plan", "the SSI plan, certifications, transparency")->require_subcommand(1);
  const auto on_plan = [&](const char* name, const char* help, Status (*f)(Options&, const Args&)) {
    auto* c = command(plan, o, name, help, [&o, a, f] { return f(o, *a); });
    c->add_option("plan", a->matter, "number of the plan")->required();
    return c;
  };
  command(plan, o, "draft", "draft the plan from live configuration (officer or counsel)", [&o, a] {
    return draft(o, *a);
  })->add_option("--out", a->out, "where copies of its papers go");
  on_plan("approve", "approve a draft (a second person: officer or counsel)", approve);
  on_plan("file", "record the filing with the Commission", submit)
      ->add_option("--receipt", a->receipt, "the Commission's receipt")
      ->required();
  on_plan("supersede", "put an older plan away", supersede)
      ->add_option("--by", a->by, "the newer, filed plan")
      ->required();
  on_plan("show", "sections and digests, or the papers", show)
      ->add_option("--out", a->out, "write the papers here (officer, counsel or auditor)");
  command(plan, o, "list", "all plans", [&o] { return list(o); });
  command(plan, o, "status", "the filed plan against live configuration; what must be filed anew, until when",
          [&o] { return status(o); });
  auto* lint_ = command(plan, o, "lint", "what the plan lacks", [&o, a] { return lint(o, *a); });
  lint_->add_option("dir", a->dir, "a policy directory (default: the carrier's)");
  lint_->add_option("--plan", a->plan, "a drafted plan's plan.json instead of the profile");
  auto* reg = command(plan, o, "register", "all certifications, and the missing ones",
                      [&o, a] { return print_register(o, *a); });
  reg->add_flag("--csv", a->csv);
  reg->add_option("--pdf", a->pdf, "write the register as PDF");
  auto* t = command(plan, o, "transparency", "demands of a year by kind and outcome",
                    [&o, a] { return print_transparency(o, *a); });
  t->add_option("--year", a->year)->required()->check(CLI::Range(1990, 2200));
  t->add_flag("--csv", a->csv);
  t->add_option("--pdf", a->pdf, "write the report as PDF");
}

}  // namespace writ::cli
