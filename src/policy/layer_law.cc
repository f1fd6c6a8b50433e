// SPDX-License-Identifier: GPL-3.0-or-later
// [[process]], [[authority]], [[office]], [[clock]] and the calendar of holidays.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "policy/layer_tables.hh"

namespace writ::policy {
namespace {

constexpr std::int64_t period_max = 36'600;
constexpr std::int64_t year_first = 1990, year_last = 2200;

constexpr std::array required_clocks{"preservation",
                                     "preservation-extension",
                                     "backup-copy",
                                     "backup-release",
                                     "ncmec-preservation",
                                     "emergency-second-approver",
                                     "emergency-review",
                                     "emergency-intercept",
                                     "emergency-inventory",
                                     "wiretap",
                                     "wiretap-start",
                                     "pen-trap",
                                     "request-answer",
                                     "plan-refiling",
                                     "breach-notice",
                                     "customer-notice",
                                     "customer-notice-wait",
                                     "customer-notice-hold",
                                     "certification-retention",
                                     "own-copies",
                                     "cdr-delivery",
                                     "acknowledgement-reminder"};
constexpr std::array required_offices{"fbi-field-office", "ncmec", "calea-implementation-unit", "fcc"};

// A row's key may stand once in all layers together.
template <class Row>
void once(Fields& f, const char* key, const std::vector<Row>& rows, std::string Row::*member,
          const std::string& value) {
  if (std::any_of(rows.begin(), rows.end(), [&](const Row& r) { return r.*member == value; }))
    f.refuse(key, fmt::format("names {} twice", value), "keep one row for each, in one layer");
}

bool is_date(std::string_view s) {
  return s.size() == 10 && parse_rfc3339(std::string(s) + "T00:00:00Z").has_value();
}

std::string date(Fields& f, const char* key, Need need) {
  std::string s = f.text(key, need);
  if (!s.empty() && !is_date(s))
    f.refuse(key, fmt::format("is '{}', which is no date", s), "write YYYY-MM-DD in quotes");
  return s;
}

int year_of(std::string_view date) {
  int y = 0;
  std::from_chars(date.data(), date.data() + std::min<std::size_t>(date.size(), 4), y);
  return y;
}

template <class Rows, class Row>
bool named(const Rows& rows, std::string Row::*member, std::string_view value) {
  return std::any_of(rows.begin(), rows.end(), [&](const Row& r) { return r.*member == value; });
}

Status lacks(const std::string& table, const std::string& key, const std::string& value) {
  return fail(Exit::usage, fmt::format("no layer has a [[{}]] with {} = \"{}\"", table, key, value),
              "what the policy does not state cannot be guessed (requirements, intro: fail closed)",
              fmt::format("the row {} = \"{}\"", key, value), "take all layers of the profile");
}

// The caps that the checks of an interception apply are the clocks of the law, in the law's own unit.
Status cap(const Policy& p, const char* name, Unit unit, std::int64_t& out) {
  const ClockRule* c = clock(p, name);
  if (c == nullptr) return lacks("clock", "name", name);
  if (c->unit != unit)
    return fail(Exit::usage, fmt::format("the clock {} is in {}", name, to_string(c->unit)), c->citation, {},
                fmt::format("write unit = \"{}\"", to_string(unit)));
  out = c->amount;
  return {};
}

}  // namespace

void read_kinds(Fields& f, Policy& p) {
  for (Fields& k : f.objects("process")) {
    ProcessKind r;
    r.id = k.text("id", Need::required);
    r.title = k.text("title", Need::required);
    r.column = k.word("column", {"subpoena", "summons", "court-order", "warrant", "emergency", "nsl"},
                      Need::optional);
    r.cycle = k.text("cycle", Need::required);
    r.citation = k.text("citation", Need::required);
    r.authority = k.text("authority");
    r.needs_court = k.flag("needs_court");
    r.needs_statute = k.flag("needs_statute");
    r.needs_return_date = k.flag("needs_return_date");
    r.needs_coordination = k.flag("needs_coordination");
    r.by_hand = k.flag("by_hand");
    r.by_order = k.flag("by_order");
    k.finish();
    if (r.by_order && !r.column.empty())
      k.refuse("by_order", "stands beside a column", "the matrix decides, or the order's own words do");
    once(k, "id", p.kinds, &ProcessKind::id, r.id);
    p.kinds.push_back(std::move(r));
  }
}

void read_authorities(Fields& f, Policy& p) {
  for (Fields& a : f.objects("authority")) {
    Authority r;
    r.id = a.text("id", Need::required);
    r.title = a.text("title", Need::required);
    r.citation = a.text("citation", Need::required);
    r.effective = date(a, "effective", Need::required);
    r.lapses = date(a, "lapses", Need::optional);
    r.verified_on = date(a, "verified_on", Need::required);
    r.never = a.flag("never");
    a.finish();
    if (r.id == "cited") a.refuse("id", "is 'cited', which [[process]] uses", "choose another id");
    if (!r.lapses.empty() && r.lapses <= r.effective)
      a.refuse("lapses", "is not after it took effect", "write the first day on which it is not in force");
    once(a, "id", p.authorities, &Authority::id, r.id);
    p.authorities.push_back(std::move(r));
  }
}

void read_offices(Fields& f, Policy& p) {
  for (Fields& o : f.objects("office")) {
    Office r{o.text("id", Need::required),
             o.text("title", Need::required),
             o.text("phone"),
             o.text("email"),
             o.text("address"),
             o.text("purpose", Need::required)};
    o.finish();
    once(o, "id", p.offices, &Office::id, r.id);
    p.offices.push_back(std::move(r));
  }
}

void read_clocks(Fields& f, Policy& p) {
  for (Fields& c : f.objects("clock")) {
    ClockRule r;
    r.name = c.text("name", Need::required);
    r.amount = c.whole("amount", 1, period_max);
    std::vector<std::string> units;
    for (Unit u : all_units()) units.emplace_back(to_string(u));
    const std::string unit = c.word("unit", units, Need::required);
    if (const auto u = parse_unit(unit)) r.unit = *u;
    r.alert_days = c.wholes("alert_days", 1, period_max);
    r.citation = c.text("citation", Need::required);
    r.text = c.text("text", Need::required);
    c.finish();
    if (std::adjacent_find(r.alert_days.begin(), r.alert_days.end(), std::less_equal<>()) !=
        r.alert_days.end())
      c.refuse("alert_days", "do not fall", "write the days before the end, largest first: [14, 3]");
    once(c, "name", p.clocks, &ClockRule::name, r.name);
    p.clocks.push_back(std::move(r));
  }
}

void read_calendar(Fields& f, Policy& p) {
  if (auto years = f.object("holiday_years", Need::optional)) {
    const auto first = years->whole("first", year_first, year_last);
    const auto last = years->whole("last", first, year_last);
    p.holiday_citation = years->text("citation", Need::required);
    years->finish();
    if (p.holidays_last_year != 0)
      f.refuse("holiday_years", "is stated in a second layer", "state the years that are listed once");
    p.holidays_first_year = static_cast<int>(first);
    p.holidays_last_year = static_cast<int>(last);
  }
  for (Fields& h : f.objects("holiday")) {
    Holiday r{date(h, "date", Need::required), h.text("name", Need::required)};
    h.finish();
    once(h, "date", p.holidays, &Holiday::date, r.date);
    p.holidays.push_back(std::move(r));
  }
}

Status tables_whole(Policy& p) {
  WRIT_CHECK(matrix_whole(p));
  for (const char* name : required_clocks)
    if (clock(p, name) == nullptr) return lacks("clock", "name", name);
  for (const char* id : required_offices)
    if (!named(p.offices, &Office::id, id)) return lacks("office", "id", id);
  for (const ProcessKind& k : p.kinds)
    if (!k.authority.empty() && k.authority != "cited" && !named(p.authorities, &Authority::id, k.authority))
      return lacks("authority", "id", k.authority);
  if (p.holidays_last_year == 0)
    return fail(Exit::usage, "no layer says for which years its holidays are listed",
                "business days are counted with holidays or not at all", "[holiday_years] first and last",
                "take all layers of the profile");
  for (int y = p.holidays_first_year; y <= p.holidays_last_year; ++y)
    if (std::none_of(p.holidays.begin(), p.holidays.end(),
                     [&](const Holiday& h) { return year_of(h.date) == y; }))
      return fail(Exit::usage, fmt::format("no holiday of {} is listed", y), p.holiday_citation,
                  fmt::format("the holidays of {}", y), "list them, or end [holiday_years] before that year");
  for (const Holiday& h : p.holidays)
    if (year_of(h.date) < p.holidays_first_year || year_of(h.date) > p.holidays_last_year)
      return fail(Exit::usage, fmt::format("the holiday {} is outside of [holiday_years]", h.date),
                  p.holiday_citation, {}, "list every holiday of that year, and widen [holiday_years]");
  WRIT_CHECK(cap(p, "wiretap", Unit::days, p.wiretap_days_max));
  WRIT_CHECK(cap(p, "wiretap-start", Unit::days, p.wiretap_start_days_max));
  WRIT_CHECK(cap(p, "pen-trap", Unit::days, p.pen_trap_days_max));
  WRIT_CHECK(cap(p, "emergency-intercept", Unit::hours, p.emergency_hours_max));
  const auto calendar = Calendar::of(p);
  if (!calendar) return tl::unexpected(calendar.error());
  return {};
}

}  // namespace writ::policy
