// SPDX-License-Identifier: GPL-3.0-or-later
// What is due about interceptions (life cycles 3 and 4): the end of the authority, the 48 hours of an
// emergency, the certification, the sealing, the equipment.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cases/deadlines.hh"
#include "desk/emergency_application.hh"
#include "desk/intercept_service.hh"
#include "desk/reconciliation.hh"

namespace writ::cases {
namespace {

using desk::GrantRow;
using desk::Order;
using process::State;
using std::chrono::days;

constexpr const char* certification_rule = "47 CFR 1.20004(a)(1), (2): at once or within a reasonable time";

// One order, with what the rows and the policy say of it.
struct OrderFacts {
  const desk::Carrier& c;
  const policy::Calendar& calendar;
  const Order& o;
  const std::optional<GrantRow>& g;
  std::optional<Instant> armed;                          // the technician's act
  Instant end{};                                         // of the authority, or when it was stopped
  std::optional<desk::EmergencyInterception> emergency;  // this order is one, and was armed
  bool is_wiretap() const { return o.request.kind == "wiretap"; }
};

Deadline about(const OrderFacts& v, std::string what, Instant at, std::string arithmetic,
               std::string citation, std::string who) {
  Deadline d;
  d.matter = v.o.matter;
  d.subject = "interception";
  d.what = std::move(what);
  d.at = at;
  d.arithmetic = fmt::format("due {} = {}", policy::in_words(v.calendar.zone(), at), arithmetic);
  d.citation = std::move(citation);
  d.who = std::move(who);
  return d;
}

// The longest that the law would allow, said beside the end that the order states.
Result<std::string> limit_of_law(const OrderFacts& v) {
  const auto& p = v.c.policy();
  if (!v.is_wiretap()) {
    WRIT_TRY(limit, policy::due(p, "pen-trap", v.o.request.start, "start"));
    return limit.arithmetic;
  }
  WRIT_TRY(latest, policy::due(p, "wiretap-start", v.o.request.issued, "order"));
  const bool by_order = !v.armed || latest.at < *v.armed;
  WRIT_TRY(limit, policy::due(p, "wiretap", by_order ? latest.at : *v.armed,
                              by_order ? "10 days after the order" : "first possible interception"));
  return limit.arithmetic;
}

Result<Deadline> end_of_authority(const OrderFacts& v) {
  WRIT_TRY(limit, limit_of_law(v));
  Deadline d = about(v, v.armed ? "the authority ends, the interception stops" : "the order ends unused",
                     v.end, fmt::format("the end that the order states (the law's limit: {})", limit),
                     v.is_wiretap() ? "18 USC 2518(5)" : "18 USC 3123(c)", "the clock");
  d.act = "expire";
  d.alerts = {d.at - days{7}, d.at - days{2}, d.at};
  if (v.o.request.emergency) {
    d.severity = Severity::emergency;
    d.alerts = {d.at - std::chrono::hours{12}, d.at};
  }
  return d;
}

// 2518(7), 3125: what must follow an interception without an order. Its time passes by the clock, except over
// an application for a wiretap that was made: about that the court decides.
Status add_application(const OrderFacts& v, std::vector<Deadline>& out) {
  const desk::EmergencyInterception& e = *v.emergency;
  const std::string state = e.state();
  if (state.empty() || (state == "applied" && !e.is_wiretap())) {
    Deadline d =
        about(v, e.is_wiretap() ? "the agency's application is made" : "the agency's order is obtained",
              e.due.at, {}, "18 USC 2518(7), 3125(a)", "officer");
    d.arithmetic = e.due.arithmetic;
    d.severity = Severity::emergency;
    d.act = "lapse";
    d.alerts = {d.at - std::chrono::hours{12}, d.at};
    out.push_back(std::move(d));
  } else if (state == "applied") {
    Deadline d = about(v, "the court decides on the application; until then nothing more is delivered",
                       e.due.at, {}, "18 USC 2518(7)", "officer");
    d.arithmetic = e.due.arithmetic;
    out.push_back(std::move(d));
  } else if (state != "granted" && e.is_wiretap() && e.application->newest("inventory") == nullptr) {
    const desk::CaseAct* applied = e.application->newest("apply");
    Instant from = v.end;
    if (state == "denied" && applied != nullptr) {
      WRIT_TRY(made, parse_rfc3339(applied->body["application"].value("made", "")));
      from = made;
    }
    WRIT_TRY(due, policy::due(v.c.policy(), "emergency-inventory", from,
                              state == "denied" ? "the application" : "the end of the interception"));
    const policy::ClockRule* clock = policy::clock(v.c.policy(), "emergency-inventory");
    Deadline d = about(v, "the inventory is served (by the court), and recorded", due.at, {}, clock->citation,
                       "counsel or officer");
    d.arithmetic = due.arithmetic;
    for (const std::int64_t n : clock->alert_days) d.alerts.push_back(d.at - days{n});
    std::sort(d.alerts.begin(), d.alerts.end());
    out.push_back(std::move(d));
  }
  return {};
}

Result<bool> is_produced(const OrderFacts& v) {
  WRIT_TRY(ask, v.c.db().prepare(
                    "SELECT 1 FROM productions WHERE matter=? AND manifest_sha256 IS NOT NULL LIMIT 1"));
  return ask.bind(1, v.o.matter).step();
}

Status add_after_arming(const OrderFacts& v, std::vector<Deadline>& out) {
  if (!v.armed) return {};
  if (!desk::stored_certification(v.c, v.o.matter))
    out.push_back(about(v, "the certification is signed", *v.armed, "armed", certification_rule, "officer"));
  if (v.o.state == State::armed || !v.is_wiretap()) return {};
  if (v.emergency && !v.emergency->is_granted()) return {};  // no judge issued an order for it
  WRIT_TRY(produced, is_produced(v));
  if (!produced)
    out.push_back(about(v, "the recordings go to the judge for sealing", v.end, "the end of the interception",
                        "18 USC 2518(8)(a): immediately", "officer"));
  return {};
}

// Field work (S49-S53): a daily retrieval while it runs, removal and release of the port when it is over.
void add_field_work(const OrderFacts& v, const std::vector<desk::Case>& cases, std::vector<Deadline>& out) {
  for (const desk::Case& w : cases) {
    if (w.cycle != process::Cycle::work_order || w.acts.front().body.value("matter", "") != v.o.matter)
      continue;
    if (v.o.state == State::armed && w.state == "installed") {
      const desk::CaseAct* last = w.newest("retrieve");
      if (last == nullptr) last = w.newest("install");
      Deadline d = about(v, fmt::format("the day's capture is retrieved ({})", w.matter), last->at + days{1},
                         "the last retrieval + 24 hours", "S52: daily", "technician");
      d.severity = Severity::profile;
      out.push_back(std::move(d));
    } else if (v.o.state != State::armed && (w.state == "installed" || w.state == "removed")) {
      out.push_back(about(
          v,
          fmt::format("{} ({})", w.state == "installed" ? "the equipment is removed" : "the port is released",
                      w.matter),
          v.end, "the end of the interception", "S53", "technician"));
    }
  }
}

std::string text_of_day(std::chrono::local_days d) {
  return rfc3339(Instant{d.time_since_epoch()}).substr(0, 10);
}

// The first day of the interception whose calls were not compared with the call records, once that day is
// over and evidence of the matter is in the house. One line, whatever is behind.
Status add_reconciliation(const OrderFacts& v, std::vector<Deadline>& out) {
  std::error_code ec;
  if (!v.armed || v.o.state == State::closed || !fs::is_directory(v.c.data() / "evidence" / v.o.matter, ec))
    return {};
  WRIT_TRY(done, desk::reconciled_days(v.c, v.o.matter));
  const auto day_of_time = [&](Instant t) { return std::chrono::floor<days>(v.calendar.zone().local(t)); };
  const auto first = day_of_time(*v.armed), last = day_of_time(std::min(v.end, v.c.now()));
  std::optional<std::chrono::local_days> open;
  std::int64_t behind = 0;
  for (auto day = first; day <= last; day += days{1}) {
    if (std::binary_search(done.begin(), done.end(), text_of_day(day))) continue;
    WRIT_TRY(bounds, desk::day_bounds(v.c, text_of_day(day)));
    if (bounds.second > v.c.now()) break;
    if (!open) open = day;
    ++behind;
  }
  if (!open) return {};
  WRIT_TRY(bounds, desk::day_bounds(v.c, text_of_day(*open)));
  Deadline d = about(v,
                     fmt::format("the calls of {} are compared with the call records{}", text_of_day(*open),
                                 behind > 1 ? fmt::format(" ({} days are open)", behind) : ""),
                     bounds.second + days{1}, "the end of the day + 24 hours",
                     "intercepted calls against call records, daily (docs/field-work.md)",
                     "officer and two custodians");
  d.severity = Severity::profile;
  out.push_back(std::move(d));
  return {};
}

Status add_order(const OrderFacts& v, const std::vector<desk::Case>& cases, std::vector<Deadline>& out) {
  if (v.emergency) WRIT_CHECK(add_application(v, out));  // whatever became of the order
  switch (v.o.state) {
    case State::received:
    case State::returned:
    case State::rejected:
    case State::closed:
      return {};
    case State::validated:
    case State::legally_authorised:
    case State::carrier_authorised:
    case State::armed: {
      WRIT_TRY(end, end_of_authority(v));
      out.push_back(std::move(end));
      break;
    }
    case State::ended:
    case State::certified:
      break;
  }
  WRIT_CHECK(add_after_arming(v, out));
  WRIT_CHECK(add_reconciliation(v, out));
  add_field_work(v, cases, out);
  return {};
}

}  // namespace

Result<std::vector<Deadline>> interception_deadlines(const desk::Carrier& c,
                                                     const std::vector<desk::Case>& cases) {
  std::vector<Deadline> out;
  const desk::Orders orders{c};
  WRIT_TRY(all, orders.all());
  if (all.empty()) return out;
  WRIT_TRY(calendar, policy::Calendar::of(c.policy()));
  WRIT_TRY(stopped, orders.revocations());
  for (const Order& o : all) {
    WRIT_TRY(g, orders.grant(o.matter, o.number));
    OrderFacts v{c, calendar, o, g, {}, authority_end(o, g), {}};
    if (g && g->file && g->acts.size() == 3) v.armed = g->acts[2].at;
    if (v.armed && o.request.emergency) {
      WRIT_TRY(emergency, desk::emergency_interception(c, o.matter));
      v.emergency = std::move(emergency);
    }
    for (const auto& r : stopped.entries)
      if (g && crypto::hex(r.grant) == g->id) v.end = std::min(v.end, r.at);
    WRIT_CHECK(add_order(v, cases, out));
  }
  return out;
}

Instant authority_end(const Order& o, const std::optional<GrantRow>& g) {
  return g ? g->body.not_after : o.request.end;
}

}  // namespace writ::cases
