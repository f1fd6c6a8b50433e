// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/preservation.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/later_process.hh"
#include "cases/snapshot.hh"
#include "produce/preservation_papers.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;

constexpr const char* preservation_rule = "S25 to S27; 18 USC 2703(f)";

Status check_running(const desk::Carrier& c, const Case& of, const char* rule) {
  WRIT_TRY(dates, preservation_dates(c.policy(), of));
  if (c.now() < dates.end) return {};
  return fail(Exit::expired,
              fmt::format("the preservation of {} ended {}", of.matter, rfc3339_seconds(dates.end)), rule,
              "a request before the end", "a new request preserves what is in being then");
}

Status check_expired(const desk::Carrier& c, const Case& of) {
  WRIT_TRY(dates, preservation_dates(c.policy(), of));
  if (c.now() >= dates.end) return {};
  return fail(Exit::refused, fmt::format("{} runs until {}", of.matter, rfc3339_seconds(dates.end)),
              preservation_rule, "the end of its period", "wait, or counsel releases it");
}

}  // namespace

Instant receipt_of(const Case& c, const process::Demand& d) {
  return d.received == Instant{} ? c.opened() : std::min(d.received, c.opened());
}

Result<PreservationDates> preservation_dates(const policy::Policy& p, const Case& c) {
  WRIT_TRY(demand, demand_of(c));
  PreservationDates out;
  out.received = receipt_of(c, demand);
  WRIT_TRY(first, policy::due(p, "preservation", out.received, "received"));
  out.first_end = out.end = first.at;
  out.arithmetic = first.arithmetic;
  const char* running = "preservation";
  if (c.newest("extend") != nullptr) {
    running = "preservation-extension";
    WRIT_TRY(second, policy::due(p, running, first.at, "end of the first period"));
    out.end = second.at;
    out.arithmetic = second.arithmetic;
  }
  for (const std::int64_t days : policy::clock(p, running)->alert_days)
    out.alerts.push_back(out.end - std::chrono::days{days});
  return out;
}

Result<Case> Preservation::take_snapshot(const std::string& matter, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "take-snapshot", who.person.user)) return before;
  CaseStep step{"take-snapshot"};
  step.guard = [&](const Case& of) { return check_in_being(*c_, of); };
  step.effect = [&](const Case& of) { return cases::take_snapshot(*c_, of, "take-snapshot", who); };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> Preservation::confirm(const std::string& matter, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "confirm", who.person.user)) return before;
  CaseStep step{"confirm"};
  step.guard = [&](const Case& of) { return check_running(*c_, of, preservation_rule); };
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(demand, demand_of(of));
    WRIT_TRY(dates, preservation_dates(c_->policy(), of));
    const auto today = std::chrono::floor<std::chrono::days>(c_->now());
    WRIT_TRY(letter, produce::preservation_letter(
                         c_->policy(),
                         {of.matter, demand.instrument, demand.requester.name, demand.requester.agency,
                          demand.requester.return_address, "18 USC 2703(f)", dates.received, dates.end},
                         today));
    WRIT_TRY(file, keep_case_file(*c_, of.matter, "letter", ".pdf", letter));
    return Json{{"letter", {{"file", file.name}, {"sha256", file.sha256}}}, {"until", rfc3339(dates.end)}};
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> Preservation::extend(const std::string& matter, const std::string& request, const Acting& who) {
  CaseStep step{"extend", Json{{"request", request}}};
  step.guard = [&](const Case& of) {
    return check_running(*c_, of, "V21: one extension, asked for before the first period ends (S27)");
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> Preservation::convert(const std::string& matter, const std::string& later,
                                   const Acting& counsel) {
  CaseStep step{"convert", Json{{"matter", later}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_CHECK(check_running(*c_, of, preservation_rule));
    return check_later_process(*c_, of, later);
  };
  return CaseBook{*c_}.act(matter, std::move(step), counsel);
}

Result<Case> Preservation::expire(const std::string& matter) {
  CaseStep step{"expire"};
  step.guard = [&](const Case& of) { return check_expired(*c_, of); };
  return CaseBook{*c_}.tick(matter, std::move(step));
}

Result<Case> Preservation::release(const std::string& matter, const std::string& reason,
                                   const Acting& counsel) {
  return CaseBook{*c_}.act(matter, {"release", Json{{"reason", reason}}}, counsel);
}

Result<Case> Preservation::propose_purge(const std::string& matter, const Acting& first) {
  CaseStep step{"propose-purge"};
  step.guard = [&](const Case& of) { return check_served(*c_, of); };
  return CaseBook{*c_}.act(matter, std::move(step), first);
}

Result<Case> Preservation::purge(const std::string& matter, const Acting& second) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "purge", second.person.user)) return before;
  CaseStep step{"purge"};
  step.effect = [&](const Case& of) {
    return destroy_snapshot(*c_, of, "propose-purge", "the preservation ended (S27; 18 USC 2703(f))", second);
  };
  return CaseBook{*c_}.act(matter, std::move(step), second);
}

Result<Case> Preservation::reject(const std::string& matter, const std::string& reason, const Acting& who) {
  return CaseBook{*c_}.act(matter, {"reject", Json{{"reason", reason}}}, who);
}

}  // namespace writ::cases
