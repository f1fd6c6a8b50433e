// SPDX-License-Identifier: GPL-3.0-or-later
// One row a deadline: in which states it runs, from what moment, by which clock of the policy.
#include "cases/deadlines.hh"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

#include "cases/recurring_window.hh"

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseAct;
using process::Cycle;

struct Start {
  Instant at{};
  std::string what;  // named in the arithmetic
};
struct Facts {
  const policy::Policy& policy;
  const Case& c;
  const std::vector<Case>& all;
};
using StartOf = std::function<Result<std::optional<Start>>(const Facts&)>;

struct Rule {
  Cycle cycle;
  std::vector<std::string_view> states;
  StartOf start;
  std::string_view clock;  // of the policy; "": due at the start itself
  std::string_view what, who, act;
  Severity severity;
  std::string_view citation = {};             // where there is no clock that has one
  std::vector<std::int64_t> alert_days = {};  // where there is no clock that has them
};

StartOf received() {
  return [](const Facts& f) -> Result<std::optional<Start>> {
    WRIT_TRY(d, demand_of(f.c));
    return Start{d.received, "received"};
  };
}

StartOf done(std::string_view act, std::string_view what) {
  return [act, what](const Facts& f) -> Result<std::optional<Start>> {
    const CaseAct* a = f.c.newest(act);
    if (a == nullptr) return std::optional<Start>{};
    return Start{a->at, std::string(what)};
  };
}

StartOf return_date(bool stated) {
  return [stated](const Facts& f) -> Result<std::optional<Start>> {
    WRIT_TRY(d, demand_of(f.c));
    if ((d.return_by != Instant{}) != stated) return std::optional<Start>{};
    return stated ? Start{d.return_by, "the return date of the document"} : Start{d.received, "received"};
  };
}

Result<std::optional<Start>> non_disclosure_end(const Facts& f) {
  WRIT_TRY(d, demand_of(f.c));
  if (d.non_disclosure_until == Instant{}) return std::optional<Start>{};
  return Start{d.non_disclosure_until, "the end that the non-disclosure order states"};
}

// Within a compartment: by the order that the newest "track" names.
Result<std::optional<Start>> tracked_end(const Facts& f) {
  const CaseAct* tracked = f.c.newest("track");
  const Json order = tracked != nullptr ? tracked->body.value("order", Json{}) : Json{};
  if (!order.is_object() || !order.contains("until")) return std::optional<Start>{};
  WRIT_TRY(text, field<std::string>(order, "until", "order"));
  if (text.empty()) return std::optional<Start>{};
  WRIT_TRY(at, parse_rfc3339(text));
  return Start{at, "the end that the non-disclosure order states"};
}

Result<std::optional<Start>> end_of_first_preservation(const Facts& f) {
  WRIT_TRY(d, demand_of(f.c));
  WRIT_TRY(first, policy::due(f.policy, "preservation", d.received, "received"));
  return Start{first.at, "the end of the first period"};
}

// As counsel approved it, before that as the document states it. The clock ends it once; afterwards only what
// a delivery of the last records has brought back to its schedule.
Result<std::optional<Start>> until_stated(const Facts& f) {
  const CaseAct* approved = f.c.newest("approve");
  const bool by_counsel = approved != nullptr && approved->body.contains("period");
  if (f.c.newest("expire") != nullptr && f.c.state != "scheduled") return std::optional<Start>{};
  WRIT_TRY(text, field<std::string>(by_counsel ? approved->body["period"] : f.c.acts.front().body, "until",
                                    "period"));
  WRIT_TRY(at, parse_rfc3339(text));
  return Start{at, "the end of the order's authority"};
}

Result<std::optional<Start>> window_over(const Facts& f) {
  WRIT_TRY(done, progress_of(f.c));
  WRIT_TRY(end, window_end(f.policy, done));
  return Start{end, "the end of the window"};
}

Result<std::optional<Start>> unreviewed(const Facts& f) {
  const CaseAct* alone = f.c.newest("approve-alone");
  if (alone == nullptr || f.c.newest("review") != nullptr) return std::optional<Start>{};
  return Start{alone->at, "approved by one person"};
}

Result<std::optional<Start>> breach_determined(const Facts& f) {
  const CaseAct* a = f.c.newest("assess");
  if (a == nullptr) return std::optional<Start>{};
  const Json facts = a->body.value("breach_facts", Json{});
  if (facts.is_object() && facts.contains("determined_at")) {
    WRIT_TRY(text, field<std::string>(facts, "determined_at", "breach"));
    WRIT_TRY(at, parse_rfc3339(text));
    return Start{at, "determined"};
  }
  if (a->body.value("breach", Json{}) != Json("yes")) return std::optional<Start>{};
  return Start{a->at, "determined"};
}

// Back to the first of the detections since which the plan has never been as it was filed.
Result<std::optional<Start>> changed_since_filed(const Facts& f) {
  std::optional<Start> start;
  for (auto a = f.c.acts.rbegin(); a != f.c.acts.rend(); ++a) {
    if (a->act != "detect-change") continue;
    const Json plan = a->body.value("plan", Json::object());
    if (plan.value("changed", Json::object()).empty()) break;
    start = Start{a->at, "changed"};
    if (const auto effective = parse_rfc3339(plan.value("effective", "")))
      start->at = std::min(start->at, *effective);
  }
  return start;
}

Result<std::optional<Start>> own_copies(const Facts& f) {
  for (const Case& other : f.all)
    if (other.cycle == Cycle::own_copies && other.state == "destroyed" &&
        other.acts.front().body.value("matter", "") == f.c.matter)
      return std::optional<Start>{};
  const CaseAct* a = f.c.newest("acknowledge");
  if (a == nullptr) return std::optional<Start>{};
  return Start{a->at, "acknowledged"};
}

const std::vector<Rule>& rules() {
  using enum Severity;
  constexpr std::string_view handlers = "intake or officer", deciders = "counsel or officer",
                             desk = "the clock";
  const std::vector<std::string_view> open_request{"received",         "identity-verified", "validated",
                                                   "legally-approved", "collected",         "scope-checked"},
      open_national{"hand-delivered", "compartmented", "certification-checked", "approved", "collected"},
      running{"scheduled", "rechecked", "extracted", "checked", "delivered"},
      shown{"delivered", "acknowledged", "closed"};
  static const std::vector<Rule> all{
      {Cycle::request,
       open_request,
       return_date(true),
       "",
       "the answer is due",
       handlers,
       "",
       law,
       "the process itself",
       {3, 1}},
      {Cycle::request, open_request, return_date(false), "request-answer", "the answer is due", handlers, "",
       profile},
      {Cycle::request,
       {"delivered"},
       done("deliver", "delivered"),
       "acknowledgement-reminder",
       "nobody has acknowledged the delivery",
       handlers,
       "",
       profile},
      {Cycle::request,
       {"acknowledged", "closed"},
       own_copies,
       "own-copies",
       "the carrier's own copies are destroyed",
       deciders,
       "",
       profile},
      {Cycle::request,
       shown,
       non_disclosure_end,
       "",
       "the non-disclosure ends",
       "counsel",
       "",
       law,
       "18 USC 2705(b)",
       {14, 3}},
      {Cycle::preservation,
       {"requested"},
       received(),
       "",
       "the snapshot is taken at once",
       handlers,
       "",
       law,
       "18 USC 2703(f)(1)"},
      {Cycle::preservation,
       {"active"},
       received(),
       "preservation",
       "the preservation ends",
       desk,
       "expire",
       law},
      {Cycle::preservation,
       {"extended"},
       end_of_first_preservation,
       "preservation-extension",
       "the preservation ends",
       desk,
       "expire",
       law},
      {Cycle::preservation,
       {"expired", "purge-proposed"},
       done("expire", "ended"),
       "",
       "the snapshot is purged by two people",
       deciders,
       "",
       law,
       "S27"},
      {Cycle::backup_preservation,
       {"requested", "copied"},
       received(),
       "backup-copy",
       "the backup copy is made and confirmed",
       handlers,
       "",
       law},
      {Cycle::backup_preservation,
       {"notified"},
       done("record-notice", "noticed"),
       "backup-release",
       "the copy may be released, not before",
       "counsel",
       "",
       law},
      {Cycle::child_protection,
       {"received"},
       done("file", "known"),
       "",
       "the report goes to NCMEC at once",
       deciders,
       "",
       law,
       "18 USC 2258A(a)"},
      {Cycle::child_protection,
       {"reported"},
       done("report", "reported"),
       "",
       "the snapshot is taken at once",
       handlers,
       "",
       law,
       "18 USC 2258A(h)"},
      {Cycle::child_protection,
       {"preserved", "converted"},
       done("report", "reported"),
       "ncmec-preservation",
       "the preservation ends",
       desk,
       "expire",
       law},
      {Cycle::child_protection,
       {"expired", "purge-proposed"},
       done("expire", "ended"),
       "",
       "the snapshot is purged by two people",
       deciders,
       "",
       law,
       "18 USC 2258A(h)"},
      {Cycle::emergency,
       {"received", "called-back"},
       done("file", "received"),
       "",
       "an emergency waits",
       handlers,
       "",
       emergency,
       "18 USC 2702(c)(4)"},
      {Cycle::emergency,
       {"assessed"},
       done("assess", "assessed"),
       "emergency-second-approver",
       "a second person approves; after that the officer alone may",
       deciders,
       "",
       emergency},
      {Cycle::emergency,
       {"approved"},
       done("assess", "assessed"),
       "",
       "the minimum is released",
       handlers,
       "",
       emergency,
       "18 USC 2702(c)(4)"},
      {Cycle::emergency,
       {"approved", "minimum-released", "process-asked", "reconciled", "flagged"},
       unreviewed,
       "emergency-review",
       "an auditor reviews what one person approved",
       "auditor",
       "",
       emergency},
      {Cycle::emergency,
       {"minimum-released"},
       done("release", "released"),
       "acknowledgement-reminder",
       "later process is asked for",
       "intake, counsel or officer",
       "",
       profile},
      {Cycle::national_security,
       open_national,
       return_date(true),
       "",
       "the answer is due",
       handlers,
       "",
       law,
       "the process itself",
       {3, 1}},
      {Cycle::national_security,
       {"tracked"},
       tracked_end,
       "",
       "the non-disclosure ends",
       "counsel",
       "",
       law,
       "18 USC 2709(c)",
       {14, 3}},
      {Cycle::recurring,
       {"ordered"},
       until_stated,
       "",
       "the authority ends, nothing was approved",
       desk,
       "lapse",
       law,
       "I3; 18 USC 3123(c)",
       {7, 2}},
      {Cycle::recurring,
       running,
       until_stated,
       "",
       "the authority ends, deliveries stop",
       desk,
       "expire",
       law,
       "I3; 18 USC 3123(c)",
       {7, 2}},
      {Cycle::recurring,
       running,
       window_over,
       "",
       "the next records are delivered",
       handlers,
       "",
       profile,
       "clock cdr-delivery (S62)",
       {1}},
      {Cycle::recurring,
       {"ended"},
       done("expire", "ended"),
       "cdr-delivery",
       "what is left is delivered, and the delivery is stopped",
       handlers,
       "",
       profile},
      {Cycle::recurring,
       {"delivered"},
       done("deliver", "delivered"),
       "acknowledgement-reminder",
       "nobody has acknowledged the delivery",
       handlers,
       "",
       profile},
      {Cycle::incident,
       {"assessed", "agencies-notified"},
       breach_determined,
       "breach-notice",
       "the breach notice goes out",
       deciders,
       "",
       law},
      {Cycle::plan_filing,
       {"filed"},
       changed_since_filed,
       "plan-refiling",
       "the plan is filed again",
       deciders,
       "",
       law},
  };
  return all;
}

void add_alerts(Deadline& d, const std::vector<std::int64_t>& days) {
  for (const std::int64_t n : days) d.alerts.push_back(d.at - std::chrono::days{n});
  std::sort(d.alerts.begin(), d.alerts.end());
}

Result<std::optional<Deadline>> apply(const Rule& r, const Facts& f) {
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

bool runs(const Rule& r, const Case& c) {
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
  for (const Rule& r : rules()) {
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
