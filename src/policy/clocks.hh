// SPDX-License-Identifier: GPL-3.0-or-later
// Periods of law and profile as data ([[clock]], [hours], [[holiday]]), and their arithmetic: wall-clock
// hours, calendar days, months and years in the carrier's zone, business days and hours between opening and
// closing. Every result says how it was reached, so that a person can check it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "base/time.hh"
#include "base/zone.hh"

namespace writ::policy {

enum class Unit { minutes, hours, days, business_hours, business_days, months, years };
const char* to_string(Unit u);

struct ClockRule {   // [[clock]]
  std::string name;  // "preservation" ...: the list is in policies/README.md and `writ policy show clocks`
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
  std::string arithmetic;  // "due Fri 2026-11-27 16:10 EST = received Mon 2026-11-23 16:10 EST + 4 business
                           // days (Thu 2026-11-26 Thanksgiving Day does not count)"
};

struct Policy;
class Calendar {
 public:
  static Result<Calendar> of(const Policy& p);  // hours, zone and holidays of the profile
  const Zone& zone() const { return zone_; }
  bool is_open(Instant t) const;
  bool is_business_day(std::chrono::local_days d) const;
  // `what`: "received" ...: named in the arithmetic. A business period that begins outside of business hours
  // begins at the next opening. Beyond the last year whose holidays the profile lists: Exit::expired (fail
  // closed).
  Result<Due> add(Instant from, std::int64_t amount, Unit unit, std::string_view what) const;

 private:
  explicit Calendar(Zone z) : zone_(std::move(z)) {}
  Zone zone_;
  std::chrono::minutes opens_{}, closes_{};
  std::vector<std::chrono::local_days> holidays_;  // sorted
  std::vector<std::string> holiday_names_;
};

// The clock of that name from `from`; Exit::integrity when the policy has none.
Result<Due> due(const Policy& p, std::string_view clock, Instant from, std::string_view what);
const ClockRule* clock(const Policy& p, std::string_view name);

}  // namespace writ::policy
