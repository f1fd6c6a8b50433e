// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/clocks.hh"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "base/test_at.hh"
#include "policy/test_policy.hh"

namespace writ::policy {
namespace {

using testing::HasSubstr;

using writ::test::at;

const Policy& profile() {
  static const Policy p = *load(profiles() / "defero3-2010");
  return p;
}
const Calendar& calendar() {
  static const Calendar c = *Calendar::of(profile());
  return c;
}

struct Case {
  const char* from;
  std::int64_t amount;
  Unit unit;
  const char* due;
  const char* why;  // part of the arithmetic
};

TEST(Calendar, Periods) {
  for (const Case& c : std::initializer_list<Case>{
           {"2026-12-07T14:00:00-05:00", 4, Unit::business_days, "2026-12-11T14:00:00-05:00",
            "due Fri 2026-12-11 14:00 EST = received Mon 2026-12-07 14:00 EST + 4 business days"},
           // after hours, before hours, weekend, holiday: from the next opening
           {"2026-12-04T16:59:59-05:00", 1, Unit::business_days, "2026-12-07T16:59:59-05:00", "16:59:59"},
           {"2026-12-04T17:00:00-05:00", 1, Unit::business_days, "2026-12-08T08:30:00-05:00",
            "received outside of business hours: counted from Mon 2026-12-07 08:30 EST, the next opening"},
           {"2026-12-07T08:29:00-05:00", 1, Unit::business_days, "2026-12-08T08:30:00-05:00", "opening"},
           {"2026-12-07T08:30:00-05:00", 1, Unit::business_days, "2026-12-08T08:30:00-05:00",
            "+ 1 business day"},
           {"2026-12-05T12:00:00-05:00", 0, Unit::business_days, "2026-12-07T08:30:00-05:00", "opening"},
           {"2026-11-26T12:00:00-05:00", 2, Unit::business_days, "2026-12-01T08:30:00-05:00",
            "not counted: Sat 2026-11-28, Sun 2026-11-29"},
           // year end, holiday observed on the day before
           {"2026-12-31T16:00:00-05:00", 1, Unit::business_days, "2027-01-04T16:00:00-05:00",
            "Fri 2027-01-01 New Year's Day, Sat 2027-01-02, Sun 2027-01-03"},
           {"2027-12-30T16:00:00-05:00", 1, Unit::business_days, "2028-01-03T16:00:00-05:00",
            "New Year's Day (observed for Saturday, 2028-01-01)"},
           {"2026-11-02T09:00:00-05:00", 20, Unit::business_days, "2026-12-02T09:00:00-05:00",
            "not counted: Wed 2026-11-11 Veterans Day, Thu 2026-11-26 Thanksgiving Day, 8 days of weekends"},
           // hours between opening and closing
           {"2026-12-04T16:00:00-05:00", 1, Unit::business_hours, "2026-12-04T17:00:00-05:00", "17:00"},
           {"2026-12-04T16:30:00-05:00", 1, Unit::business_hours, "2026-12-07T09:00:00-05:00",
            "not counted: Sat 2026-12-05, Sun 2026-12-06"},
           {"2026-12-07T08:30:00-05:00", 17, Unit::business_hours, "2026-12-08T17:00:00-05:00",
            "+ 17 business hours"},
           // the clocks are set forward on 8 March and back on 1 November 2026
           {"2026-03-07T12:00:00-05:00", 48, Unit::hours, "2026-03-09T13:00:00-04:00", "13:00 EDT"},
           {"2026-03-07T12:00:00-05:00", 2, Unit::days, "2026-03-09T12:00:00-04:00", "12:00 EDT"},
           {"2026-03-07T02:30:00-05:00", 1, Unit::days, "2026-03-08T03:00:00-04:00",
            "the clocks jump over that time of day on Sun 2026-03-08"},
           {"2026-10-31T12:00:00-04:00", 48, Unit::hours, "2026-11-02T11:00:00-05:00", "11:00 EST"},
           {"2026-10-31T12:00:00-04:00", 2, Unit::days, "2026-11-02T12:00:00-05:00", "12:00 EST"},
           {"2026-10-31T01:30:00-04:00", 1, Unit::days, "2026-11-01T01:30:00-04:00", "twice"},
           {"2026-11-01T01:30:00-05:00", 0, Unit::days, "2026-11-01T01:30:00-05:00", "+ 0 days"},
           {"2026-03-06T16:00:00-05:00", 1, Unit::business_days, "2026-03-09T16:00:00-04:00", "16:00 EDT"},
           {"2026-03-06T16:30:00-05:00", 1, Unit::business_hours, "2026-03-09T09:00:00-04:00", "09:00 EDT"},
           {"2026-11-01T01:50:00-04:00", 15, Unit::minutes, "2026-11-01T01:05:00-05:00", "+ 15 minutes"},
           // months of different length
           {"2026-01-31T10:00:00-05:00", 1, Unit::months, "2026-02-28T10:00:00-05:00", "no 31"},
           {"2028-01-31T10:00:00-05:00", 1, Unit::months, "2028-02-29T10:00:00-05:00", "no 31"},
           {"2026-01-31T10:00:00-05:00", 2, Unit::months, "2026-03-31T10:00:00-04:00", "+ 2 months"},
           {"2026-08-31T10:00:00-04:00", 6, Unit::months, "2027-02-28T10:00:00-05:00", "no 31"},
           {"2028-02-29T10:00:00-05:00", 1, Unit::years, "2029-02-28T10:00:00-05:00", "no 29"},
           {"2028-02-29T10:00:00-05:00", 4, Unit::years, "2032-02-29T10:00:00-05:00", "+ 4 years"},
           {"2026-12-31T23:59:59-05:00", 1, Unit::months, "2027-01-31T23:59:59-05:00", "23:59:59"}}) {
    const auto due = calendar().add(at(c.from), c.amount, c.unit, "received");
    ASSERT_TRUE(due) << c.from << " " << to_text(due.error());
    EXPECT_EQ(rfc3339(due->at), rfc3339(at(c.due))) << due->arithmetic;
    EXPECT_THAT(due->arithmetic, HasSubstr(c.why));
  }
}

TEST(Calendar, TheArithmeticIsASentenceThatAPersonCanCheck) {
  const auto due = calendar().add(at("2026-11-23T16:10:00-05:00"), 4, Unit::business_days, "received");
  ASSERT_TRUE(due);
  EXPECT_EQ(
      due->arithmetic,
      "due Mon 2026-11-30 16:10 EST = received Mon 2026-11-23 16:10 EST + 4 business days (not counted: Thu "
      "2026-11-26 Thanksgiving Day, Sat 2026-11-28, Sun 2026-11-29)");
}

TEST(Calendar, BeyondTheListedHolidaysNothingIsCounted) {
  for (const auto& [from, unit] : {std::pair{"2032-12-30T12:00:00-05:00", Unit::business_days},
                                   std::pair{"2032-12-30T16:30:00-05:00", Unit::business_hours},
                                   std::pair{"2033-02-01T12:00:00-05:00", Unit::business_days},
                                   std::pair{"2023-12-29T12:00:00-05:00", Unit::business_days}}) {
    const auto due = calendar().add(at(from), 1, unit, "received");
    ASSERT_FALSE(due) << due->arithmetic;
    EXPECT_EQ(due.error().exit, Exit::expired);
    EXPECT_THAT(due.error().what, HasSubstr("are not listed (2024 to 2032 are)"));
    EXPECT_FALSE(due.error().next.empty());
  }
  EXPECT_TRUE(calendar().add(at("2032-12-29T12:00:00-05:00"), 1, Unit::business_days, "received"));
  EXPECT_TRUE(calendar().add(at("2032-12-30T12:00:00-05:00"), 90, Unit::days, "received"));
  EXPECT_FALSE(calendar().is_open(at("2033-02-01T12:00:00-05:00")));
}

TEST(Calendar, PeriodsThatCannotBeCountedAreRefused) {
  for (Unit u : all_units())
    for (std::int64_t amount : {std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
      const auto due = calendar().add(at("2026-11-23T16:10:00-05:00"), amount, u, "received");
      ASSERT_FALSE(due) << to_string(u) << amount;
      EXPECT_EQ(due.error().exit, Exit::usage);
    }
}

TEST(Calendar, OpenFromHalfPastEightUntilFive) {
  EXPECT_FALSE(calendar().is_open(at("2026-12-07T08:29:59.999999-05:00")));
  EXPECT_TRUE(calendar().is_open(at("2026-12-07T08:30:00-05:00")));
  EXPECT_TRUE(calendar().is_open(at("2026-12-07T16:59:59.999999-05:00")));
  EXPECT_FALSE(calendar().is_open(at("2026-12-07T17:00:00-05:00")));
  EXPECT_TRUE(calendar().is_open(at("2026-07-01T12:30:00Z")));   // 08:30 EDT
  EXPECT_FALSE(calendar().is_open(at("2026-12-07T13:29:00Z")));  // 08:29 EST
  EXPECT_FALSE(calendar().is_open(at("2026-12-05T12:00:00-05:00")));
  EXPECT_FALSE(calendar().is_open(at("2026-11-26T12:00:00-05:00")));
}

// ---- a second calendar, made of plain integers: days since 1970-01-01, which was a Thursday ----

struct Date {
  int year, month, day;
};

int month_length(int y, int m) {
  const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : lengths[m - 1];
}

Date date_of(int days) {
  Date d{1970, 1, 1};
  while (days >= month_length(d.year, d.month)) {
    days -= month_length(d.year, d.month);
    d.month = d.month == 12 ? 1 : d.month + 1;
    d.year += d.month == 1 ? 1 : 0;
  }
  d.day += days;
  return d;
}

int weekday(int days) { return (days + 4) % 7; }  // 0 Sunday

// 5 USC 6103(a) for the day itself, whatever its weekday.
bool is_named(int days) {
  const Date d = date_of(days);
  const int w = weekday(days), week = (d.day - 1) / 7 + 1;
  const bool last = d.day + 7 > month_length(d.year, d.month);
  return (d.month == 1 && d.day == 1) || (d.month == 1 && w == 1 && week == 3) ||
         (d.month == 2 && w == 1 && week == 3) || (d.month == 5 && w == 1 && last) ||
         (d.month == 6 && d.day == 19) || (d.month == 7 && d.day == 4) ||
         (d.month == 9 && w == 1 && week == 1) || (d.month == 10 && w == 1 && week == 2) ||
         (d.month == 11 && d.day == 11) || (d.month == 11 && w == 4 && week == 4) ||
         (d.month == 12 && d.day == 25);
}

// Executive Order 11582: of a Sunday on the Monday; 5 USC 6103(b): of a Saturday on the Friday.
bool is_observed(int days) {
  const int w = weekday(days);
  if (w == 0 || w == 6) return false;
  return is_named(days) || (w == 1 && is_named(days - 1)) || (w == 5 && is_named(days + 1));
}

bool is_working(int days) {
  static std::map<int, bool> known;
  const auto [at, is_new] = known.try_emplace(days);
  if (is_new) at->second = weekday(days) != 0 && weekday(days) != 6 && !is_observed(days);
  return at->second;
}

int days_at(int year) {
  int days = 0;
  for (int y = 1970; y < year; ++y) days += month_length(y, 2) == 29 ? 366 : 365;
  return days;
}

std::string text_of(int days) {
  const Date d = date_of(days);
  return fmt::format("{:04}-{:02}-{:02}", d.year, d.month, d.day);
}

TEST(Holidays, AreThoseOfTheStatuteOnTheDayTheyAreObserved) {
  std::set<std::string> listed, computed;
  for (const Holiday& h : profile().holidays) listed.insert(h.date);
  for (int d = days_at(2024); d < days_at(2033); ++d)
    if (is_observed(d)) computed.insert(text_of(d));
  EXPECT_EQ(listed, computed);
  EXPECT_EQ(listed.size(), 100u);  // 11 a year, one more where New Year's Day of the next is a Saturday, less
                                   // one each for 2028 (observed in 2027)
  for (int d = days_at(2024); d < days_at(2033); ++d)
    ASSERT_EQ(calendar().is_business_day(std::chrono::local_days{std::chrono::days{d}}), is_working(d))
        << text_of(d);
}

// Eastern time without tzdata: summer from the second Sunday of March, 07:00 UTC, to the first of November,
// 06:00 UTC. Minutes since 1970 of both, by year.
std::pair<std::int64_t, std::int64_t> summer_of(int year) {
  static std::map<int, std::pair<std::int64_t, std::int64_t>> known;
  const auto [at, is_new] = known.try_emplace(year);
  for (int day = days_at(year); is_new && day < days_at(year) + 366; ++day) {
    const Date x = date_of(day);
    if (weekday(day) == 0 && x.month == 3 && (x.day - 1) / 7 == 1) at->second.first = day * 1440LL + 7 * 60;
    if (weekday(day) == 0 && x.month == 11 && (x.day - 1) / 7 == 0) at->second.second = day * 1440LL + 6 * 60;
  }
  return at->second;
}

int eastern_offset_hours(std::int64_t utc_minutes) {
  int year = 2024;
  while (days_at(year + 1) * 1440LL <= utc_minutes) ++year;
  const auto [begins, ends] = summer_of(year);
  return utc_minutes >= begins && utc_minutes < ends ? -4 : -5;
}

bool open_at(std::int64_t utc_minutes) {
  const std::int64_t local = utc_minutes + 60 * eastern_offset_hours(utc_minutes);
  const auto minute = local % 1440;
  return is_working(static_cast<int>(local / 1440)) && minute >= 8 * 60 + 30 && minute < 17 * 60;
}

Instant instant(std::int64_t utc_minutes) { return Instant{std::chrono::minutes{utc_minutes}}; }

// Minute by minute: the period is over when so many open minutes have passed.
TEST(Calendar, BusinessHoursAgreeWithAWalkThroughEveryMinute) {
  std::mt19937_64 rng(20101122);
  for (int i = 0; i < 40; ++i) {
    const std::int64_t from = days_at(2024 + static_cast<int>(rng() % 8)) * 1440LL +
                              static_cast<std::int64_t>(rng() % (360 * 1440));
    const auto hours = static_cast<std::int64_t>(1 + rng() % 20);
    std::int64_t t = from;
    for (std::int64_t left = hours * 60; left > 0; ++t) left -= open_at(t) ? 1 : 0;
    const auto due = calendar().add(instant(from), hours, Unit::business_hours, "received");
    ASSERT_TRUE(due);
    ASSERT_EQ(rfc3339(due->at), rfc3339(instant(t))) << due->arithmetic;
  }
}

// Day by day, from the first open minute on: the same reading of the wall clock so many working days later.
TEST(Calendar, BusinessDaysAgreeWithAWalkThroughTheDays) {
  std::mt19937_64 rng(20260101);
  for (int i = 0; i < 150; ++i) {
    std::int64_t start = days_at(2024 + static_cast<int>(rng() % 8)) * 1440LL +
                         static_cast<std::int64_t>(rng() % (360 * 1440));
    const Instant from = instant(start);
    const int n = static_cast<int>(rng() % 30);
    while (!open_at(start)) ++start;
    const std::int64_t local = start + 60 * eastern_offset_hours(start);
    int day = static_cast<int>(local / 1440);
    for (int left = n; left > 0; left -= is_working(day) ? 1 : 0) ++day;
    std::int64_t utc = day * 1440LL + local % 1440 + 5 * 60;
    utc += 60 * (-5 - eastern_offset_hours(utc));
    const auto due = calendar().add(from, n, Unit::business_days, "received");
    ASSERT_TRUE(due);
    ASSERT_EQ(rfc3339(due->at), rfc3339(instant(utc))) << due->arithmetic;
  }
}

TEST(Clocks, EveryPeriodOfTheShippedProfiles) {
  const std::vector<std::tuple<const char*, std::int64_t, Unit>> expected{
      {"preservation", 90, Unit::days},
      {"preservation-extension", 90, Unit::days},
      {"backup-copy", 2, Unit::business_days},
      {"backup-release", 14, Unit::days},
      {"ncmec-preservation", 1, Unit::years},
      {"emergency-second-approver", 15, Unit::minutes},
      {"emergency-review", 24, Unit::hours},
      {"emergency-intercept", 48, Unit::hours},
      {"emergency-inventory", 90, Unit::days},
      {"wiretap", 30, Unit::days},
      {"wiretap-start", 10, Unit::days},
      {"pen-trap", 60, Unit::days},
      {"request-answer", 10, Unit::business_days},
      {"plan-refiling", 90, Unit::days},
      {"breach-notice", 7, Unit::business_days},
      {"customer-notice", 30, Unit::days},
      {"customer-notice-wait", 7, Unit::business_days},
      {"customer-notice-hold", 30, Unit::days},
      {"certification-retention", 2, Unit::years},
      {"own-copies", 90, Unit::days},
      {"cdr-delivery", 7, Unit::days},
      {"acknowledgement-reminder", 7, Unit::days}};
  for (const char* name : {"defero3-2010", "sandbox"}) {
    const auto p = load(profiles() / name);
    EXPECT_EQ(p->clocks.size(), expected.size());
    for (const auto& [id, amount, unit] : expected) {
      const ClockRule* c = clock(*p, id);
      ASSERT_NE(c, nullptr) << id;
      EXPECT_EQ(c->amount, amount) << id;
      EXPECT_EQ(c->unit, unit) << id;
      EXPECT_FALSE(c->citation.empty()) << id;
    }
    EXPECT_THAT(clock(*p, "preservation")->alert_days, testing::ElementsAre(14, 3));
  }
}

TEST(Clocks, DueNamesTheEventAndAnUnknownClockIsAnError) {
  const auto d = due(profile(), "preservation", at("2026-11-23T16:10:00-05:00"), "snapshot taken");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->arithmetic,
            "due Sun 2027-02-21 16:10 EST = snapshot taken Mon 2026-11-23 16:10 EST + 90 days");
  const auto none = due(profile(), "patience", at("2026-11-23T16:10:00-05:00"), "received");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().exit, Exit::integrity);
}

using Layers = PolicyCopy;

TEST_F(Layers, AClockIsWholeNamedOnceAndInAKnownUnit) {
  replace("federal.toml", "name = \"plan-refiling\"", "name = \"plan-refilling\"");
  EXPECT_THAT(error(), HasSubstr("no layer has a [[clock]] with name = \"plan-refiling\""));
  replace("federal.toml", "name = \"plan-refilling\"", "name = \"wiretap\"");
  EXPECT_THAT(error(), HasSubstr("names wiretap twice"));
  replace("federal.toml", "name = \"wiretap\"\namount = 90", "name = \"plan-refiling\"\namount = 90");
  EXPECT_EQ(error(), "");
  replace("federal.toml", "unit = \"business_days\"", "unit = \"fortnights\"");
  EXPECT_THAT(error(), testing::ContainsRegex("federal.toml:[0-9]+:1: 'clock.3..unit' is 'fortnights'"));
  replace("federal.toml", "unit = \"fortnights\"", "unit = \"business_days\"");
  replace("federal.toml", "alert_days = [14, 3]", "alert_days = [3, 14]");
  EXPECT_THAT(error(), HasSubstr("largest first"));
  replace("federal.toml", "alert_days = [3, 14]", "alert_days = [14, 3]");
  replace("federal.toml", "amount = 48\nunit = \"hours\"", "amount = 2\nunit = \"days\"");
  EXPECT_THAT(error(), HasSubstr("write unit = \"hours\""));
}

TEST_F(Layers, TheCapsOfInterceptionsAreTheClocks) {
  replace("federal.toml", "name = \"wiretap\"\namount = 30", "name = \"wiretap\"\namount = 20");
  const auto p = load(dir_);
  ASSERT_TRUE(p) << to_text(p.error());
  EXPECT_EQ(p->wiretap_days_max, 20);
}

TEST_F(Layers, AYearOfHolidaysIsListedWholeOrNotCounted) {
  replace("holidays.toml", "last = 2032", "last = 2033");
  EXPECT_THAT(error(), HasSubstr("no holiday of 2033 is listed"));
  replace("holidays.toml", "last = 2033", "last = 2031");
  EXPECT_THAT(error(), HasSubstr("the holiday 2032-01-01 is outside of [holiday_years]"));
  replace("holidays.toml", "last = 2031", "last = 2032");
  replace("holidays.toml", "{ date = \"2026-11-26\"", "{ date = \"2026-11-31\"");
  EXPECT_THAT(error(), HasSubstr("is '2026-11-31', which is no date"));
  replace("holidays.toml", "2026-11-31", "2026-11-11");
  EXPECT_THAT(error(), HasSubstr("names 2026-11-11 twice"));
}

TEST_F(Layers, HoursAreOfOneDayInAKnownZone) {
  replace("carrier.toml", "opens = \"08:30\"", "opens = \"8:30\"");
  EXPECT_THAT(error(), HasSubstr("hours.opens is '8:30'"));
  replace("carrier.toml", "opens = \"8:30\"", "opens = \"17:00\"");
  EXPECT_THAT(error(), HasSubstr("opening before closing"));
  replace("carrier.toml", "opens = \"17:00\"", "opens = \"08:30\"");
  replace("carrier.toml", "America/New_York", "America/Springfield");
  EXPECT_THAT(error(), HasSubstr("'America/Springfield' is not a time zone"));
}

}  // namespace
}  // namespace writ::policy
