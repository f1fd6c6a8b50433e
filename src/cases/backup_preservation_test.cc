// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/backup_preservation.hh"

#include "cases/child_protection.hh"
#include "cases/disclosure.hh"
#include "cases/test_lodge.hh"
#include "desk/preserved.hh"

namespace writ::cases::testing {
namespace {

struct Backup : Lodge {
  BackupPreservation backup{c()};
  std::string m;
  Demand letter() const {
    Demand x = demand("backup-preservation", {number("+14045550160")}, {});
    x.underlying_process = "EX-grand-jury-subpoena";
    return x;
  }
  void confirmed(const Demand& x) {
    m = open(Cycle::backup_preservation, x).matter;
    const auto copied = backup.copy(m, who("intake-1"));
    ASSERT_TRUE(copied) << to_text(copied.error());
    ASSERT_TRUE(backup.confirm(m, who("intake-1")));
  }
  Case now_is() { return desk::read_case(c(), m).value(); }
};

TEST(BackupPreservation, WholeLifeFromCopyToDestruction) {
  Backup s;
  s.append({s.call(1, s.now - Hotel::days(7))}, "a");
  s.m = s.open(Cycle::backup_preservation, s.letter()).matter;
  s.twice([&] { return s.backup.copy(s.m, s.who("intake-1")); });
  EXPECT_FALSE(s.now_is().newest("copy")->body.contains("late"));
  s.twice([&] { return s.backup.confirm(s.m, s.who("intake-1")); });
  EXPECT_FALSE(s.backup.record_notice(s.m, s.c().now() + Hotel::days(1), "letter", s.who("intake-1")));
  const Instant notified = std::chrono::floor<std::chrono::seconds>(s.c().now());
  ASSERT_TRUE(s.backup.record_notice(s.m, notified, "registered letter", s.who("intake-1")));

  Demand subpoena = s.demand("grand-jury-subpoena", {Lodge::number("+14045550160")},
                             {"subscriber-name", "subscriber-calls"});
  subpoena.of_matter = s.m;
  const std::string process = s.validated(subpoena).matter;
  Disclosure disclosure{s.c()};
  EXPECT_FALSE(s.backup.approve_release(s.m, process, s.who("counsel-1"))) << "nobody approved the subpoena";
  ASSERT_TRUE(disclosure.approve(process, {}, s.who("counsel-1")));
  const auto early = s.backup.approve_release(s.m, process, s.who("counsel-1"));
  ASSERT_FALSE(early) << "fourteen days";
  expect_refused(early.error(), "early");
  const Instant release = backup_dates(s.c().policy(), s.now_is())->release->at;
  EXPECT_EQ(std::chrono::round<std::chrono::days>(release - notified).count(), 14);
  s.d->clock.set(release);
  ASSERT_TRUE(s.backup.challenge(s.m, "motion to vacate", s.who("counsel-1")));
  EXPECT_FALSE(s.backup.approve_release(s.m, process, s.who("counsel-1"))) << "while it is challenged";
  ASSERT_TRUE(s.backup.resolve(s.m, "the motion is denied", s.who("counsel-1")));
  const auto approved = s.backup.approve_release(s.m, process, s.who("counsel-1"));
  ASSERT_TRUE(approved) << to_text(approved.error());

  EXPECT_FALSE(s.backup.deliver(s.m, s.who("intake-1"))) << "the subpoena is not answered yet";
  const auto a = s.who("custodian-1"), b = s.who("custodian-2");
  const Openers both{a, b};
  const auto collected = disclosure.collect(process, s.who("intake-1"), &both);
  ASSERT_TRUE(collected) << to_text(collected.error());
  ASSERT_TRUE(disclosure.check_scope(process, s.who("officer-1"), &both));
  ASSERT_TRUE(disclosure.deliver(process, s.d->out(), s.who("intake-1")));
  ASSERT_TRUE(s.backup.deliver(s.m, s.who("intake-1")));
  ASSERT_TRUE(s.backup.end(s.m, "delivered, and no proceedings", s.who("counsel-1")));
  ASSERT_TRUE(s.backup.propose_destruction(s.m, s.who("officer-1")));
  EXPECT_FALSE(s.backup.destroy(s.m, s.who("officer-1"))) << "two people destroy";
  s.twice([&] { return s.backup.destroy(s.m, s.who("counsel-1")); });
  EXPECT_EQ(s.now_is().state, "destroyed");
  EXPECT_TRUE(desk::all_preserved(s.c())->empty());
}

TEST(BackupPreservation, TheNinetyDaysDoNotTouchIt) {
  Backup s;
  s.confirmed(s.letter());
  s.d->clock.advance(Hotel::days(400));
  const auto tick = CaseBook{s.c()}.tick(s.m, {"expire"});
  ASSERT_FALSE(tick);
  EXPECT_EQ(tick.error().exit, Exit::refused);
  EXPECT_FALSE(s.backup.propose_destruction(s.m, s.who("intake-1")));
  ASSERT_EQ(desk::all_preserved(s.c())->size(), 1u) << "and it holds its rows";
}

TEST(BackupPreservation, ItNeedsItsProcessAndALateCopyIsSaid) {
  Backup s;
  Demand bare = s.letter();
  bare.underlying_process.clear();
  const std::string m = s.open(Cycle::backup_preservation, bare).matter;
  const auto refused = s.backup.copy(m, s.who("intake-1"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().rule.find("V23"), std::string::npos);
  s.m = s.open(Cycle::backup_preservation, s.letter()).matter;
  s.d->clock.set(backup_dates(s.c().policy(), s.now_is())->copy.at + 1s);
  const auto copied = s.backup.copy(s.m, s.who("intake-1"));
  ASSERT_TRUE(copied) << to_text(copied.error());
  EXPECT_EQ(copied->acts.back().body["late"], true);
}

TEST(ChildProtection, ReportedAndKeptForOneYear) {
  Lodge s;
  ChildProtection cases{s.c()};
  const std::string m =
      s.open(Cycle::child_protection, s.demand("ncmec-report", {Lodge::room("7")}, {})).matter;
  EXPECT_FALSE(cases.take_snapshot(m, s.who("intake-1"))) << "the report comes first";
  EXPECT_FALSE(cases.report(m, "", "apparent violation", s.who("counsel-1")));
  ASSERT_TRUE(cases.report(m, "report 4711", "apparent violation", s.who("counsel-1")));
  s.twice([&] { return cases.take_snapshot(m, s.who("intake-1")); });
  const auto of = desk::read_case(s.c(), m).value();
  const Instant end = child_protection_end(s.c().policy(), of)->at;
  EXPECT_GE(end - of.newest("report")->at, Hotel::days(365) - 1h);
  s.d->clock.set(end - 1s);
  EXPECT_FALSE(cases.expire(m));
  s.d->clock.set(end);
  Demand warrant = s.demand("search-warrant", {Lodge::room("7")}, {"tenant-name"});
  warrant.of_matter = m;
  EXPECT_FALSE(cases.convert(m, s.validated(warrant).matter, s.who("counsel-1"))) << "its year is over";
  ASSERT_TRUE(cases.expire(m));
  ASSERT_TRUE(cases.propose_purge(m, s.who("intake-1")));
  s.twice([&] { return cases.purge(m, s.who("counsel-1")); });
  EXPECT_EQ(desk::read_case(s.c(), m)->state, "purged");
}

}  // namespace
}  // namespace writ::cases::testing
