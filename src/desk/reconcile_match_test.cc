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
