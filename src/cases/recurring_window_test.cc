// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/recurring_window.hh"

#include <gtest/gtest.h>

#include <random>

namespace writ::cases {
namespace {

using std::chrono::days;
using std::chrono::hours;

const policy::Policy& window_policy() {  // America/New_York, seven days
  static const policy::Policy p = *policy::load(fs::path(WRIT_SOURCE_DIR) / "policies" / "sandbox");
  return p;
}
Instant utc(const char* s) { return *parse_rfc3339(s); }

Progress nothing_delivered(Instant from, Instant until) {
  Progress p;
  p.from = p.delivered = from;
  p.until = until;
  return p;
}

TEST(RecurringWindow, AWeekKeepsItsTimeOfDayWhenTheClocksAreSet) {
  // 2026-10-30 09:00 EDT; the clocks go back on 1 November.
  Progress p = nothing_delivered(utc("2026-10-30T13:00:00Z"), utc("2026-12-30T00:00:00Z"));
  EXPECT_EQ(*window_end(window_policy(), p), utc("2026-11-06T14:00:00Z")) << "09:00 EST";
  const auto w = next_window(window_policy(), p, utc("2026-11-06T14:00:00Z"));
  ASSERT_TRUE(w);
  EXPECT_EQ(w->until - w->from, days{7} + hours{1});
  EXPECT_EQ(w->zone, "America/New_York");
  p.delivered = w->until;
  EXPECT_EQ(*window_end(window_policy(), p), utc("2026-11-13T14:00:00Z"));
}

TEST(RecurringWindow, RunsUntilItsEndUnlessAFurtherDeliveryIsAskedFor) {
  Progress p = nothing_delivered(utc("2026-11-02T14:00:00Z"), utc("2026-12-01T00:00:00Z"));
  const Instant wednesday = utc("2026-11-04T08:00:00Z");
  const auto early = next_window(window_policy(), p, wednesday);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().exit, Exit::refused);
  EXPECT_NE(early.error().what.find("2026-11-09T14:00:00Z"), std::string::npos) << early.error().what;
  p.wants_extra = true;
  const auto extra = next_window(window_policy(), p, wednesday);
  ASSERT_TRUE(extra);
  EXPECT_EQ(extra->kind, WindowKind::extra);
  EXPECT_EQ(extra->until, wednesday);
  p.delivered = wednesday;
  p.wants_extra = false;
  const auto rest = next_window(window_policy(), p, utc("2026-11-09T14:00:00Z"));
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->kind, WindowKind::week);
  EXPECT_EQ(rest->from, wednesday);
  EXPECT_EQ(rest->until, utc("2026-11-09T14:00:00Z")) << "the rest of its week, not a week from then";
  // Asked for, but the week is over before anybody came to it: it is the week's delivery.
  p.wants_extra = true;
  EXPECT_EQ(next_window(window_policy(), p, utc("2026-11-10T00:00:00Z"))->kind, WindowKind::week);
}

TEST(RecurringWindow, TheLastIsCutAtTheEndAndAfterItThereIsNone) {
  Progress p = nothing_delivered(utc("2026-11-02T14:00:00Z"), utc("2026-11-12T05:00:00Z"));
  p.delivered = utc("2026-11-09T14:00:00Z");
  EXPECT_FALSE(next_window(window_policy(), p, utc("2026-11-12T04:59:59Z")));
  const auto last = next_window(window_policy(), p, utc("2027-03-01T00:00:00Z"));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->until, p.until);
  EXPECT_TRUE(last->is_last);
  p.delivered = p.until;
  const auto late = next_window(window_policy(), p, utc("2027-03-01T00:00:00Z"));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->kind, WindowKind::late);
  EXPECT_EQ(late->from, late->until);
  EXPECT_TRUE(open_windows(window_policy(), p, utc("2027-03-01T00:00:00Z"))->empty());
}

TEST(RecurringWindow, WhatWasMissedIsOpenAndSaid) {
  const Progress p = nothing_delivered(utc("2026-11-02T14:00:00Z"), utc("2026-12-30T00:00:00Z"));
  const auto open = open_windows(window_policy(), p, utc("2026-11-23T14:00:00Z"));
  ASSERT_TRUE(open);
  ASSERT_EQ(open->size(), 3u);
  EXPECT_TRUE((*open)[0].is_missed);
  EXPECT_TRUE((*open)[1].is_missed);
  EXPECT_FALSE((*open)[2].is_missed) << "it has just ended";
  EXPECT_EQ((*open)[2].number, 3u);
}

// However often and whenever somebody delivers: no gap, no overlap, nothing beyond the end.
TEST(RecurringWindowProperty, TheyTileTheAuthorityWhateverThePaceOfDelivery) {
  std::mt19937_64 rng{20261126};
  for (int trial = 0; trial < 200; ++trial) {
    const Instant from = utc("2026-09-01T00:00:00Z") + std::chrono::minutes{rng() % (60 * 24 * 60)};
    Progress p = nothing_delivered(from, from + std::chrono::minutes{1 + rng() % (60 * 24 * 90)});
    Instant now = from, covered = from;
    std::size_t refused = 0;
    while (covered < p.until) {
      now += std::chrono::minutes{1 + rng() % (60 * 24 * (rng() % 4 == 0 ? 25 : 3))};
      p.wants_extra = rng() % 3 == 0;
      const auto w = next_window(window_policy(), p, now);
      if (!w) {
        ++refused;
        continue;
      }
      ASSERT_EQ(w->from, covered);
      ASSERT_GT(w->until, w->from);
      ASSERT_LE(w->until, std::min(now, p.until));
      ASSERT_LE(w->until - w->from, days{7} + hours{1});
      ASSERT_EQ(w->number, p.deliveries + 1);
      ASSERT_EQ(w->is_last, w->until == p.until && w->kind == WindowKind::week);
      const auto back = window_from_json(to_json(*w));
      ASSERT_TRUE(back);
      ASSERT_EQ(to_json(*back), to_json(*w));
      covered = p.delivered = w->until;
      ++p.deliveries;
    }
    ASSERT_EQ(covered, p.until);
    ASSERT_EQ(next_window(window_policy(), p, now)->kind, WindowKind::late);
    ASSERT_LT(refused, 2000u);
  }
}

}  // namespace
}  // namespace writ::cases
