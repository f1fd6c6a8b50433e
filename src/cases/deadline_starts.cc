// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/deadline_starts.hh"

#include <algorithm>

#include "cases/demand_case.hh"
#include "cases/recurring_window.hh"

namespace writ::cases::starts {

using desk::Case;
using desk::CaseAct;
using process::Cycle;

StartOf received() {
  return [](const DeadlineFacts& f) -> Result<std::optional<Start>> {
    WRIT_TRY(d, demand_of(f.c));
    return Start{d.received, "received"};
  };
}

StartOf done(std::string_view act, std::string_view what) {
  return [act, what](const DeadlineFacts& f) -> Result<std::optional<Start>> {
    const CaseAct* a = f.c.newest(act);
    if (a == nullptr) return std::optional<Start>{};
    return Start{a->at, std::string(what)};
  };
}

StartOf return_date(bool stated) {
  return [stated](const DeadlineFacts& f) -> Result<std::optional<Start>> {
    WRIT_TRY(d, demand_of(f.c));
    if ((d.return_by != Instant{}) != stated) return std::optional<Start>{};
    return stated ? Start{d.return_by, "the return date of the document"} : Start{d.received, "received"};
  };
}

Result<std::optional<Start>> non_disclosure_end(const DeadlineFacts& f) {
  WRIT_TRY(d, demand_of(f.c));
  if (d.non_disclosure_until == Instant{}) return std::optional<Start>{};
  return Start{d.non_disclosure_until, "the end that the non-disclosure order states"};
}

// Within a compartment: by the order that the newest "track" names.
Result<std::optional<Start>> tracked_end(const DeadlineFacts& f) {
  const CaseAct* tracked = f.c.newest("track");
  const Json order = tracked != nullptr ? tracked->body.value("order", Json{}) : Json{};
  if (!order.is_object() || !order.contains("until")) return std::optional<Start>{};
  WRIT_TRY(text, field<std::string>(order, "until", "order"));
  if (text.empty()) return std::optional<Start>{};
  WRIT_TRY(at, parse_rfc3339(text));
  return Start{at, "the end that the non-disclosure order states"};
}

Result<std::optional<Start>> end_of_first_preservation(const DeadlineFacts& f) {
  WRIT_TRY(d, demand_of(f.c));
  WRIT_TRY(first, policy::due(f.policy, "preservation", d.received, "received"));
  return Start{first.at, "the end of the first period"};
}

// As counsel approved it, before that as the document states it. The clock ends it once; afterwards only what
// a delivery of the last records has brought back to its schedule.
Result<std::optional<Start>> until_stated(const DeadlineFacts& f) {
  const CaseAct* approved = f.c.newest("approve");
  const bool by_counsel = approved != nullptr && approved->body.contains("period");
  if (f.c.newest("expire") != nullptr && f.c.state != "scheduled") return std::optional<Start>{};
  WRIT_TRY(text, field<std::string>(by_counsel ? approved->body["period"] : f.c.acts.front().body, "until",
                                    "period"));
  WRIT_TRY(at, parse_rfc3339(text));
  return Start{at, "the end of the order's authority"};
}

Result<std::optional<Start>> window_over(const DeadlineFacts& f) {
  WRIT_TRY(done, progress_of(f.c));
  WRIT_TRY(end, window_end(f.policy, done));
  return Start{end, "the end of the window"};
}

Result<std::optional<Start>> unreviewed(const DeadlineFacts& f) {
  const CaseAct* alone = f.c.newest("approve-alone");
  if (alone == nullptr || f.c.newest("review") != nullptr) return std::optional<Start>{};
  return Start{alone->at, "approved by one person"};
}

Result<std::optional<Start>> breach_determined(const DeadlineFacts& f) {
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
Result<std::optional<Start>> changed_since_filed(const DeadlineFacts& f) {
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

Result<std::optional<Start>> own_copies(const DeadlineFacts& f) {
  for (const Case& other : f.all)
    if (other.cycle == Cycle::own_copies && other.state == "destroyed" &&
        other.acts.front().body.value("matter", "") == f.c.matter)
      return std::optional<Start>{};
  const CaseAct* a = f.c.newest("acknowledge");
  if (a == nullptr) return std::optional<Start>{};
  return Start{a->at, "acknowledged"};
}

}  // namespace writ::cases::starts
