// SPDX-License-Identifier: GPL-3.0-or-later
// From the letter to the assessment, and what ends or flags an emergency. Approval and release stand beside.
#include "cases/emergency.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/verification.hh"
#include "desk/documents_kept.hh"

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
Result<Json> repeats(desk::Carrier& c, const Demand& d, const std::string& matter) {
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

Status check_assessment(const Demand& d, const Assessment& a) {
  if (const auto missing = missing_in_letter(d); !missing.empty())
    return refused("the letter does not say what an emergency letter must",
                   fmt::format("{}", fmt::join(missing, "; ")),
                   "the agency sends a letter that does; or deny it (writ emergency deny)");
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

std::vector<std::string> missing_in_letter(const Demand& d) {
  std::vector<std::string> out;
  const auto need = [&](bool there, const char* what) {
    if (!there) out.emplace_back(what);
  };
  need(!d.nature.empty(), "the nature of the emergency (V31, S35)");
  need(!d.circumstances.empty(), "its circumstances: the injury or death risk, fully explained (V31, S40)");
  need(d.danger_to_person, "a danger of death or serious physical injury to a person (V32)");
  need(d.is_signed, "a signature (V2)");
  need(!d.requester.name.empty() && !d.requester.badge.empty() && !d.requester.agency.empty() &&
           !d.requester.phone.empty(),
       "name, badge, agency and telephone of the requester (V18, S41)");
  need(!d.subjects.empty(), "whom it is about (S37)");
  need(!d.items.empty(), "exactly what is wanted (S38)");
  return out;
}

const CaseAct* approval_of(const Case& c) {
  const CaseAct* by_two = c.newest("approve");
  return by_two != nullptr ? by_two : c.newest("approve-alone");
}

bool awaits_review(const Case& c) {
  return c.newest("approve-alone") != nullptr && c.newest("review") == nullptr;
}

Result<Case> EmergencyService::file(View text, const std::string& name, const fs::path& document,
                                    const Acting& who) {
  WRIT_TRY(demand, process::parse_demand(text, name));
  const policy::ProcessKind* kind = policy::process_kind(c_->policy(), demand.kind);
  if (kind == nullptr || kind->cycle != process::to_string(Cycle::emergency))
    return c_->refuse(who.person.user, "emergency.file", "",
                      Error{Exit::refused, fmt::format("a '{}' is not an emergency letter", demand.kind),
                            std::string(rule), "a demand letter under 18 USC 2702(b)(8) or (c)(4)",
                            "file other process by writ request file"});
  WRIT_TRY(digest, desk::keep_document(*c_, document));
  demand.document_sha256 = digest;
  // The entered time of receipt only ever counts when it is the earlier one.
  if (demand.received == Instant{} || demand.received > c_->now()) demand.received = c_->now();
  const crypto::Digest key = filing_key(demand);
  WRIT_TRY(known, CaseBook{*c_}.find(key));
  WRIT_TRY(again, repeats(*c_, demand, known ? known->matter : ""));
  WRIT_TRY(v, velocity(*c_, demand, "", c_->now()));
  return CaseBook{*c_}.open(
      Cycle::emergency, key,
      {"file", Json{{"demand", process::to_json(demand)},
                    {"document_sha256", crypto::hex(digest)},
                    {"missing", missing_in_letter(demand)},
                    {"repeats", std::move(again)},
                    {"approved_today", Json{{"agency", v.agency}, {"requester", v.requester}}},
                    {"policy", crypto::hex(c_->policy().hash)}}},
      who);
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
    WRIT_CHECK(check_assessment(d, a));
    WRIT_TRY(again, repeats(*c_, d, c.matter));
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
