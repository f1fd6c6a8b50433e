// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/child_protection.hh"

#include <fmt/format.h>

#include "cases/case_files.hh"
#include "cases/later_process.hh"
#include "cases/snapshot.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;

constexpr const char* report_rule = "18 USC 2258A(h): preserved for one year after the report";

Status check_running(const desk::Carrier& c, const Case& of) {
  WRIT_TRY(end, child_protection_end(c.policy(), of));
  if (c.now() < end.at) return {};
  return fail(Exit::expired, fmt::format("the preservation of {} is over: {}", of.matter, end.arithmetic),
              report_rule, "process before its end", "a new request preserves what is in being then");
}

}  // namespace

Result<policy::Due> child_protection_end(const policy::Policy& p, const Case& c) {
  const desk::CaseAct* reported = c.newest("report");
  if (reported == nullptr)
    return fail(Exit::refused, fmt::format("{} is not reported", c.matter), "18 USC 2258A(a)", "the report",
                "counsel or officer reports it first");
  return policy::due(p, "ncmec-preservation", reported->at, "reported");
}

Result<Case> ChildProtection::report(const std::string& matter, const std::string& reference,
                                     const std::string& what, const Acting& decider) {
  CaseStep step{"report", Json{{"report", {{"reference", reference}, {"what", what}}}}};
  step.guard = [&](const Case&) -> Status {
    if (!reference.empty() && !what.empty()) return {};
    return fail(Exit::refused, "the report has no number, or nobody says what it is of",
                "18 USC 2258A(a), (b)", "the number that NCMEC gave, and what was reported",
                "report first, then record it");
  };
  return CaseBook{*c_}.act(matter, std::move(step), decider);
}

Result<Case> ChildProtection::take_snapshot(const std::string& matter, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "take-snapshot", who.person.user)) return before;
  CaseStep step{"take-snapshot"};
  step.guard = [&](const Case& of) { return check_in_being(*c_, of); };
  step.effect = [&](const Case& of) { return cases::take_snapshot(*c_, of, "take-snapshot", who); };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> ChildProtection::convert(const std::string& matter, const std::string& later,
                                      const Acting& counsel) {
  CaseStep step{"convert", Json{{"matter", later}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_CHECK(check_running(*c_, of));
    return check_later_process(*c_, of, later);
  };
  return CaseBook{*c_}.act(matter, std::move(step), counsel);
}

Result<Case> ChildProtection::expire(const std::string& matter) {
  CaseStep step{"expire"};
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(end, child_protection_end(c_->policy(), of));
    if (c_->now() < end.at)
      return fail(Exit::refused, fmt::format("{} runs: {}", of.matter, end.arithmetic), report_rule,
                  "the end of the year", "wait");
    return check_served(*c_, of);
  };
  return CaseBook{*c_}.tick(matter, std::move(step));
}

Result<Case> ChildProtection::propose_purge(const std::string& matter, const Acting& first) {
  return CaseBook{*c_}.act(matter, {"propose-purge"}, first);
}

Result<Case> ChildProtection::purge(const std::string& matter, const Acting& second) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "purge", second.person.user)) return before;
  CaseStep step{"purge"};
  step.effect = [&](const Case& of) {
    return destroy_snapshot(*c_, of, "propose-purge", "the year of 18 USC 2258A(h) ended", second);
  };
  return CaseBook{*c_}.act(matter, std::move(step), second);
}

Result<Case> ChildProtection::reject(const std::string& matter, const std::string& reason,
                                     const Acting& counsel) {
  return CaseBook{*c_}.act(matter, {"reject", Json{{"reason", reason}}}, counsel);
}

}  // namespace writ::cases
