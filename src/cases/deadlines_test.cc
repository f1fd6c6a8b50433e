// SPDX-License-Identifier: GPL-3.0-or-later
// Dates in these tests are reckoned by hand from the calendar, not by the code under test.
#include "cases/deadlines.hh"

#include "cases/test_due.hh"

namespace writ::cases {
namespace {

using namespace testing;

Instant t(const char* text) { return parse_rfc3339(text).value(); }

struct Due : ::testing::Test {
  std::unique_ptr<Desk> d = staffed(t("2026-12-21T21:10:00Z"));  // Mon 16:10 EST
  std::vector<Deadline> all() {
    const auto list = deadlines(d->carrier());
    EXPECT_TRUE(list) << to_text(list.error());
    EXPECT_TRUE(list->troubles.empty());
    return list->due;
  }
  // The one about `what`; EXPECT it to be there once.
  Deadline one(std::string_view what) {
    std::vector<Deadline> found;
    for (const auto& x : all())
      if (x.what.find(what) != std::string::npos) found.push_back(x);
    EXPECT_EQ(found.size(), 1u) << what;
    return found.empty() ? Deadline{} : found[0];
  }
};

TEST_F(Due, NothingOfNothing) { EXPECT_TRUE(all().empty()); }

TEST_F(Due, ARequestIsAnsweredByItsReturnDateElseByTheProfilesOwnTime) {
  auto dated = demand("grand-jury-subpoena", "EX-1", d->clock.now());
  dated.return_by = t("2026-12-29T17:00:00Z");
  opened(d->carrier(), Cycle::request, dated, acting(*d, "intake-1"));
  Deadline x = one("the answer is due");
  EXPECT_EQ(x.at, dated.return_by);
  EXPECT_EQ(x.severity, Severity::law);
  EXPECT_EQ(x.alerts, (std::vector{x.at - 72h, x.at - 24h}));
  EXPECT_EQ(x.arithmetic, "due Tue 2026-12-29 12:00 EST = the return date of the document");

  opened(d->carrier(), Cycle::request, demand("grand-jury-subpoena", "EX-2", d->clock.now()),
         acting(*d, "intake-1"));
  const auto both = all();
  ASSERT_EQ(both.size(), 2u);
  // 22 23 24, 28 29 30 31, 4 5 6 January: two holidays and two weekends do not count.
  EXPECT_EQ(both[1].at, t("2027-01-06T21:10:00Z"));
  EXPECT_EQ(both[1].severity, Severity::profile);
  EXPECT_NE(both[1].arithmetic.find("Fri 2026-12-25 Christmas Day"), std::string::npos) << both[1].arithmetic;
}

TEST_F(Due, APreservationEndsAfterNinetyDaysAndOnceNinetyMore) {
  const Case c = opened(d->carrier(), Cycle::preservation, demand("preservation", "EX-3", d->clock.now()),
                        acting(*d, "intake-1"));
  EXPECT_EQ(one("snapshot is taken").at, d->clock.now());
  step(d->carrier(), c.matter, "take-snapshot",
       Json{{"snapshot", snapshot_of(d->clock.now())}},
       acting(*d, "intake-1"));
  step(d->carrier(), c.matter, "confirm", Json{{"letter", "x"}}, acting(*d, "intake-1"));
  Deadline x = one("preservation ends");
  EXPECT_EQ(x.at, t("2027-03-21T20:10:00Z"));  // 10 days of December, 31, 28, 21; summer time by then
  EXPECT_EQ(x.act, "expire");
  EXPECT_EQ(x.alerts, (std::vector{x.at - 14 * 24h, x.at - 3 * 24h}));
  step(d->carrier(), c.matter, "extend", Json{{"request", "x"}}, acting(*d, "intake-1"));
  EXPECT_EQ(one("preservation ends").at, t("2027-06-19T20:10:00Z"));  // 10 days of March, 30, 31, 19
}

TEST_F(Due, AnEmergencyStandsFirstAndIsReviewedWithinADay) {
  auto dated = demand("grand-jury-subpoena", "EX-4", d->clock.now());
  dated.return_by = d->clock.now() + 1h;
  opened(d->carrier(), Cycle::request, dated, acting(*d, "intake-1"));
  const Case e = emergency_alone(*d, "EX-5");
  auto list = all();
  EXPECT_EQ(list[0].severity, Severity::emergency);
  EXPECT_EQ(one("an auditor reviews").at, d->clock.now() + 24h);
  EXPECT_EQ(one("an auditor reviews").who, "auditor");
  step(d->carrier(), e.matter, "review", Json{{"finding", "x"}}, acting(*d, "auditor-1"));
  for (const auto& x : all()) EXPECT_EQ(x.what.find("an auditor"), std::string::npos);
}

TEST_F(Due, RecurringDeliveriesComeWeeklyUntilTheAuthorityEnds) {
  recurring(*d, "EX-6", d->clock.now() + 20 * 24h);
  EXPECT_EQ(one("the authority ends").at, d->clock.now() + 20 * 24h);
  EXPECT_EQ(one("the authority ends").act, "expire");
  EXPECT_EQ(one("next records").at, d->clock.now() + 7 * 24h);
}

TEST_F(Due, ABreachNoticeGoesWithinSevenBusinessDays) {
  CaseBook book{d->carrier()};
  const auto c = book.open(Cycle::incident, crypto::sha256(view_of("x")),
                           {"file", Json{{"what", "x"}, {"detected_at", "x"}}}, acting(*d, "intake-1"));
  step(d->carrier(), c->matter, "contain", Json{{"how", "x"}}, acting(*d, "technician-1"));
  EXPECT_TRUE(all().empty());
  step(d->carrier(), c->matter, "assess", Json{{"finding", "x"}, {"agencies", {"none"}}, {"breach", "yes"}},
       acting(*d, "officer-1"));
  // 22, 23, 24, 28, 29, 30, 31 December.
  EXPECT_EQ(one("breach notice").at, t("2026-12-31T21:10:00Z"));
}

TEST_F(Due, ACaseThatCannotBeReadIsToldAndTheOthersAreListed) {
  recurring(*d, "EX-7", d->clock.now() + 20 * 24h);
  preserved(*d, "EX-8");
  d->sql("UPDATE case_acts SET body=replace(body, 'EX-7', 'EX-9') WHERE seq=1");
  const auto list = deadlines(d->carrier());
  ASSERT_TRUE(list);
  ASSERT_EQ(list->troubles.size(), 1u);
  EXPECT_EQ(list->troubles[0].exit, Exit::integrity);
  ASSERT_EQ(list->due.size(), 1u);
  EXPECT_EQ(list->due[0].subject, "preservation");
}

TEST(DueInterception, TheEndIsToldThreeTimesAndTheCertificationIsMissedAtOnce) {
  const auto d = at(Stage::armed);
  const auto list = deadlines(d->carrier());
  ASSERT_TRUE(list) << to_text(list.error());
  ASSERT_TRUE(list->troubles.empty()) << to_text(list->troubles[0]);
  ASSERT_EQ(list->due.size(), 2u);
  EXPECT_EQ(list->due[0].what, "the certification is signed");
  const Deadline& end = list->due[1];
  EXPECT_EQ(end.at, first_packet - 3h + std::chrono::days{30});
  EXPECT_EQ(end.act, "expire");
  EXPECT_EQ(end.alerts, (std::vector{end.at - 7 * 24h, end.at - 2 * 24h, end.at}));
  EXPECT_NE(end.arithmetic.find("the law's limit: due"), std::string::npos) << end.arithmetic;
  ASSERT_TRUE(d->intercepts().certify(matter, who("officer-1")));
  EXPECT_EQ(deadlines(d->carrier())->due.size(), 1u);
}

TEST(DueInterception, WhatWasStoppedIsSealedAndItsEquipmentRemoved) {
  const auto d = at(Stage::armed);
  CaseBook book{d->carrier()};
  const auto w = book.open(Cycle::work_order, crypto::sha256(view_of("w")),
                           {"file", Json{{"matter", matter}, {"site", "x"}, {"switch", "x"}, {"port", "x"}}},
                           acting(*d, "intake-1"));
  ASSERT_TRUE(w) << to_text(w.error());
  step(d->carrier(), w->matter, "install", Json{{"equipment", "x"}}, acting(*d, "technician-1"));
  const auto has = [&](std::string_view what) {
    const DueList list = deadlines(d->carrier()).value();
    for (const auto& x : list.due)
      if (x.what.starts_with(what)) return true;
    return false;
  };
  EXPECT_TRUE(has("the day's capture is retrieved"));
  EXPECT_FALSE(has("the equipment is removed"));
  ASSERT_TRUE(d->intercepts().stop(matter, "the objective is attained", d->out(), who("counsel-1")));
  EXPECT_TRUE(has("the recordings go to the judge"));
  EXPECT_TRUE(has("the equipment is removed"));
  EXPECT_FALSE(has("the authority ends"));
  step(d->carrier(), w->matter, "remove", Json{{"equipment", "x"}}, acting(*d, "technician-1"));
  EXPECT_TRUE(has("the port is released"));
}

}  // namespace
}  // namespace writ::cases
