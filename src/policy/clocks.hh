// SPDX-License-Identifier: GPL-3.0-or-later
// Periods of law and profile as data ([[clock]], [hours], [[holiday]]), and their arithmetic. Minutes and
// hours are time that passes, whatever the wall clock does; days, months and years keep the time of day in
// the carrier's zone (a time that the clocks jump over is the moment of the jump, one that they pass twice is
// the first); a month without the day ends on its last; business days and hours run between opening and
// closing. Every result says how it was reached, so that a person can check it.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "base/time.hh"
#include "base/zone.hh"

namespace writ::policy {

enum class Unit { minutes, hours, days, business_hours, business_days, months, years };
const char* to_string(Unit u);  // "business_days" ...
Result<Unit> parse_unit(std::string_view s);
std::span<const Unit> all_units();

struct ClockRule {   // [[clock]]
  std::string name;  // "preservation" ...: docs/policy.md, `writ policy show clocks`
  std::int64_t amount = 0;
  Unit unit = Unit::days;
  std::vector<std::int64_t> alert_days;  // before the end, largest first
  std::string citation, text;
};

struct Holiday {
  std::string date, name;  // "2026-11-26"
};

struct Due {
  Instant at{};
  std::string arithmetic;  // "due Mon 2026-11-30 16:10 EST = received Mon 2026-11-23 16:10 EST + 4 business
                           // days (not counted: Thu 2026-11-26 Thanksgiving Day, Sat 2026-11-28, Sun
                           // 2026-11-29)"
};
std::string in_words(const Zone& zone,
                     Instant t);  // "Mon 2026-11-30 16:10 EST"; seconds where there are some
// The same day n months later, or the last day of a month that has no such day.
std::chrono::year_month_day plus_months(std::chrono::year_month_day from, std::int64_t n);

struct Policy;
class Calendar {
 public:
  static Result<Calendar> of(const Policy& p);  // hours, zone and holidays of the profile
  const Zone& zone() const { return zone_; }
  bool is_open(Instant t) const;
  bool is_business_day(std::chrono::local_days d) const;  // in a year whose holidays are not listed: no
  // `what`: "received" ...: named in the arithmetic. A business period that begins outside of business hours
  // begins at the next opening. Beyond the years whose holidays the profile lists: Exit::expired (fail
  // closed). amount: 0 to 100 years.
  Result<Due> add(Instant from, std::int64_t amount, Unit unit, std::string_view what) const;

 private:
  explicit Calendar(Zone z) : zone_(std::move(z)) {}
  struct Step {  // of the counting
    Instant at{};
    std::vector<std::string> notes;
  };
  Instant at(std::chrono::local_days day, Nanos time_of_day, std::vector<std::string>& notes) const;
  bool knows(std::chrono::local_days d) const;
  Status known(std::chrono::local_days d) const;
  std::string day_in_words(std::chrono::local_days d) const;  // "Thu 2026-11-26 Thanksgiving Day"
  Result<Step> opening_from(Instant from) const;
  Result<std::chrono::local_days> next_business_day(std::chrono::local_days d,
                                                    std::vector<std::chrono::local_days>& skipped) const;
  Result<Step> add_business_days(Instant from, std::int64_t n) const;
  Result<Step> add_business_hours(Instant from, std::int64_t n) const;
  Step add_days(Instant from, std::int64_t n) const;
  Step add_months(Instant from, std::int64_t n) const;
  std::string not_counted(const std::vector<std::chrono::local_days>& skipped) const;

  Zone zone_;
  std::chrono::minutes opens_{}, closes_{};
  int first_year_ = 0, last_year_ = 0;
  std::map<std::chrono::local_days, std::string> holidays_;
};

// The clock of that name from `from`; Exit::integrity when the policy has none.
Result<Due> due(const Policy& p, std::string_view clock, Instant from, std::string_view what);
const ClockRule* clock(const Policy& p, std::string_view name);

}  // namespace writ::policy
