// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/zone.hh"

#include <gtest/gtest.h>

#include "base/test_at.hh"

namespace writ {
namespace {

using namespace std::chrono_literals;

using writ::test::at;
const Zone& atlanta() {
  static const Zone z = *Zone::find("America/New_York");
  return z;
}
LocalInstants read(const char* local) { return atlanta().instants(*parse_local(local)); }

TEST(Zone, An_ordinary_reading_is_one_instant) {
  const auto r = read("2026-07-04 09:30:00");
  EXPECT_EQ(r.first, at("2026-07-04T13:30:00Z"));
  EXPECT_FALSE(r.second);
  EXPECT_FALSE(r.in_gap);
}

TEST(Zone, When_the_clocks_go_back_a_reading_is_two_instants) {
  const auto r = read("2026-11-01T01:30:00");
  EXPECT_EQ(r.first, at("2026-11-01T05:30:00Z"));
  ASSERT_TRUE(r.second);
  EXPECT_EQ(*r.second, at("2026-11-01T06:30:00Z"));
}

TEST(Zone, When_the_clocks_go_forward_a_reading_can_be_none) {
  const auto r = read("2026-03-08 02:14:00");
  EXPECT_TRUE(r.in_gap);
  EXPECT_EQ(r.first, at("2026-03-08T07:00:00Z"));
}

TEST(Zone, Local_and_back_is_the_same_instant_all_through_the_year_but_the_doubled_hour) {
  for (Instant t = at("2026-01-01T00:00:00Z"); t < at("2027-01-01T00:00:00Z"); t += 15min) {
    const auto back = atlanta().instants(atlanta().local(t));
    EXPECT_FALSE(back.in_gap);
    EXPECT_TRUE(back.first == t || (back.second && *back.second == t)) << rfc3339(t);
  }
}

TEST(Zone, Text_names_the_offset) {
  EXPECT_EQ(atlanta().text(at("2026-11-01T05:30:00Z")), "2026-11-01 01:30:00 EDT (-04:00)");
  EXPECT_EQ(atlanta().text(at("2026-11-01T06:30:00Z")), "2026-11-01 01:30:00 EST (-05:00)");
}

TEST(Zone, Unknown_names_and_loose_times_are_refused) {
  EXPECT_EQ(Zone::find("Eastern").error().exit, Exit::usage);
  for (const char* bad :
       {"", "2026-11-01", "11/01/2026 01:30", "2026-11-01 01:30:00Z", "2026-11-01 25:00:00"})
    EXPECT_FALSE(parse_local(bad)) << bad;
}

}  // namespace
}  // namespace writ
