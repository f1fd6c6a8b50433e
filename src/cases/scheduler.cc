// SPDX-License-Identifier: GPL-3.0-or-later
// People are told before the clock acts: killed between the two, the notice of an end is not lost with the
// deadline that it was about.
#include "cases/scheduler.hh"

#include <fmt/format.h>

#include <algorithm>

#include "desk/emergency_application.hh"
#include "desk/outlets.hh"

namespace writ::cases {
namespace {

using desk::Case;
using process::State;

// The newest moment of telling that has come; earlier ones that nobody was there for are not told any more.
std::optional<Instant> alert_now(const Deadline& d, Instant now) {
  std::optional<Instant> newest;
  const auto look = [&](Instant a) {
    if (a <= now && (!newest || a > *newest)) newest = a;
  };
  for (const Instant a : d.alerts) look(a);
  look(d.at);
  return newest;
}

void look_ahead(const Deadline& d, Instant now, std::optional<Instant>& next) {
  const auto look = [&](Instant a) {
    if (a > now && (!next || a < *next)) next = a;
  };
  for (const Instant a : d.alerts) look(a);
  look(d.at);
}

}  // namespace

Json to_json(const SchedulerRun& r) {
  Json done = Json::array(), told = Json::array(), troubles = Json::array();
  for (const Deadline& d : r.done) done.push_back(to_json(d));
  for (const desk::Notice& n : r.told) told.push_back(to_json(n));
  for (const Error& e : r.troubles)
    troubles.push_back(Json{{"what", e.what}, {"rule", e.rule}, {"missing", e.missing}, {"next", e.next}});
  return Json{{"schema", "writ.scheduler-run/1"}, {"at", rfc3339_seconds(r.at)},
              {"done", std::move(done)},          {"told", std::move(told)},
              {"troubles", std::move(troubles)},  {"next", r.next ? Json(rfc3339_seconds(*r.next)) : Json{}}};
}

Result<SchedulerRun> Scheduler::run_once() {
  SchedulerRun run;
  run.at = c_->now();
  WRIT_CHECK(c_->check_clock());
  WRIT_CHECK(c_->mark_clock(run.at));
  WRIT_TRY(list, deadlines(*c_));
  run.troubles = std::move(list.troubles);
  const auto or_trouble = [&](const Status& s) {
    if (!s) run.troubles.push_back(s.error());
    return s.has_value();
  };
  for (const Deadline& d : list.due) {
    const auto when = alert_now(d, run.at);
    const bool told = !when || or_trouble(tell(d, *when, run));
    if (told && !d.act.empty() && d.at <= run.at && or_trouble(expire(d))) run.done.push_back(d);
    look_ahead(d, run.at, run.next);
  }
  // Lists of revocations that no directory took so far.
  if (auto left = desk::deliver_revocations(*c_); !left)
    run.troubles.push_back(std::move(left).error());
  else
    for (desk::Undelivered& u : *left) run.troubles.push_back(std::move(u.why));
  return run;
}

Status Scheduler::tell(const Deadline& d, Instant alert, SchedulerRun& run) {
  desk::Notice n{d.matter, d.subject, d.what, d.who, d.severity, alert, d.at, d.arithmetic, d.citation};
  WRIT_TRY(is_new, desk::Outbox{*c_}.tell(n));
  if (is_new) run.told.push_back(std::move(n));
  return {};
}

// What was due when the list was made must be due of the case as it is now: somebody may have extended it.
Status Scheduler::expire(const Deadline& d) {
  if (d.act == "lapse") return desk::EmergencyApplication{*c_}.lapse(d.matter).map([](const auto&) {});
  if (d.subject == "interception") return expire_order(d);
  desk::CaseStep step{d.act, Json{{"due", d.arithmetic}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(still, deadlines_of(c_->policy(), of, {}));
    for (const Deadline& s : still)
      if (s.act == d.act && s.at <= c_->now()) return {};
    return fail(Exit::failure, fmt::format("{} is no longer due to {}", d.matter, d.act), {}, {},
                "the next run looks at it again");
  };
  WRIT_CHECK(desk::CaseBook{*c_}.tick(d.matter, std::move(step)));
  return {};
}

Status Scheduler::expire_order(const Deadline& d) {
  desk::Orders orders{*c_};
  WRIT_TRY(of, orders.of_matter(d.matter));
  for (const desk::Order& o : of) {
    const State to = process::after_expiry(o.state);
    WRIT_TRY(grant, orders.grant(o.matter, o.number));
    const Instant end = authority_end(o, grant);
    if (to == o.state || end > c_->now()) continue;
    WRIT_CHECK(
        c_->note("desk", "intercept.expired", o.matter,
                 Json{{"order", o.number}, {"end", rfc3339(end)}, {"state", process::to_string(o.state)}}));
    WRIT_CHECK(orders.advance(o, to, process::Step::stop, c_->desk_cert().user, end));
  }
  return {};
}

}  // namespace writ::cases
