// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/deadlines.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "cases/deadline_rules.hh"

namespace writ::cases {
namespace {

using desk::Case;

void add_alerts(Deadline& d, const std::vector<std::int64_t>& days) {
  for (const std::int64_t n : days) d.alerts.push_back(d.at - std::chrono::days{n});
  std::sort(d.alerts.begin(), d.alerts.end());
}

Result<std::optional<Deadline>> apply(const DeadlineRule& r, const DeadlineFacts& f) {
  WRIT_TRY(start, r.start(f));
  if (!start) return std::optional<Deadline>{};
  Deadline d;
  d.matter = f.c.matter;
  d.subject = process::to_string(f.c.cycle);
  d.what = r.what;
  d.who = r.who;
  d.act = r.act;
  d.severity = r.severity;
  if (r.clock.empty()) {
    WRIT_TRY(calendar, policy::Calendar::of(f.policy));
    d.at = start->at;
    d.arithmetic = fmt::format("due {} = {}", policy::in_words(calendar.zone(), d.at), start->what);
    d.citation = r.citation;
    add_alerts(d, r.alert_days);
    return std::optional{std::move(d)};
  }
  WRIT_TRY(due, policy::due(f.policy, r.clock, start->at, start->what));
  const policy::ClockRule* clock = policy::clock(f.policy, r.clock);
  d.at = due.at;
  d.arithmetic = due.arithmetic;
  d.citation = clock->citation;
  add_alerts(d, clock->alert_days);
  return std::optional{std::move(d)};
}

bool runs(const DeadlineRule& r, const Case& c) {
  return r.cycle == c.cycle && std::find(r.states.begin(), r.states.end(), c.state) != r.states.end();
}

}  // namespace

void sort_by_urgency(std::vector<Deadline>& all) {
  const auto rank = [](const Deadline& d) {
    return std::tuple(d.severity != Severity::emergency, d.at, d.matter, d.what);
  };
  std::sort(all.begin(), all.end(), [&](const Deadline& a, const Deadline& b) { return rank(a) < rank(b); });
}

Json to_json(const Deadline& d) {
  Json alerts = Json::array();
  for (const Instant a : d.alerts) alerts.push_back(rfc3339_seconds(a));
  return Json{{"matter", d.matter},
              {"subject", d.subject},
              {"what", d.what},
              {"due", rfc3339_seconds(d.at)},
              {"arithmetic", d.arithmetic},
              {"citation", d.citation},
              {"severity", to_string(d.severity)},
              {"who", d.who},
              {"act", d.act},
              {"alerts", std::move(alerts)}};
}

Json to_json(const DueList& l, Instant now) {
  Json due = Json::array(), troubles = Json::array();
  for (const Deadline& d : l.due) {
    Json j = to_json(d);
    j["overdue"] = d.at <= now;
    due.push_back(std::move(j));
  }
  for (const Error& e : l.troubles) troubles.push_back(Json{{"what", e.what}, {"next", e.next}});
  return Json{{"schema", "writ.due/1"},
              {"now", rfc3339_seconds(now)},
              {"due", std::move(due)},
              {"troubles", std::move(troubles)}};
}

Result<std::vector<Deadline>> deadlines_of(const policy::Policy& p, const Case& c,
                                           const std::vector<Case>& all) {
  std::vector<Deadline> out;
  for (const DeadlineRule& r : deadline_rules()) {
    if (!runs(r, c)) continue;
    WRIT_TRY(d, apply(r, {p, c, all}));
    if (d) out.push_back(std::move(*d));
  }
  return out;
}

Result<DueList> deadlines(desk::Carrier& c) {
  DueList out;
  const desk::CaseBook book{c};
  WRIT_TRY(matters, book.matters());
  std::vector<Case> cases;
  for (const std::string& m : matters) {
    if (auto read = book.read(m))
      cases.push_back(std::move(*read));
    else
      out.troubles.push_back(read.error());
  }
  const auto take = [&](Result<std::vector<Deadline>> some) {
    if (some)
      out.due.insert(out.due.end(), some->begin(), some->end());
    else
      out.troubles.push_back(some.error());
  };
  for (const Case& one : cases) take(deadlines_of(c.policy(), one, cases));
  take(interception_deadlines(c, cases));
  sort_by_urgency(out.due);
  return out;
}

}  // namespace writ::cases
