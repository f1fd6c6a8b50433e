// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/clocks.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "policy/policy.hh"

namespace writ::policy {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::year_month_day;

constexpr std::array units{Unit::minutes,       Unit::hours,  Unit::days, Unit::business_hours,
                           Unit::business_days, Unit::months, Unit::years};
constexpr std::array unit_names{"minutes",       "hours",  "days", "business_hours",
                                "business_days", "months", "years"};
constexpr std::size_t days_shown_max = 8;  // of those that do not count; beyond it weekends are a number

constexpr std::int64_t amount_max(Unit u) {  // 100 years: nanoseconds hold no more than 292
  switch (u) {
    case Unit::minutes:
      return 100LL * 365 * 24 * 60;
    case Unit::hours:
    case Unit::business_hours:
      return 100LL * 365 * 24;
    case Unit::months:
      return 1200;
    case Unit::years:
      return 100;
    default:
      return 100LL * 365;
  }
}

std::string counted(std::int64_t amount, Unit u) {
  std::string name = to_string(u);
  std::replace(name.begin(), name.end(), '_', ' ');
  if (amount == 1) name.pop_back();
  return fmt::format("{} {}", amount, name);
}

Result<std::chrono::minutes> time_of_day(const std::string& s, const char* key) {
  const bool shaped = s.size() == 5 && s[2] == ':';
  const auto t = shaped ? parse_local("2000-01-01 " + s + ":00") : parse_local("");
  if (!t)
    return fail(Exit::usage, fmt::format("hours.{} is '{}', which is no time of day", key, s), {}, {},
                "write HH:MM, for example \"08:30\"");
  return std::chrono::duration_cast<std::chrono::minutes>(*t - floor<days>(*t));
}

std::string date_text(local_days d) {
  const year_month_day ymd{d};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

std::string weekday_text(local_days d) {
  constexpr std::array names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return names.at(std::chrono::weekday{d}.c_encoding());
}

bool is_weekend(local_days d) {
  const std::chrono::weekday w{d};
  return w == std::chrono::Saturday || w == std::chrono::Sunday;
}

}  // namespace

const char* to_string(Unit u) { return unit_names.at(static_cast<std::size_t>(u)); }

Result<Unit> parse_unit(std::string_view s) {
  for (std::size_t i = 0; i < units.size(); ++i)
    if (s == unit_names[i]) return units[i];
  return fail(Exit::usage, fmt::format("'{}' is no unit of time", s), {}, {},
              fmt::format("write one of: {}", fmt::join(unit_names, ", ")));
}

std::span<const Unit> all_units() { return units; }

std::string in_words(const Zone& zone, Instant t) {
  const std::string text = zone.text(t);  // "2026-11-01 01:30:00 EDT (-04:00)"
  const std::string time = text.substr(17, 2) == "00" ? text.substr(11, 5) : text.substr(11, 8);
  return fmt::format("{} {} {} {}", weekday_text(floor<days>(zone.local(t))), text.substr(0, 10), time,
                     text.substr(20, text.find(' ', 20) - 20));
}

year_month_day plus_months(year_month_day from, std::int64_t n) {
  const year_month_day then = from + std::chrono::months{static_cast<int>(n)};
  return then.ok() ? then : year_month_day{then.year() / then.month() / std::chrono::last};
}

Result<Calendar> Calendar::of(const Policy& p) {
  WRIT_TRY(zone, Zone::find(p.hours.zone));
  Calendar c(std::move(zone));
  WRIT_TRY(opens, time_of_day(p.hours.opens, "opens"));
  WRIT_TRY(closes, time_of_day(p.hours.closes, "closes"));
  if (opens >= closes)
    return fail(Exit::usage, fmt::format("hours: closes at {}, opens at {}", p.hours.closes, p.hours.opens),
                {}, {}, "write hours of one day, opening before closing");
  c.opens_ = opens;
  c.closes_ = closes;
  c.first_year_ = p.holidays_first_year;
  c.last_year_ = p.holidays_last_year;
  for (const Holiday& h : p.holidays) {
    WRIT_TRY(day, parse_local(h.date + " 00:00:00"));
    c.holidays_[floor<days>(day)] = h.name;
  }
  return c;
}

bool Calendar::knows(local_days d) const {
  const int y = static_cast<int>(year_month_day{d}.year());
  return y >= first_year_ && y <= last_year_;
}

Status Calendar::known(local_days d) const {
  if (knows(d)) return {};
  return fail(Exit::expired,
              fmt::format("the holidays of {} are not listed ({} to {} are)",
                          static_cast<int>(year_month_day{d}.year()), first_year_, last_year_),
              "business days are counted with holidays or not at all (fail closed)",
              "[[holiday]] rows for that year", "counsel and officer amend the policy's list of holidays");
}

bool Calendar::is_business_day(local_days d) const {
  return knows(d) && !is_weekend(d) && !holidays_.contains(d);
}

bool Calendar::is_open(Instant t) const {
  const auto local = zone_.local(t);
  const local_days day = floor<days>(local);
  return is_business_day(day) && local >= day + opens_ && local < day + closes_;
}

std::string Calendar::day_in_words(local_days d) const {
  const auto holiday = holidays_.find(d);
  return fmt::format("{} {}{}", weekday_text(d), date_text(d),
                     holiday == holidays_.end() ? "" : " " + holiday->second);
}

std::string Calendar::not_counted(const std::vector<local_days>& skipped) const {
  std::vector<std::string> parts;
  std::size_t weekend_days = 0;
  for (const local_days d : skipped) {
    if (skipped.size() > days_shown_max && !holidays_.contains(d))
      ++weekend_days;
    else
      parts.push_back(day_in_words(d));
  }
  if (weekend_days > 0) parts.push_back(fmt::format("{} days of weekends", weekend_days));
  return fmt::format("not counted: {}", fmt::join(parts, ", "));
}

Instant Calendar::at(local_days day, Nanos time_of_day, std::vector<std::string>& notes) const {
  const LocalInstants t = zone_.instants(day + time_of_day);
  if (t.in_gap)
    notes.push_back(fmt::format("the clocks jump over that time of day on {}", day_in_words(day)));
  if (t.second)
    notes.push_back(fmt::format("the clocks pass that time twice on {}: the first", day_in_words(day)));
  return t.first;
}

// The moment itself when the carrier is open, else the next opening.
Result<Calendar::Step> Calendar::opening_from(Instant from) const {
  if (is_open(from)) return Step{from, {}};
  const auto local = zone_.local(from);
  local_days day = floor<days>(local);
  WRIT_CHECK(known(day));
  if (!is_business_day(day) || local >= day + opens_) {
    std::vector<local_days> skipped;
    WRIT_TRY(next, next_business_day(day, skipped));
    day = next;
  }
  Step s;
  s.at = at(day, opens_, s.notes);
  s.notes.push_back(fmt::format("received outside of business hours: counted from {}, the next opening",
                                in_words(zone_, s.at)));
  return s;
}

Result<local_days> Calendar::next_business_day(local_days d, std::vector<local_days>& skipped) const {
  for (;;) {
    d += days{1};
    WRIT_CHECK(known(d));
    if (is_business_day(d)) return d;
    skipped.push_back(d);
  }
}

Result<Calendar::Step> Calendar::add_business_days(Instant from, std::int64_t n) const {
  WRIT_TRY(step, opening_from(from));
  const auto local = zone_.local(step.at);
  local_days day = floor<days>(local);
  std::vector<local_days> skipped;
  for (std::int64_t i = 0; i < n; ++i) {
    WRIT_TRY(next, next_business_day(day, skipped));
    day = next;
  }
  if (n > 0) step.at = at(day, local - floor<days>(local), step.notes);
  if (!skipped.empty()) step.notes.push_back(not_counted(skipped));
  return step;
}

Result<Calendar::Step> Calendar::add_business_hours(Instant from, std::int64_t n) const {
  WRIT_TRY(step, opening_from(from));
  local_days day = floor<days>(zone_.local(step.at));
  Nanos left = std::chrono::hours{n};
  std::vector<local_days> skipped;
  for (;;) {
    const Instant closing = at(day, closes_, step.notes);
    if (left <= closing - step.at) break;
    left -= closing - step.at;
    WRIT_TRY(next, next_business_day(day, skipped));
    day = next;
    step.at = at(day, opens_, step.notes);
  }
  step.at += left;
  if (!skipped.empty()) step.notes.push_back(not_counted(skipped));
  return step;
}

Calendar::Step Calendar::add_days(Instant from, std::int64_t n) const {
  const auto local = zone_.local(from);
  const local_days day = floor<days>(local);
  Step s;
  s.at = at(day + days{n}, local - day, s.notes);
  return s;
}

Calendar::Step Calendar::add_months(Instant from, std::int64_t n) const {
  const auto local = zone_.local(from);
  const local_days day = floor<days>(local);
  const year_month_day first{day}, then = plus_months(first, n);
  Step s;
  s.at = at(local_days{then}, local - day, s.notes);
  if (then.day() != first.day())
    s.notes.push_back(fmt::format("that month has no {}", static_cast<unsigned>(first.day())));
  return s;
}

Result<Due> Calendar::add(Instant from, std::int64_t amount, Unit unit, std::string_view what) const {
  if (amount < 0 || amount > amount_max(unit))
    return fail(Exit::usage, fmt::format("a period of {} is not counted", counted(amount, unit)), {}, {},
                "state a period from 0 to 100 years");
  Result<Step> step = Step{from, {}};
  if (unit == Unit::minutes) step->at += std::chrono::minutes{amount};
  if (unit == Unit::hours) step->at += std::chrono::hours{amount};
  if (unit == Unit::days && amount > 0) step = add_days(from, amount);
  if (unit == Unit::months && amount > 0) step = add_months(from, amount);
  if (unit == Unit::years && amount > 0) step = add_months(from, 12 * amount);
  if (unit == Unit::business_days) step = add_business_days(from, amount);
  if (unit == Unit::business_hours) step = add_business_hours(from, amount);
  if (!step) return tl::unexpected(step.error());
  Due due;
  due.at = step->at;
  due.arithmetic = fmt::format("due {} = {} {} + {}{}", in_words(zone_, due.at), what, in_words(zone_, from),
                               counted(amount, unit),
                               step->notes.empty() ? "" : fmt::format(" ({})", fmt::join(step->notes, "; ")));
  return due;
}

const ClockRule* clock(const Policy& p, std::string_view name) {
  const auto it =
      std::find_if(p.clocks.begin(), p.clocks.end(), [&](const ClockRule& c) { return c.name == name; });
  return it == p.clocks.end() ? nullptr : &*it;
}

Result<Due> due(const Policy& p, std::string_view name, Instant from, std::string_view what) {
  const ClockRule* rule = clock(p, name);
  if (rule == nullptr)
    return fail(Exit::integrity, fmt::format("the policy has no clock '{}'", name),
                "a period that the policy does not state is not guessed",
                fmt::format("a [[clock]] with name = \"{}\"", name), "counsel and officer amend the policy");
  WRIT_TRY(calendar, Calendar::of(p));
  return calendar.add(from, rule->amount, rule->unit, what);
}

}  // namespace writ::policy
