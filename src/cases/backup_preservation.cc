// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/backup_preservation.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/later_process.hh"
#include "cases/preservation.hh"
#include "cases/snapshot.hh"
#include "produce/preservation_papers.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;

Status check_process(const process::Demand& d) {
  if (!d.underlying_process.empty()) return {};
  return fail(Exit::refused, "no process under 2703(b)(2) came with the request", "V23: 18 USC 2704(a)(1)",
              "the subpoena or order that it belongs to", "return it to the agency, or reject it");
}

}  // namespace

Result<BackupDates> backup_dates(const policy::Policy& p, const Case& c) {
  WRIT_TRY(demand, demand_of(c));
  WRIT_TRY(copy, policy::due(p, "backup-copy", receipt_of(c, demand), "received"));
  BackupDates out{std::move(copy), {}};
  const desk::CaseAct* noticed = c.newest("record-notice");
  if (noticed == nullptr) return out;
  WRIT_TRY(at, parse_rfc3339(noticed->body["notice"].value("at", "")));
  WRIT_TRY(release, policy::due(p, "backup-release", at, "notified"));
  out.release = std::move(release);
  return out;
}

Result<Case> BackupPreservation::copy(const std::string& matter, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "copy", who.person.user)) return before;
  CaseStep step{"copy"};
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(demand, demand_of(of));
    WRIT_CHECK(check_process(demand));
    return check_in_being(*c_, of);
  };
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(body, take_snapshot(*c_, of, "copy", who));
    WRIT_TRY(dates, backup_dates(c_->policy(), of));
    body["due"] = rfc3339(dates.copy.at);
    if (c_->now() > dates.copy.at) body["late"] = true;
    return body;
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> BackupPreservation::confirm(const std::string& matter, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "confirm", who.person.user)) return before;
  CaseStep step{"confirm"};
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(demand, demand_of(of));
    const auto today = std::chrono::floor<std::chrono::days>(c_->now());
    WRIT_TRY(letter, produce::preservation_letter(c_->policy(),
                                                  {of.matter,
                                                   demand.instrument,
                                                   demand.requester.name,
                                                   demand.requester.agency,
                                                   demand.requester.return_address,
                                                   "18 USC 2704",
                                                   receipt_of(of, demand),
                                                   {}},
                                                  today));
    WRIT_TRY(file, keep_case_file(*c_, of.matter, "letter", ".pdf", letter));
    return Json{{"letter", {{"file", file.name}, {"sha256", file.sha256}}}};
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> BackupPreservation::record_notice(const std::string& matter, Instant notified,
                                               const std::string& how, const Acting& who) {
  CaseStep step{"record-notice", Json{{"notice", {{"at", rfc3339(notified)}, {"how", how}}}}};
  step.guard = [&](const Case&) -> Status {
    if (!how.empty() && notified <= c_->now()) return {};
    return fail(Exit::refused, "the notice lies in the future, or nobody says how it was given",
                "18 USC 2704(a)(2)", "when and how the subscriber was notified",
                "record it when it was given");
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> BackupPreservation::challenge(const std::string& matter, const std::string& reason,
                                           const Acting& counsel) {
  return CaseBook{*c_}.act(matter, {"challenge", Json{{"reason", reason}}}, counsel);
}

Result<Case> BackupPreservation::resolve(const std::string& matter, const std::string& ruling,
                                         const Acting& counsel) {
  return CaseBook{*c_}.act(matter, {"resolve", Json{{"ruling", ruling}}}, counsel);
}

Result<Case> BackupPreservation::approve_release(const std::string& matter, const std::string& process,
                                                 const Acting& counsel) {
  CaseStep step{"approve-release", Json{{"matter", process}}};
  WRIT_TRY(served, desk::read_case(*c_, process));
  const desk::CaseAct* approved = served.newest("approve");
  if (approved != nullptr) {
    step.body["items"] = approved->body["items"];
    step.body["policy"] = approved->body["policy"];
  }
  step.guard = [&](const Case& of) -> Status {
    WRIT_CHECK(check_later_process(*c_, of, process));
    if (served.state != "legally-approved")
      return fail(Exit::refused, fmt::format("{} is {}", process, served.state),
                  "18 USC 2704(a)(4): released under the process it belongs to",
                  "counsel's approval of that process, not yet collected", "approve it first");
    WRIT_TRY(dates, backup_dates(c_->policy(), of));
    if (dates.release && c_->now() >= dates.release->at) return {};
    return fail(Exit::refused, "fourteen days have not passed since the subscriber's notice",
                "18 USC 2704(a)(4)", dates.release ? dates.release->arithmetic : "the notice",
                "release it afterwards, unless it is challenged");
  };
  return CaseBook{*c_}.act(matter, std::move(step), counsel);
}

Result<Case> BackupPreservation::deliver(const std::string& matter, const Acting& who) {
  CaseStep step{"deliver"};
  WRIT_TRY(before, desk::read_case(*c_, matter));
  const desk::CaseAct* release = before.newest("approve-release");
  const std::string process = release == nullptr ? "" : release->body.value("matter", "");
  const auto served = desk::read_case(*c_, process);
  const desk::CaseAct* delivered = served ? served->newest("deliver") : nullptr;
  if (delivered != nullptr)
    step.body["delivery"] = {{"matter", process}, {"act", crypto::hex(delivered->id)}};
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> BackupPreservation::end(const std::string& matter, const std::string& reason,
                                     const Acting& counsel) {
  return CaseBook{*c_}.act(matter, {"end", Json{{"reason", reason}}}, counsel);
}

Result<Case> BackupPreservation::propose_destruction(const std::string& matter, const Acting& first) {
  return CaseBook{*c_}.act(matter, {"propose-destruction"}, first);
}

Result<Case> BackupPreservation::destroy(const std::string& matter, const Acting& second) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "destroy", second.person.user)) return before;
  CaseStep step{"destroy"};
  step.effect = [&](const Case& of) {
    return destroy_snapshot(*c_, of, "propose-destruction",
                            "delivered, or the proceedings ended (18 USC 2704(a)(3))", second);
  };
  return CaseBook{*c_}.act(matter, std::move(step), second);
}

}  // namespace writ::cases
