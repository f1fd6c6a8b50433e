// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reconcile_match.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace writ::desk {
namespace {

using namespace std::chrono_literals;
const Instant dawn = from_ns(1'795'564'800'000'000'000);

ReconcileInput day_of_input() {
  ReconcileInput in;
  in.from = dawn;
  in.until = dawn + 24h;
  in.windows = {{dawn - 24h, dawn + 72h, true, true}};
  return in;
}
SeenCall seen(Instant at, Part part = Part::caller, const std::string& other = "+14045550161") {
  return {fmt::format("call at {}", rfc3339(at)), part, other, at, true, false};
}
BookedCall booked(int id, Instant at, Part part = Part::caller, const std::string& other = "+14045550161") {
  return {fmt::format("record {}", id), fmt::format("c{}", id), "", part, other, at, at + 60s};
}
std::vector<std::string> told(const Reconciled& r) {
  std::vector<std::string> out;
  for (const Finding& f : r.findings) out.push_back(fmt::format("{} {}: {}", f.kind, f.ref, f.why));
  return out;
}
using Told = std::vector<std::string>;

TEST(Reconcile, ACallAndItsRecordMatchWithinTheTolerance) {
  for (const auto& [apart, found] : std::initializer_list<std::pair<std::chrono::milliseconds, bool>>{
           {0ms, true}, {4999ms, true}, {-5000ms, true}, {5001ms, false}, {-6000ms, false}}) {
    ReconcileInput in = day_of_input();
    in.seen = {seen(dawn + 1h)};
    in.booked = {booked(1, dawn + 1h + apart)};
    const Reconciled r = reconcile(in);
    EXPECT_EQ(r.matched, found ? 1u : 0u) << apart.count();
    EXPECT_EQ(r.findings.size(), found ? 0u : 2u) << apart.count();
  }
}

TEST(Reconcile, AnotherPartOrAnotherPartyIsAnotherCall) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 1h)};
  in.booked = {booked(1, dawn + 1h, Part::called)};
  EXPECT_EQ(reconcile(in).findings.size(), 2u);
  in.booked = {booked(1, dawn + 1h, Part::caller, "+14045550162")};
  EXPECT_EQ(reconcile(in).findings.size(), 2u);
  for (const char* written :
       {"4045550161", "5550161", "9-555-0161", "161", "", "+14045550161@carrier.example"}) {
    in.booked = {booked(1, dawn + 1h, Part::caller, written)};
    EXPECT_EQ(reconcile(in).matched, 1u) << written;
  }
}

TEST(Reconcile, EachCountsOnceSoThatARepeatedAttemptIsNotHidden) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 1h)};
  in.booked = {booked(1, dawn + 1h - 1s), booked(2, dawn + 1h + 2s)};
  const Reconciled r = reconcile(in);
  EXPECT_EQ(r.matched, 1u);
  EXPECT_EQ(told(r), Told{"missed record 2: no reason is known"});
  in.booked[1].linked = "c1";  // unless the switch says that it is the same call
  EXPECT_TRUE(reconcile(in).findings.empty());
}

TEST(Reconcile, ACallThatPassesThePortTwiceIsOne) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 1h), seen(dawn + 1h + 100ms)};
  in.booked = {booked(1, dawn + 1h)};
  EXPECT_TRUE(reconcile(in).findings.empty());
  in.seen[1].other = "+14045550162";
  EXPECT_EQ(told(reconcile(in)), Told{fmt::format("over-collected {}: no call record", in.seen[1].ref)});
}

TEST(Reconcile, OnlyWhatWasCoveredCanBeMissed) {
  ReconcileInput in = day_of_input();
  in.windows = {{dawn + 2h, dawn + 4h, true, false}};
  in.booked = {booked(1, dawn + 1h), booked(2, dawn + 3h),      booked(3, dawn + 3h, Part::called),
               booked(4, dawn + 5h), booked(5, dawn + 2h + 4s), booked(6, dawn + 4h - 4s)};
  const Reconciled r = reconcile(in);
  EXPECT_EQ(told(r), Told{"missed record 2: no reason is known"})
      << "5 and 6 lie within the tolerance of an edge";
  EXPECT_EQ(r.outside, 5u);
}

TEST(Reconcile, WhatWasTakenOutsideOfEveryAuthorityIsNamedWhateverTheRecordsSay) {
  ReconcileInput in = day_of_input();
  in.windows = {{dawn + 2h, dawn + 4h, true, false}};
  in.seen = {seen(dawn + 1h), seen(dawn + 3h, Part::called), seen(dawn + 4h), seen(dawn + 3h)};
  in.booked = {booked(1, dawn + 1h), booked(2, dawn + 3h, Part::called), booked(3, dawn + 4h),
               booked(4, dawn + 3h)};
  const Reconciled r = reconcile(in);
  EXPECT_EQ(r.findings.size(), 3u);
  for (const Finding& f : r.findings) EXPECT_EQ(f.why, "outside of every authority");
  EXPECT_EQ(r.matched, 4u);
}

TEST(Reconcile, AMissedCallHasTheReasonThatIsKnown) {
  ReconcileInput in = day_of_input();
  in.booked = {booked(1, dawn + 1h), booked(2, dawn + 2h)};
  in.holes = {{dawn + 50min, dawn + 70min, "gap: the kernel dropped packets"},
              {dawn + 55min, dawn + 65min, "probe down"}};
  EXPECT_EQ(told(reconcile(in)), (Told{"missed record 1: gap: the kernel dropped packets; probe down",
                                       "missed record 2: no reason is known"}));
}

TEST(Reconcile, ACallThatWasJoinedMatchesTheRecordThatWasUp) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 1h + 50s)};
  in.booked = {booked(1, dawn + 1h)};
  EXPECT_EQ(reconcile(in).findings.size(), 2u);
  in.seen[0].joined = true;
  EXPECT_TRUE(reconcile(in).findings.empty());
}

TEST(Reconcile, ACallThatWasUpAtTheEdgeOfTheDayMatchesTheRecordOfTheDayBefore) {
  ReconcileInput in = day_of_input();
  in.windows[0].from = dawn + 10min;
  in.seen = {seen(dawn + 10min + 6s)};
  in.seen[0].joined = true;
  in.booked = {booked(1, dawn - 10min)};
  in.booked[0].end = dawn + 20min;
  EXPECT_EQ(told(reconcile(in)), Told{});
  in.booked[0].end = dawn;  // over before
  EXPECT_EQ(reconcile(in).findings.size(), 1u);
}

TEST(Reconcile, ARecordThatStartsWithTheAnswerIsOfTheCallThatRangBefore) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 1h)};
  in.seen[0].answer = dawn + 1h + 15s;
  in.seen[0].end = dawn + 1h + 60s;
  in.booked = {booked(1, dawn + 1h + 16s)};
  in.booked[0].end = dawn + 1h + 61s;
  EXPECT_EQ(told(reconcile(in)), Told{});
  in.booked[0].end = dawn + 1h + 5min;  // another call, which went on
  EXPECT_EQ(reconcile(in).findings.size(), 2u);
}

TEST(Reconcile, ACallBehindAMenuIsOfTheRecordThatBeganWithTheMenu) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 1h + 25s, Part::called)};
  in.seen[0].end = dawn + 1h + 85s;
  in.booked = {booked(1, dawn + 1h, Part::called)};
  in.booked[0].end = dawn + 1h + 85s;
  EXPECT_EQ(told(reconcile(in)), Told{});
  in.booked.push_back(booked(2, dawn + 1h + 26s, Part::called));  // the nearer start is its own
  in.booked[1].end = dawn + 1h + 86s;
  EXPECT_EQ(told(reconcile(in)), Told{"missed record 1: no reason is known"});
  in.booked.pop_back();
  in.booked[0].end = dawn + 2h;  // the menu's caller went on without the target
  EXPECT_EQ(reconcile(in).findings.size(), 2u);
}

TEST(Reconcile, ACallThatIsUpHasNoRecordYet) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 23h)};
  in.now = dawn + 30h;
  const Reconciled r = reconcile(in);
  EXPECT_EQ(told(r), Told{});
  EXPECT_EQ(r.open, std::vector<std::string>{in.seen[0].ref + " has no end yet: its record comes with it"});
  in.now = dawn + 48h;  // not for ever
  EXPECT_EQ(reconcile(in).findings.size(), 1u);
  in.now = dawn + 30h;
  in.seen[0].end = dawn + 24h;
  EXPECT_EQ(reconcile(in).findings.size(), 1u);
}

TEST(Reconcile, ADayWhoseRecordsOrBundleAreNotThereIsOpen) {
  ReconcileInput in = day_of_input();
  in.records_until = dawn - 1s;
  EXPECT_EQ(reconcile(in).open.size(), 1u) << "an empty day is not a good one";
  in.seen = {seen(dawn + 1h), seen(dawn + 3h)};
  EXPECT_EQ(told(reconcile(in)), Told{});
  EXPECT_EQ(reconcile(in).open.size(), 3u);
  in.records_until = dawn + 2h;
  EXPECT_EQ(told(reconcile(in)), Told{fmt::format("over-collected {}: no call record", in.seen[0].ref)});
  EXPECT_EQ(reconcile(in).open.size(), 1u);
  in.seen.clear();
  in.holes = {{dawn + 20h, dawn + 1000h, "its bundle", true}};
  EXPECT_EQ(reconcile(in).open, std::vector<std::string>{"its bundle"});
  in.windows[0].until = dawn + 20h;  // nothing of it was authorised
  EXPECT_TRUE(reconcile(in).open.empty());
}

TEST(Reconcile, ARecordOfTheExtensionBehindTheNumberIsAPartnerAndNeverMissed) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn + 1h)};
  in.booked = {booked(1, dawn + 1h), booked(2, dawn + 2h)};
  for (BookedCall& b : in.booked) b.by_line = true;
  const Reconciled r = reconcile(in);
  EXPECT_EQ(told(r), Told{});
  EXPECT_EQ(r.booked, 1u);
}

TEST(Reconcile, NeighbouringDaysAreLookedAtForPartnersOnly) {
  ReconcileInput in = day_of_input();
  in.seen = {seen(dawn - 1s), seen(dawn + 24h + 1s)};
  in.booked = {booked(1, dawn + 1s), booked(2, dawn + 24h - 1s), booked(3, dawn - 3s), booked(4, dawn + 25h)};
  const Reconciled r = reconcile(in);
  EXPECT_EQ(r.seen, 0u);
  EXPECT_EQ(r.booked, 2u);
  EXPECT_EQ(r.findings.size(), 0u) << ::testing::PrintToString(told(r));
}

// Days of calls with clocks that disagree, of which some were lost and some taken without right: exactly
// these are found.
TEST(Reconcile, FindsExactlyWhatWasTakenAwayAndAdded) {
  std::mt19937 random{20261126};
  for (int round = 0; round < 200; ++round) {
    ReconcileInput in = day_of_input();
    Told wanted;
    Instant at = dawn;
    for (int n = 0; at < dawn + 23h; ++n) {
      at += 12s + std::chrono::seconds{random() % 1800};  // more than twice the tolerance apart
      const Part part = random() % 2 ? Part::caller : Part::called;
      const std::string other = fmt::format("+1404555{:04}", 100 + random() % 100);
      const auto skew = std::chrono::milliseconds{static_cast<int>(random() % 9000) - 4500};
      const auto fate = random() % 10;
      if (fate != 0) in.seen.push_back(seen(at, part, other));
      if (fate != 1) in.booked.push_back(booked(n, at + skew, part, other));
      if (fate == 0) wanted.push_back(fmt::format("missed record {}: no reason is known", n));
      if (fate == 1) wanted.push_back(fmt::format("over-collected {}: no call record", in.seen.back().ref));
    }
    std::shuffle(in.seen.begin(), in.seen.end(), random);
    std::shuffle(in.booked.begin(), in.booked.end(), random);
    Told got = told(reconcile(in));
    std::sort(got.begin(), got.end());
    std::sort(wanted.begin(), wanted.end());
    ASSERT_EQ(got, wanted) << "round " << round;
  }
}

}  // namespace
}  // namespace writ::desk
