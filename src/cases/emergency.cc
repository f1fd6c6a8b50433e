// SPDX-License-Identifier: GPL-3.0-or-later
// From the letter to the assessment, and what ends or flags an emergency. Approval and release stand beside.
#include "cases/emergency.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/intake.hh"
#include "desk/agency_directory.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;
using desk::CaseAct;
using desk::CaseBook;
using process::Cycle;
using process::Demand;

constexpr std::string_view rule =
    "S35, S40, 18 USC 2702(c)(4): the danger of death or serious physical injury, fully explained";

tl::unexpected<Error> refused(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), std::string(rule), std::move(missing), std::move(next));
}

Status check_cycle(const Case& c) {
  if (c.cycle == Cycle::emergency) return {};
  return refused(fmt::format("{} is a {}", c.matter, process::to_string(c.cycle)), "an emergency",
                 "writ emergency list prints them");
}

// Another emergency with this document, or this agency's same instrument: a letter that comes twice is a
// replay until somebody has looked. One that was denied may come again, mended.
Result<Json> replays(desk::Carrier& c, const Demand& d, const std::string& matter) {
  Json out = Json::array();
  WRIT_TRY(all, CaseBook{c}.all(Cycle::emergency));
  for (const Case& other : all) {
    if (other.matter == matter || other.state == "denied") continue;
    WRIT_TRY(o, demand_of(other));
    if (o.document_sha256 == d.document_sha256 ||
        (!d.instrument.empty() && o.instrument == d.instrument &&
         desk::is_same_organisation(o.requester.agency, d.requester.agency)))
      out.push_back(other.matter);
  }
  return out;
}

// The scan is still what was filed.
Status check_document(const desk::Carrier& c, const Demand& d) {
  const std::string hash = crypto::hex(d.document_sha256);
  const auto bytes = read_file(c.data() / "documents" / hash);
  if (bytes && crypto::sha256(*bytes) == d.document_sha256) return {};
  return fail(Exit::integrity, "the letter on file is not the one that was filed", std::string(rule),
              "documents/" + hash + " as it was", "restore it from backup; the case's acts name its SHA-256");
}

// Every check on the document itself; the call-back, by a number of the directory, is an act before this one,
// and nothing goes to the letter's own fax.
Status check_letter(const policy::Policy& p, const Demand& d, Instant now) {
  std::vector<std::string> faults;
  for (const process::CheckResult& r : deficiencies(process::check_demand(d, p, {}, now)))
    if (r.item.empty()) faults.push_back(fmt::format("{}: {} {}", r.id, r.fact, r.cure));
  if (d.subjects.empty()) faults.emplace_back("S37: nobody is named; whom it is about");
  if (faults.empty()) return {};
  return refused("the letter does not say what an emergency letter must",
                 fmt::format("{}", fmt::join(faults, "; ")),
                 "the agency sends a letter that does; or deny it (writ emergency deny)");
}

Status check_assessment(const Demand& d, const Assessment& a) {
  if (a.items.empty())
    return refused("no item is needed", "the items that meet the danger, of those that the letter asks for",
                   "name them, or deny the request (writ emergency deny)");
  for (const std::string& item : a.items)
    if (std::find(d.items.begin(), d.items.end(), item) == d.items.end())
      return refused(fmt::format("the letter does not ask for '{}'", item), "an item that was asked for",
                     "what is not asked for is not released (S38)");
  const bool has_own = a.from != Instant{} || a.until != Instant{};
  const Instant from = has_own ? a.from : d.records_from, until = has_own ? a.until : d.records_until;
  if (from == Instant{} || from >= until)
    return refused("no period of the records is named", "a beginning and an end",
                   "the assessment names the period that the danger asks for (--from, --until)");
  if (d.records_from != Instant{} && (from < d.records_from || until > d.records_until))
    return refused("the period reaches beyond the letter's", "a period inside it",
                   "what is not asked for is not released (S38)");
  return {};
}

}  // namespace

bool awaits_review(const Case& c) {
  return c.newest("approve-alone") != nullptr && c.newest("review") == nullptr;
}

Result<Case> EmergencyService::assess(const std::string& matter, const Assessment& a, const Acting& who) {
  desk::CaseStep step{
      "assess", Json{{"danger", a.danger}, {"person", a.person}, {"urgency", a.urgency}, {"items", a.items}}};
  if (a.from != Instant{} || a.until != Instant{}) {
    step.body["from"] = rfc3339(a.from);
    step.body["until"] = rfc3339(a.until);
  }
  step.guard = [this, &a](const Case& c) -> Status {
    WRIT_CHECK(check_cycle(c));
    WRIT_TRY(d, demand_of(c));
    WRIT_CHECK(check_document(*c_, d));
    WRIT_CHECK(check_letter(c_->policy(), d, c_->now()));
    WRIT_CHECK(check_assessment(d, a));
    WRIT_TRY(again, replays(*c_, d, c.matter));
    if (again.empty()) return {};
    return refused(fmt::format("the letter repeats {}", canonical(again)), "a letter that comes once",
                   "deny it, or flag the other one when that was the forgery (V38)");
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> EmergencyService::deny(const std::string& matter, const std::string& reason, const Acting& who) {
  return CaseBook{*c_}.act(matter, {"deny", Json{{"reason", reason}}, check_cycle}, who);
}

Result<Case> EmergencyService::flag(const std::string& matter, const std::string& reason, const Acting& who) {
  return CaseBook{*c_}.act(matter, {"flag", Json{{"reason", reason}}, check_cycle}, who);
}

Result<Case> EmergencyService::review(const std::string& matter, const std::string& finding,
                                      const Acting& who) {
  return CaseBook{*c_}.act(matter, {"review", Json{{"finding", finding}}, check_cycle}, who);
}

Result<Json> EmergencyService::list() const {
  WRIT_TRY(all, CaseBook{*c_}.all(Cycle::emergency));
  std::stable_partition(all.begin(), all.end(), awaits_review);
  Json rows = Json::array();
  for (const Case& c : all) {
    WRIT_TRY(d, demand_of(c));
    Json row{{"matter", c.matter},
             {"state", c.state},
             {"agency", d.requester.agency},
             {"opened", rfc3339_seconds(c.opened())},
             {"awaits_review", awaits_review(c)}};
    if (awaits_review(c)) {
      WRIT_TRY(due, policy::due(c_->policy(), "emergency-review", c.newest("approve-alone")->at,
                                "approved by the officer alone"));
      row["review_due"] = rfc3339_seconds(due.at);
      row["arithmetic"] = due.arithmetic;
      row["overdue"] = c_->now() > due.at;
    }
    rows.push_back(std::move(row));
  }
  return Json{{"schema", "writ.emergencies/1"}, {"emergencies", std::move(rows)}};
}

}  // namespace writ::cases
