// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/incident.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/test_demands.hh"
#include "cases/test_paper.hh"

namespace writ::cases {
namespace {

using namespace desk::testing;
using namespace cases::testing;
using process::Cycle;
using ::testing::HasSubstr;
using ::testing::Not;

// The sheriff's wiretap M-2026-0001 and another agency's subpoena M-2026-0002; an incident that was
// contained.
struct Scene {
  std::unique_ptr<Desk> d = at(Stage::filed);
  IncidentService incidents{d->carrier()};
  std::string other, incident;
  Scene() {
    other = opened(*d, Cycle::request,
                   demand("grand-jury-subpoena", "Harborview Police Department", "GJ-2026-77"))
                .matter;
    const auto filed = incidents.report(
        {"compromise", "a laptop with two matters was lost", d->clock.now() - 2h}, acting(*d, "intake-1"));
    EXPECT_TRUE(filed) << to_text(filed.error());
    incident = filed->matter;
    EXPECT_TRUE(incidents.contain(incident, "its key was revoked", acting(*d, "technician-1")));
  }
  IncidentAssessment both(bool breach = false) const {
    IncidentAssessment a;
    a.finding = "nobody has used the laptop since";
    a.affected = {{matter, "the order and its target list"}, {other, "the draft of the answer"}};
    if (breach)
      a.breach = Breach{d->clock.now() - 1h,
                        "names of guests were on a lost laptop",
                        "loss of a laptop",
                        "names and call detail",
                        d->clock.now() - 48h,
                        d->clock.now() - 2h,
                        12,
                        "none known"};
    return a;
  }
  desk::Acting as(const char* user) { return acting(*d, user); }
};

TEST(Incident, EachAgencyIsToldOfItsOwnMattersAndNothingOfAnothers) {
  Scene s;
  const auto assessed = s.incidents.assess(s.incident, s.both(), s.as("counsel-1"));
  ASSERT_TRUE(assessed) << to_text(assessed.error());
  const auto told = s.incidents.notify_agencies(s.incident, s.as("officer-1"));
  ASSERT_TRUE(told) << to_text(told.error());
  ASSERT_EQ(told->acts.back().body["letters"].size(), 2u);
  const fs::path out = s.d->dir.path() / "letters";
  const auto files = s.incidents.write_letters(s.incident, out, s.as("officer-1"));
  ASSERT_TRUE(files) << to_text(files.error());
  ASSERT_EQ(files->size(), 2u);
  const std::string sheriff = paper_text(files->at(0)), police = paper_text(files->at(1));
  for (const char* own :
       {"Example County Sheriff", "M-2026-0001", "EX-WT-0117", "the order and its target list"}) {
    EXPECT_THAT(sheriff, HasSubstr(own));
    EXPECT_THAT(police, Not(HasSubstr(own)));
  }
  for (const char* own :
       {"Harborview Police Department", "M-2026-0002", "GJ-2026-77", "the draft of the answer"}) {
    EXPECT_THAT(police, HasSubstr(own));
    EXPECT_THAT(sheriff, Not(HasSubstr(own)));
  }
  for (const std::string& letter : {sheriff, police}) {
    EXPECT_THAT(letter, HasSubstr("1.20003(c)(1)"));
    EXPECT_THAT(letter, HasSubstr("+1 404 555 0190")) << "the officer's line";
    EXPECT_THAT(letter, Not(HasSubstr("laptop"))) << "the carrier's own record goes into no letter";
  }
  EXPECT_EQ(s.incidents.notify_agencies(s.incident, s.as("counsel-1"))->acts.size(), told->acts.size())
      << "once";
  EXPECT_FALSE(s.incidents.close(s.incident, "done", s.as("counsel-1"))) << "who assessed does not close";
  EXPECT_TRUE(s.incidents.close(s.incident, "done", s.as("officer-1")));
}

TEST(Incident, ATextThatNamesAnotherAgencysMatterIsRefused) {
  Scene s;
  for (const char* leak :
       {"also M-2026-0002 of theirs", "as in gj-2026-77", "seen by Harborview Police Department"}) {
    IncidentAssessment a = s.both();
    a.affected[0].what = leak;
    const auto refused = s.incidents.assess(s.incident, a, s.as("counsel-1"));
    ASSERT_FALSE(refused) << leak;
    EXPECT_EQ(refused.error().exit, Exit::refused);
  }
  EXPECT_EQ(s.d->count("refused"), 3u);
  IncidentAssessment unknown = s.both();
  unknown.affected[0].matter = "M-2026-0099";
  EXPECT_EQ(s.incidents.assess(s.incident, unknown, s.as("counsel-1")).error().exit, Exit::not_found);
  IncidentAssessment silent;
  silent.finding = "x";
  EXPECT_FALSE(s.incidents.assess(s.incident, silent, s.as("counsel-1")));
}

TEST(Incident, NothingOwedBeforeItIsClosed) {
  Scene s;
  ASSERT_TRUE(s.incidents.assess(s.incident, s.both(), s.as("counsel-1")));
  const auto early = s.incidents.close(s.incident, "done", s.as("officer-1"));
  ASSERT_FALSE(early);
  EXPECT_THAT(early.error().what, HasSubstr("agencies have not been told"));
  EXPECT_FALSE(s.incidents.breach_notice(s.incident, s.as("officer-1"))) << "there was no breach";
  EXPECT_TRUE(s.incidents.show(s.incident).value()["clocks"].empty());
}

TEST(Incident, TheBreachClockRunsFromTheDetermination) {
  Scene s;
  IncidentAssessment partial = s.both(true);
  partial.breach->method.clear();
  EXPECT_FALSE(s.incidents.assess(s.incident, partial, s.as("counsel-1")));
  const IncidentAssessment a = s.both(true);
  ASSERT_TRUE(s.incidents.assess(s.incident, a, s.as("counsel-1")));
  auto clocks = s.incidents.show(s.incident).value()["clocks"];
  ASSERT_EQ(clocks.size(), 2u);
  // Determined on the evening of Tuesday, 24 November: from Wednesday's opening, without Thanksgiving and
  // weekends.
  EXPECT_EQ(clocks[0]["due"], "2026-12-07T13:30:00Z") << clocks[0];
  EXPECT_THAT(clocks[0]["arithmetic"].get<std::string>(), HasSubstr("7 business days"));
  EXPECT_TRUE(clocks[0]["done_at"].is_null());
  s.d->clock.advance(20 * 24h);
  EXPECT_TRUE(s.incidents.show(s.incident).value()["clocks"][0]["late"].get<bool>());
  const auto told = s.incidents.breach_notice(s.incident, s.as("officer-1"));
  ASSERT_TRUE(told) << to_text(told.error());
  // The affected agencies are told after it as well as before it.
  ASSERT_TRUE(s.incidents.notify_agencies(s.incident, s.as("officer-1")));
  EXPECT_FALSE(s.incidents.close(s.incident, "done", s.as("officer-1"))) << "the customers";
  const fs::path out = s.d->dir.path() / "letters";
  const auto files = s.incidents.write_letters(s.incident, out, s.as("officer-1"));
  ASSERT_TRUE(files);
  const std::string notice = paper_text(out / "breach-notice-1.pdf");
  for (const char* said : {"Federal Communications Commission", "United States Secret Service",
                           "loss of a laptop", "names and call detail", "12", "none known"})
    EXPECT_THAT(notice, HasSubstr(said));
  EXPECT_THAT(notice, Not(HasSubstr("M-2026-0001")));
}

TEST(Incident, CustomersAreToldAfterLawEnforcementAndNotWhileAnAgencyDirectsOtherwise) {
  Scene s;
  ASSERT_TRUE(s.incidents.assess(s.incident, s.both(true), s.as("counsel-1")));
  EXPECT_FALSE(s.incidents.customer_notice(s.incident, s.as("officer-1"))) << "law enforcement first";
  ASSERT_TRUE(s.incidents.breach_notice(s.incident, s.as("officer-1")));
  const Instant end = s.d->clock.now() + 29 * 24h;
  Direction d{"Harborview Police Department", "letter of today", s.d->clock.now() + 40 * 24h};
  EXPECT_FALSE(s.incidents.hold_customer_notice(s.incident, d, s.as("counsel-1"))) << "a first one: 30 days";
  d.until = end;
  ASSERT_TRUE(s.incidents.hold_customer_notice(s.incident, d, s.as("counsel-1")));
  s.d->clock.advance(3 * 24h);
  EXPECT_FALSE(s.incidents.customer_notice(s.incident, s.as("officer-1")));
  s.d->clock.advance(17 * 24h);
  const auto held = s.incidents.customer_notice(s.incident, s.as("officer-1"));
  ASSERT_FALSE(held);
  EXPECT_THAT(held.error().what, HasSubstr("directed that customers are not told before"));
  d.until = end + 30 * 24h;  // the agency extends it
  ASSERT_TRUE(s.incidents.hold_customer_notice(s.incident, d, s.as("counsel-1")));
  s.d->clock.set(end + 1h);
  EXPECT_FALSE(s.incidents.customer_notice(s.incident, s.as("officer-1")));
  s.d->clock.set(d.until);
  ASSERT_TRUE(s.incidents.customer_notice(s.incident, s.as("officer-1")));
  ASSERT_TRUE(s.incidents.notify_agencies(s.incident, s.as("officer-1")));
  EXPECT_TRUE(s.incidents.close(s.incident, "done", s.as("officer-1")));
}

TEST(Incident, WithoutADirectionTheWaitAloneHoldsTheNotice) {
  Scene s;
  ASSERT_TRUE(s.incidents.assess(s.incident, s.both(true), s.as("counsel-1")));
  ASSERT_TRUE(s.incidents.breach_notice(s.incident, s.as("officer-1")));
  const auto early = s.incidents.customer_notice(s.incident, s.as("officer-1"));
  ASSERT_FALSE(early);
  EXPECT_THAT(early.error().what, HasSubstr("less than its time"));
  s.d->clock.advance(14 * 24h);
  EXPECT_TRUE(s.incidents.customer_notice(s.incident, s.as("officer-1")));
}

}  // namespace
}  // namespace writ::cases
