// SPDX-License-Identifier: GPL-3.0-or-later
// What is released, to whom, and how it stands beside the process that comes later.
#include <fmt/format.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/disclosure.hh"
#include "cases/emergency.hh"
#include "cases/verification.hh"
#include "desk/record_access.hh"
#include "desk/record_service.hh"
#include "produce/emergency_letter.hh"

namespace writ::cases {
namespace {

using authority::RecordItem;
using desk::Acting;
using desk::Case;
using desk::CaseAct;
using desk::CaseBook;
using process::Cycle;
using process::Demand;

constexpr std::string_view release_rule =
    "18 USC 2702(c)(4): the minimum, to the agency that was called back";

tl::unexpected<Error> refuse_release(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), std::string(release_rule), std::move(missing), std::move(next));
}

bool has_prefix(const Json& items, std::string_view prefix) {
  return std::any_of(items.begin(), items.end(),
                     [&](const Json& i) { return i.get_ref<const std::string&>().starts_with(prefix); });
}

bool lists_item(const Json& items, std::string_view item) {
  return std::any_of(items.begin(), items.end(),
                     [&](const Json& i) { return i.get_ref<const std::string&>() == item; });
}

// The questions that one subject of the letter is: of a number, the subscriber's and the tenant's.
std::vector<records::Ask> questions(const process::DemandSubject& s, const Json& items) {
  using By = records::Ask::By;
  std::vector<records::Ask> out;
  const auto ask = [&](By by) {
    records::Ask a;
    a.by = by;
    a.number = s.kind == "number" ? s.value : "";
    a.extension = s.kind == "extension" ? s.value : "";
    a.property = s.kind == "extension" ? s.property : "";
    a.account_number = s.kind == "account" ? s.value : s.kind == "tenant-name" ? s.property : "";
    a.account_name = s.kind == "account-name" ? s.value : s.kind == "tenant-name" ? s.subscriber : "";
    a.tenant_name = s.kind == "tenant-name" ? s.value : "";
    a.address = s.address;
    out.push_back(std::move(a));
  };
  if (s.kind == "number") {
    if (has_prefix(items, "subscriber-")) ask(By::number);
    if (has_prefix(items, "tenant-")) ask(By::tenant_number);
  } else if (s.kind == "extension") {
    ask(By::tenant_extension);
  } else if (s.kind == "account") {
    ask(By::account_number);
  } else if (s.kind == "account-name") {
    ask(By::account_name);
  } else if (s.kind == "street-address") {
    ask(By::street_address);
  } else {
    ask(By::tenant_name);
  }
  return out;
}

struct Reading {
  desk::Carrier* c;
  const Acting* who;
  std::string matter;
  Json items;
  Instant from, until;
};

Result<Json> read_calls(const Reading& r, const process::DemandSubject& s) {
  Json rows = Json::array();
  WRIT_TRY(cursor,
           desk::RecordService{*r.c}.calls({r.matter, {s.kind, s.value, s.property}, r.from, r.until, 0, ""},
                                           *r.who, [&](const desk::CallRow& row) {
                                             rows.push_back({{"month", row.row.month},
                                                             {"seq", row.row.seq},
                                                             {"cdr", records::to_json(row.row.cdr)}});
                                             return Status{};
                                           }));
  static_cast<void>(cursor);
  return rows;
}

// Through the one door to the records, under the approval's scope: a field outside of it is not read.
Result<Json> collect(const Reading& r, const Demand& d) {
  Json answers = Json::array();
  const bool calls = lists_item(r.items, "subscriber-calls") || lists_item(r.items, "tenant-calls");
  for (const process::DemandSubject& s : d.subjects) {
    Json about{{"kind", s.kind}, {"answers", Json::array()}};
    for (records::Ask ask : questions(s, r.items)) {
      ask.from = r.from;
      ask.until = r.until;
      WRIT_TRY(answer, desk::RecordService{*r.c}.whois(r.matter, ask, *r.who));
      about["answers"].push_back(std::move(answer["answer"]));
    }
    if (calls && (s.kind == "number" || s.kind == "extension" || s.kind == "account")) {
      WRIT_TRY(rows, read_calls(r, s));
      about["calls"] = std::move(rows);
    }
    answers.push_back(std::move(about));
  }
  return Json{{"schema", "writ.emergency-release/1"},
              {"matter", r.matter},
              {"items", r.items},
              {"from", rfc3339_seconds(r.from)},
              {"until", rfc3339_seconds(r.until)},
              {"subjects", std::move(answers)}};
}

// The period that the approval's scope reaches: the assessment's, else the letter's.
Result<Reading> reading_of(desk::Carrier& c, const Case& of, const Demand& d, const Acting& who) {
  Reading r{&c, &who, of.matter, approval_of(of)->body["items"], d.records_from, d.records_until};
  const Json& assessed = of.newest("assess")->body;
  if (assessed.contains("from")) {
    WRIT_TRY(from, parse_rfc3339(assessed.value("from", "")));
    WRIT_TRY(until, parse_rfc3339(assessed.value("until", "")));
    r.from = from;
    r.until = until;
  }
  return r;
}

// To whom it goes: the contact that was called back, as the directory had it then.
Result<Json> destination(const Case& c, const std::string& how) {
  const Json& contact = c.newest("call-back")->body["verification"]["contact"];
  if (how != "fax" && how != "telephone" && how != "in-person")
    return fail(Exit::usage, fmt::format("'{}' is no way of delivery", how), std::string(release_rule),
                "fax, telephone or in-person");
  const std::string number = how == "fax" ? contact.value("fax", "") : contact.value("number", "");
  if (number.empty())
    return refuse_release(fmt::format("the directory has no fax of {}", contact.value("organisation", "")),
                          "a fax number that two people have confirmed",
                          "read it out by telephone, or hand it over");
  return Json{{"how", how},
              {"to", contact.value("name", "")},
              {"organisation", contact.value("organisation", "")},
              {"number", how == "in-person" ? "" : number}};
}

produce::EmergencyFacts facts_of(const Case& c, const Demand& d, Instant dated) {
  const CaseAct* approval = approval_of(c);
  const Json& contact = c.newest("call-back")->body["verification"]["contact"];
  produce::EmergencyFacts f;
  f.matter = c.matter;
  f.instrument = d.instrument;
  f.agency = contact.value("organisation", "");
  f.addressee = contact.value("name", "");
  f.address = contact.value("address", "");
  f.document_sha256 = crypto::hex(d.document_sha256);
  f.first_approver = approval->user;
  f.alone = approval->act == "approve-alone";
  f.approved = approval->at;
  f.dated = dated;
  for (const Json& row : approval->body["decisions"]) {
    if (row.value("verdict", "") == "released")
      f.released.emplace_back(row.value("item", ""), row.value("rule", ""));
    else
      f.refused.emplace_back(row.value("item", ""), row.value("why", "") + "; " + row.value("rule", ""));
  }
  return f;
}

Json file_json(const CaseFile& f) { return Json{{"file", f.name}, {"sha256", f.sha256}}; }

// What the later process does not cover of what was released.
Json differences(const policy::Policy& p, const Case& emergency, const Demand& before, const Case& later,
                 const Demand& d) {
  Json out = Json::array();
  const policy::ProcessKind* kind = policy::process_kind(p, d.kind);
  const std::vector<ItemDecision> decided = decisions_of(later);
  for (const Json& item : approval_of(emergency)->body["items"]) {
    const auto name = item.get<std::string>();
    const auto differs = [&](std::string why) { out.push_back({{"item", name}, {"why", std::move(why)}}); };
    const bool requested = std::find(d.items.begin(), d.items.end(), name) != d.items.end();
    if (!requested) {
      differs("the later process does not ask for it");
      continue;
    }
    const bool approved = std::any_of(decided.begin(), decided.end(),
                                      [&](const ItemDecision& i) { return i.item == name && i.permitted; });
    const policy::Situation s{std::find(d.expressly.begin(), d.expressly.end(), name) != d.expressly.end(),
                              !d.statute.empty(), approved};
    const auto said = policy::decide(p, name, kind == nullptr ? "" : kind->column, s);
    if (said.verdict != policy::Verdict::permit) differs(said.fact + " (" + said.rule + ")");
  }
  for (const process::DemandSubject& s : before.subjects)
    if (std::none_of(d.subjects.begin(), d.subjects.end(), [&](const process::DemandSubject& l) {
          const auto a = desk::canonical_subject({s.kind, s.value, s.property});
          const auto b = desk::canonical_subject({l.kind, l.value, l.property});
          return a && b ? *a == *b : s.kind == l.kind && s.value == l.value && s.property == l.property;
        }))
      out.push_back({{"subject", s.kind}, {"why", "the later process does not name it"}});
  return out;
}

}  // namespace

Result<Json> EmergencyService::collect_release(const Case& c, const std::string& how, const Acting& who) {
  WRIT_TRY(d, demand_of(c));
  WRIT_TRY(to, destination(c, how));
  WRIT_TRY(reading, reading_of(*c_, c, d, who));
  WRIT_TRY(collected, collect(reading, d));
  WRIT_TRY(records, keep_case_file(*c_, c.matter, "release", ".json", canonical(collected)));
  produce::EmergencyFacts f = facts_of(c, d, c_->now());
  f.way = how;
  f.number = to.value("number", "");
  f.release_sha256 = records.sha256;
  WRIT_TRY(pdf, produce::emergency_release_pdf(c_->policy(), f));
  WRIT_TRY(letter, keep_case_file(*c_, c.matter, "release", ".pdf", pdf));
  return Json{{"collection", file_json(records)}, {"letter", file_json(letter)}, {"delivery", std::move(to)}};
}

Result<Case> EmergencyService::release(const std::string& matter, const std::string& how, const Acting& who) {
  WRIT_TRY(now, desk::read_case(*c_, matter));
  if (const CaseAct* done = now.newest("release"); done != nullptr && done->user == who.person.user)
    return now;  // the same command again
  desk::CaseStep step{"release"};
  step.guard = [&how](const Case& c) -> Status {
    WRIT_TRY(to, destination(c, how));
    return {};
  };
  step.effect = [&](const Case& c) { return collect_release(c, how, who); };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> EmergencyService::ask_process(const std::string& matter, const Acting& who) {
  WRIT_TRY(now, desk::read_case(*c_, matter));
  if (const CaseAct* done = now.newest("ask-process"); done != nullptr && done->user == who.person.user)
    return now;
  desk::CaseStep step{"ask-process"};
  step.effect = [&](const Case& c) -> Result<Json> {
    WRIT_TRY(d, demand_of(c));
    produce::EmergencyFacts f = facts_of(c, d, c_->now());
    f.way = "mail";
    WRIT_TRY(pdf, produce::process_request_pdf(c_->policy(), f));
    WRIT_TRY(letter, keep_case_file(*c_, c.matter, "ask-process", ".pdf", pdf));
    return Json{{"letter", file_json(letter)}};
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> EmergencyService::reconcile(const std::string& matter, const std::string& later,
                                         const Acting& who) {
  desk::CaseStep step{"reconcile", Json{{"matter", later}}};
  Json found = Json::array();
  step.guard = [&](const Case& c) -> Status {
    if (awaits_review(c))
      return refuse_release(
          fmt::format("{} was approved by the officer alone, and nobody has reviewed it", matter),
          "an auditor's review", "auditor: writ emergency review " + matter);
    WRIT_TRY(process_case, desk::read_case(*c_, later));
    WRIT_TRY(before, demand_of(c));
    WRIT_TRY(d, demand_of(process_case));
    if (process_case.cycle != Cycle::request || process_case.newest("approve") == nullptr ||
        process_case.state == "challenged" || process_case.state == "withdrawn" ||
        process_case.state == "rejected")
      return refuse_release(fmt::format("{} is {}", later, process_case.state),
                            "process that counsel has approved",
                            "file, verify, validate and approve it first");
    if (d.of_matter != matter || !desk::is_same_organisation(d.requester.agency, before.requester.agency))
      return refuse_release(fmt::format("{} does not name {}, or comes from another agency", later, matter),
                            "process of this agency that names the emergency (of_matter)",
                            "ask the agency which disclosure its process is about");
    found = differences(c_->policy(), c, before, process_case, d);
    return {};
  };
  // What the guard found is signed with the act.
  step.effect = [&](const Case&) -> Result<Json> { return Json{{"differences", found}}; };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

}  // namespace writ::cases
