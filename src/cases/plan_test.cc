// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/plan.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/case_files.hh"
#include "cases/plan_content.hh"
#include "cases/test_paper.hh"
#include "desk/test_staff.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> ids(const std::vector<PlanGap>& gaps) {
  std::vector<std::string> out;
  for (const PlanGap& g : gaps) out.push_back(g.requirement);
  return out;
}

policy::Policy profile(const char* name) { return policy::load(source_dir / "policies" / name).value(); }

// Requirements, section 6: "an appointed officer and job description, the interpretation, the certification
// procedure and retention period, the reporting clause, a 24x7 line".
TEST(PlanLint, FindsTheGapsOfThePlanOf2010AndNoOther) {
  const auto gaps = lint_profile(profile("defero3-2010"));
  EXPECT_THAT(ids(gaps), ElementsAre("appointed-officer", "job-function", "contact-24x7", "interpretation",
                                     "certification-procedure", "certification-retention", "reporting"));
  for (const PlanGap& g : gaps) {
    EXPECT_THAT(g.rule, HasSubstr("47 CFR 1.2000")) << g.requirement;
    EXPECT_FALSE(g.cure.empty()) << g.requirement;
  }
}

TEST(PlanLint, TheSandboxLacksNothingUntilSomethingIsTakenAway) {
  policy::Policy p = profile("sandbox");
  EXPECT_THAT(ids(lint_profile(p)), ElementsAre());
  policy::Policy silent = p;
  std::erase_if(silent.plan_statements,
                [](const policy::PlanStatement& s) { return s.requirement == "reporting"; });
  EXPECT_THAT(ids(lint_profile(silent)), ElementsAre("reporting"));
  policy::Policy unreachable = p;
  unreachable.appointed_officer.phone.clear();
  EXPECT_THAT(ids(lint_profile(unreachable)), ElementsAre("contact-24x7"));
  p.plan_statements.push_back({"colour", "blue", "S99"});
  EXPECT_THAT(ids(lint_profile(p)), ElementsAre("colour"));
}

// A drafted plan answers what its sections answer; what one of them no longer answers is a gap.
TEST(PlanLint, ReadsADraftedPlanToo) {
  const policy::Policy law = profile("sandbox");
  produce::SsiPlan plan;
  plan.sections = statement_sections(law);
  plan.appendix = appendix_sections(law, {}, first_packet);
  EXPECT_THAT(ids(lint_plan(plan, law)), ElementsAre());
  plan.appendix.clear();
  EXPECT_THAT(ids(lint_plan(plan, law)), ElementsAre("job-function", "contact-24x7"));
}

TEST(PlanLint, ACarrierNeedsThePeopleToo) {
  const auto d = staffed();
  EXPECT_THAT(ids(lint_carrier(d->carrier()).value()), ElementsAre());
  d->clock.advance(std::chrono::days(366 * 11));  // every certificate is over
  EXPECT_THAT(ids(lint_carrier(d->carrier()).value()), ElementsAre("people", "people", "people"));
}

std::map<std::string, std::string> digests(const policy::Policy& p) {
  produce::SsiPlan plan;
  plan.sections = statement_sections(p);
  for (auto& s : procedure_sections(p)) plan.sections.push_back(s);
  plan.appendix = appendix_sections(p, {}, first_packet);
  return produce::section_digests(plan);
}

std::vector<std::string> changed(const policy::Policy& a, const policy::Policy& b) {
  std::vector<std::string> out;
  const auto before = digests(a), after = digests(b);
  for (const auto& [id, digest] : after)
    if (before.at(id) != digest) out.push_back(id);
  return out;
}

TEST(PlanContent, AChangeOfConfigurationChangesItsSectionAlone) {
  const policy::Policy p = profile("sandbox");
  const auto with = [&](auto edit) {
    policy::Policy q = p;
    edit(q);
    return changed(p, q);
  };
  EXPECT_THAT(with([](policy::Policy&) {}), ElementsAre());
  EXPECT_THAT(with([](policy::Policy& q) { q.fees.cdr_week += 1; }), ElementsAre("fees"));
  EXPECT_THAT(with([](policy::Policy& q) { q.records.cdr_months = 36; }), ElementsAre("retention"));
  EXPECT_THAT(with([](policy::Policy& q) { q.plan_matrix.front().cell = policy::Cell::no; }),
              ElementsAre("disclosure"));
  EXPECT_THAT(with([](policy::Policy& q) { q.offices.front().phone = "+1 202 555 0199"; }),
              ElementsAre("service-of-process"));
  EXPECT_THAT(with([](policy::Policy& q) { q.appointed_officer.title = "Chief of Lawful Process"; }),
              ElementsAre("contact-24x7", "officer"));
  EXPECT_THAT(with([](policy::Policy& q) { q.checks.front().cure = "the cure is not printed"; }),
              ElementsAre());
}

// The rows come from the tables that judge: what the table forbids cannot be printed otherwise.
TEST(PlanContent, ProceduresAreTheTablesThemselves) {
  std::size_t acts = 0;
  for (const process::Cycle c : process::all_cycles()) acts += process::life_cycle(c).acts.size();
  for (const produce::PlanSection& s : procedure_sections(profile("sandbox"))) {
    if (s.id == "procedures") {
      EXPECT_EQ(s.text.tables[0].rows.size(), acts);
    }
    if (s.id == "activation") {
      EXPECT_EQ(s.text.tables[0].rows.size(), process::step_rules().size());
    }
    for (const produce::ReportTable& t : s.text.tables) {
      int width = 0;
      for (const auto& column : t.columns) width += column.second;
      EXPECT_LE(width, 484) << s.id;
      for (const auto& row : t.rows) EXPECT_EQ(row.size(), t.columns.size()) << s.id;
    }
  }
}

// Drafted by counsel, approved by the officer, filed.
desk::Case filed(Desk& d, const std::string& receipt = "FCC stamp 2026-11-23") {
  PlanService plans{d.carrier()};
  const auto drafted = plans.draft(acting(d, "counsel-1"));
  EXPECT_TRUE(drafted) << to_text(drafted.error());
  const auto approved = plans.approve(drafted->matter, acting(d, "officer-1"));
  EXPECT_TRUE(approved) << to_text(approved.error());
  d.clock.advance(1h);
  auto done = plans.submit(drafted->matter, receipt, acting(d, "officer-1"));
  EXPECT_TRUE(done) << to_text(done.error());
  return std::move(*done);
}

TEST(PlanLife, DraftedApprovedByAnotherFiledWithItsReceipt) {
  const auto d = staffed();
  PlanService plans{d->carrier()};
  const auto none = plans.status().value();
  EXPECT_TRUE(none["filed"].is_null());
  EXPECT_THAT(none["next"].get<std::string>(), HasSubstr("file before service"));
  const auto drafted = plans.draft(acting(*d, "counsel-1"));
  ASSERT_TRUE(drafted) << to_text(drafted.error());
  EXPECT_EQ(drafted->matter, "F-2026-0001");
  const auto own = plans.approve(drafted->matter, acting(*d, "counsel-1"));
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().exit, Exit::refused);
  EXPECT_FALSE(plans.submit(drafted->matter, "stamp", acting(*d, "officer-1")));
  ASSERT_TRUE(plans.approve(drafted->matter, acting(*d, "officer-1")));
  EXPECT_FALSE(plans.submit(drafted->matter, "", acting(*d, "intake-1")));
  const auto done = plans.submit(drafted->matter, "FCC stamp 2026-11-23", acting(*d, "intake-1"));
  ASSERT_TRUE(done) << to_text(done.error());
  const auto status = plans.status().value();
  EXPECT_EQ(status["filed"]["receipt"], "FCC stamp 2026-11-23");
  EXPECT_TRUE(status["changed"].empty());
  EXPECT_EQ(plans.draft(acting(*d, "counsel-1"))->matter, drafted->matter) << "nothing changed: no new plan";
}

TEST(PlanLife, TheSameDraftAgainIsTheSameCase) {
  const auto d = staffed();
  PlanService plans{d->carrier()};
  const auto once = plans.draft(acting(*d, "counsel-1"));
  ASSERT_TRUE(once);
  d->clock.advance(24h);
  const auto again = plans.draft(acting(*d, "officer-1"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->matter, once->matter);
  EXPECT_EQ(again->acts.size(), 1u);
}

TEST(PlanLife, AChangedSectionStartsNinetyDaysFromItsDetection) {
  const auto d = staffed();
  const desk::Case first = filed(*d);
  PlanService plans{d->carrier()};
  EXPECT_FALSE(plans.detect().value());
  d->clock.advance(24h);
  add_person(*d, "technician-3", {Role::technician});
  const Instant noticed = d->clock.now();
  ASSERT_TRUE(plans.detect().value());
  EXPECT_FALSE(plans.detect().value()) << "once";
  d->clock.advance(10 * 24h);
  EXPECT_FALSE(plans.detect().value());
  auto status = plans.status().value();
  ASSERT_EQ(status["changed"].size(), 1u) << status.dump();
  const Json& s = status["changed"][0];
  EXPECT_EQ(s["section"], "persons");
  EXPECT_EQ(s["since"], rfc3339_seconds(noticed));
  EXPECT_EQ(s["since_what"], "first detected");
  EXPECT_EQ(s["due"], rfc3339_seconds(policy::due(d->carrier().policy(), "plan-refiling", noticed, "x")->at));
  EXPECT_FALSE(s["overdue"].get<bool>());
  d->clock.advance(81 * 24h);
  EXPECT_TRUE(plans.status().value()["changed"][0]["overdue"].get<bool>());
  // Filed anew: the old one is superseded, and nothing is owed.
  const desk::Case second = filed(*d, "second stamp");
  EXPECT_NE(second.matter, first.matter);
  EXPECT_EQ(desk::read_case(d->carrier(), first.matter)->state, "superseded");
  status = plans.status().value();
  EXPECT_TRUE(status["changed"].empty());
  EXPECT_EQ(status["filed"]["matter"], second.matter);
}

desk::CaseAct detection(Instant at, Json changed, const std::string& version = "", Instant effective = {}) {
  Json plan{{"changed", std::move(changed)}};
  if (!version.empty()) plan.update(Json{{"version", version}, {"effective", rfc3339(effective)}});
  return {1, "detect-change", "desk", at, Json{{"plan", plan}}, {}};
}

TEST(PlanLife, TheClockRunsFromTheVersionOrTheFirstDetectionSinceItWasAsFiled) {
  const Instant t = first_packet;
  desk::Case filed;
  filed.acts = {
      detection(t, {{"fees", "a"}}),       // changed,
      detection(t + 1h, Json::object()),   // undone,
      detection(t + 2h, {{"fees", "b"}}),  // changed once more,
      detection(t + 3h, {{"fees", "c"}, {"persons", "p"}, {"periods", "q"}}, "E-2026-0001", t + 150min)};
  const auto changed = changed_sections(filed);
  ASSERT_EQ(changed.size(), 3u);
  EXPECT_EQ(changed[0].id, "fees");
  EXPECT_EQ(changed[0].since, t + 2h);
  EXPECT_EQ(changed[0].since_what, "first detected");
  EXPECT_EQ(changed[1].id, "periods");
  EXPECT_EQ(changed[1].since, t + 150min);
  EXPECT_EQ(changed[1].since_what, "policy version E-2026-0001 took effect");
  EXPECT_EQ(changed[2].id, "persons");
  EXPECT_EQ(changed[2].since, t + 3h) << "no version of the policy tells when people changed";
}

TEST(PlanLife, ADraftThatIsNoLongerTrueIsNotApproved) {
  const auto d = staffed();
  PlanService plans{d->carrier()};
  const auto drafted = plans.draft(acting(*d, "counsel-1"));
  ASSERT_TRUE(drafted);
  add_person(*d, "technician-3", {Role::technician});
  const auto late = plans.approve(drafted->matter, acting(*d, "officer-1"));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().what, HasSubstr("has changed since"));
}

TEST(PlanLife, AnAlteredPaperIsFound) {
  const auto d = staffed();
  PlanService plans{d->carrier()};
  const auto drafted = plans.draft(acting(*d, "counsel-1"));
  ASSERT_TRUE(drafted);
  const fs::path file = case_dir(d->carrier(), drafted->matter) /
                        drafted->acts.front().body["papers"]["plan.json"]["file"].get<std::string>();
  std::string text = read_text(file).value();
  text.replace(text.find("90 days"), 7, "99 days");
  ASSERT_TRUE(write_file(file, text));
  const auto approved = plans.approve(drafted->matter, acting(*d, "officer-1"));
  ASSERT_FALSE(approved);
  EXPECT_EQ(approved.error().exit, Exit::integrity);
}

// A carrier under the plan of 2010 cannot approve a plan that has that plan's gaps.
TEST(PlanLife, APlanWithGapsIsNotApproved) {
  Desk d(first_packet);
  ASSERT_TRUE(desk::Carrier::init(
      {d.data(), source_dir / "policies" / "defero3-2010", d.dir.path() / "recovery", "", both_roots()},
      d.clock));
  add_person(d, "counsel-1", {Role::counsel});
  add_person(d, "officer-1", {Role::officer});
  PlanService plans{d.carrier()};
  const auto counsel = d.carrier().act_as(who("counsel-1"), Role::counsel);
  const auto officer = d.carrier().act_as(who("officer-1"), Role::officer);
  const auto drafted = plans.draft(*counsel);
  ASSERT_TRUE(drafted) << to_text(drafted.error());
  const auto approved = plans.approve(drafted->matter, *officer);
  ASSERT_FALSE(approved);
  EXPECT_THAT(approved.error().what, HasSubstr("has gaps"));
  EXPECT_THAT(approved.error().missing, HasSubstr("contact-24x7"));
}

TEST(PlanPapers, AppendixApartAndTheSameBytesAgain) {
  const auto d = staffed();
  const desk::Case c = filed(*d);
  PlanService plans{d->carrier()};
  const fs::path out = d->dir.path() / "papers";
  const auto written = plans.write_papers(c.matter, out, acting(*d, "auditor-1"));
  ASSERT_TRUE(written) << to_text(written.error());
  ASSERT_EQ(written->size(), 4u);
  EXPECT_EQ(d->count("plan.papers"), 1u);
  const std::string plan = paper_text(out / "ssi-plan.pdf"), appendix = paper_text(out / "appendix.pdf"),
                    cover = paper_text(out / "filing-cover.pdf");
  for (const char* said : {"Appropriate authorization means both", "affirmative intervention",
                           "affected law enforcement agencies any act of compromise", "2 years",
                           "plan-refiling", "nobody approves their own work"})
    EXPECT_THAT(plan, HasSubstr(said));
  for (const char* secret :
       {"+1 404 555 0190", "officer-1", "technician-2", "signs the certification of each"}) {
    EXPECT_THAT(plan, Not(HasSubstr(secret)));
    EXPECT_THAT(appendix, HasSubstr(secret));
  }
  EXPECT_THAT(cover, HasSubstr("An original and four copies are enclosed"));
  EXPECT_THAT(cover, HasSubstr("Federal Communications Commission"));
  EXPECT_THAT(cover, HasSubstr("CALEA Implementation Unit"));
  EXPECT_THAT(
      cover,
      HasSubstr(c.acts.front().body["papers"]["ssi-plan.pdf"]["sha256"].get<std::string>().substr(0, 40)));
  const auto again = produce::render_ssi_plan(plans.plan_of(c).value());
  EXPECT_EQ(*again, read_text(out / "ssi-plan.pdf").value());
  EXPECT_EQ(to_json(plans.plan_of(c).value()),
            to_json(produce::ssi_plan_from_json(to_json(plans.plan_of(c).value())).value()));
}

}  // namespace
}  // namespace writ::cases
