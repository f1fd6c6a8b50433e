// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/transparency.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "cases/demand_case.hh"
#include "desk/compartment.hh"
#include "desk/orders.hh"

namespace writ::cases {
namespace {

using desk::Case;
using process::Cycle;

constexpr std::array outcomes{"answered", "preserved", "activated", "returned",
                              "refused",  "withdrawn", "pending"};
constexpr int days_of_a_year = 365;

struct Tally {
  std::map<std::string, TransparencyRow> rows;            // by kind
  std::map<std::string, std::set<std::string>> subjects;  // by kind
  void add(const std::string& kind, const std::string& title, const std::string& outcome,
           const std::vector<std::string>& of) {
    TransparencyRow& r = rows[kind];
    r.kind = kind;
    r.title = title;
    ++r.outcomes[outcome];
    ++r.total;
    if (outcome == "answered" || outcome == "preserved" || outcome == "activated")
      subjects[kind].insert(of.begin(), of.end());
  }
};

std::string outcome_of(const Case& c) {
  for (const char* act : {"deliver", "release"})
    if (c.newest(act) != nullptr && c.cycle != Cycle::preservation) return "answered";
  if (c.state == "returned" || (c.state == "closed" && c.newest("return") != nullptr)) return "returned";
  if (c.state == "rejected" || c.state == "denied") return "refused";
  if (c.state == "withdrawn") return "withdrawn";
  for (const char* act : {"confirm", "take-snapshot"})
    if (c.newest(act) != nullptr) return "preserved";
  return "pending";
}

std::string outcome_of(const desk::Order& o, bool is_armed) {
  if (is_armed) return "activated";
  if (o.state == process::State::returned) return "returned";
  if (o.state == process::State::rejected) return "refused";
  const bool over = o.state == process::State::ended || o.state == process::State::closed;
  return over ? "withdrawn" : "pending";
}

// Each subject as the document names it; equal ones are one.
std::vector<std::string> subjects_of(const process::Demand& d) {
  const Json j = process::to_json(d);
  std::vector<std::string> out;
  for (const Json& s : j.value("subjects", Json::array())) out.push_back(canonical(s));
  return out;
}

bool is_national(const policy::Policy& p, const Case& c, const std::string& kind) {
  const policy::ProcessKind* k = policy::process_kind(p, kind);
  const std::string national = process::to_string(Cycle::national_security);
  return c.cycle == Cycle::national_security || (k != nullptr && k->cycle == national);
}

std::string title_of(const policy::Policy& p, const std::string& kind) {
  const policy::ProcessKind* k = policy::process_kind(p, kind);
  return k == nullptr ? kind : k->title;
}

Status count_cases(const desk::Carrier& c, std::span<const Case> cases, Instant from, Instant until,
                   Tally& t) {
  for (const Case& k : cases) {
    const desk::CaseAct* filed = k.newest("file");
    if (filed == nullptr || !filed->body.contains("demand") || k.opened() < from || k.opened() >= until)
      continue;
    WRIT_TRY(d, demand_of(k));
    if (is_national(c.policy(), k, d.kind)) continue;
    t.add(d.kind, title_of(c.policy(), d.kind), outcome_of(k), subjects_of(d));
  }
  return {};
}

Status count_orders(const desk::Carrier& c, Instant from, Instant until, Tally& t) {
  const desk::Orders orders{c};
  WRIT_TRY(all, orders.all());
  for (const desk::Order& o : all) {
    if (o.filed_at < from || o.filed_at >= until) continue;
    WRIT_TRY(grant, orders.grant(o.matter, o.number));
    std::vector<std::string> targets;
    if (grant)
      for (const authority::Target& target : grant->body.targets)
        targets.push_back(authority::target_text(target));
    const bool extends = o.number > 1;
    t.add(o.request.kind + (extends ? "-extension" : ""),
          title_of(c.policy(), o.request.kind) + (extends ? ", extension" : ""),
          outcome_of(o, grant && grant->file), targets);
  }
  return {};
}

// Midnight of the first day of the month, on the carrier's clock.
Instant month_begin(const Zone& zone, int year, unsigned month) {
  const std::chrono::year_month_day d{std::chrono::year{year}, std::chrono::month{month},
                                      std::chrono::day{1}};
  return zone.instants(std::chrono::local_time<Nanos>{std::chrono::local_days{d}}).first;
}

Status count_band(std::span<desk::Carrier* const> compartments, const policy::TransparencyStructure& s,
                  NationalBand& b) {
  std::int64_t process = 0, selectors = 0;
  for (desk::Carrier* c : compartments) {
    WRIT_TRY(cases, desk::CaseBook{*c}.all(Cycle::national_security));
    for (const Case& k : cases) {
      if (k.opened() < b.from || k.opened() >= b.until) continue;
      WRIT_TRY(d, demand_of(k));
      ++process;
      selectors += static_cast<std::int64_t>(d.subjects.size());
    }
  }
  b.process = band(process, s.band);
  b.selectors = band(selectors, s.band);
  return {};
}

std::vector<NationalBand> periods(const policy::TransparencyStructure& s, const Zone& zone, int year) {
  std::vector<NationalBand> out;
  const bool whole_year = s.period_days >= days_of_a_year;
  std::vector<Instant> ends{month_begin(zone, year + 1, 1)};
  if (!whole_year) ends.insert(ends.begin(), month_begin(zone, year, 7));
  for (const Instant end : ends) {
    NationalBand b;
    b.until = end;
    b.from = whole_year ? month_begin(zone, year, 1) : end - std::chrono::days(s.period_days);
    b.publishable = end + std::chrono::days(s.delay_days);
    out.push_back(std::move(b));
  }
  return out;
}

}  // namespace

std::span<const char* const> transparency_outcomes() { return outcomes; }

std::string band(std::int64_t n, std::int64_t width) {
  const std::int64_t low = n / width * width;
  return fmt::format("{}-{}", low, low + width - 1);
}

Result<Transparency> transparency(desk::Carrier& c, int year, const std::string& person,
                                  std::span<desk::Carrier* const> compartments) {
  WRIT_TRY(zone, Zone::find(c.policy().hours.zone));
  const Instant from = month_begin(zone, year, 1), until = month_begin(zone, year + 1, 1);
  Tally tally;
  WRIT_TRY(cases, desk::CaseBook{c}.all());
  WRIT_CHECK(count_cases(c, cases, from, until, tally));
  WRIT_CHECK(count_orders(c, from, until, tally));
  Transparency t;
  t.year = year;
  t.as_of = c.now();
  for (auto& [kind, row] : tally.rows) {
    row.accounts = static_cast<std::int64_t>(tally.subjects[kind].size());
    t.rows.push_back(std::move(row));
  }
  std::sort(t.rows.begin(), t.rows.end(),
            [](const TransparencyRow& a, const TransparencyRow& b) { return a.title < b.title; });
  t.structure = policy::transparency_structure(c.policy());
  t.counted_for = person;
  if (t.structure == nullptr || person.empty()) return t;
  for (desk::Carrier* inside : compartments)
    WRIT_CHECK(inside->note(person, "transparency.count", "", Json{{"year", year}}));
  for (NationalBand& b : periods(*t.structure, zone, year)) {
    if (c.now() >= b.publishable) WRIT_CHECK(count_band(compartments, *t.structure, b));
    t.national.push_back(std::move(b));
  }
  return t;
}

Result<Transparency> transparency_for(desk::Carrier& c, int year, const desk::Acting& who) {
  desk::Compartments all{c};
  WRIT_TRY(names, all.of(who.person));
  std::vector<desk::Carrier> opened;
  opened.reserve(names.size());
  for (const desk::CompartmentName& n : names) {
    WRIT_TRY(inside, all.open(n.id, who));
    opened.push_back(std::move(inside));
  }
  std::vector<desk::Carrier*> inside;
  for (desk::Carrier& o : opened) inside.push_back(&o);
  return transparency(c, year, who.person.user, inside);
}

}  // namespace writ::cases
