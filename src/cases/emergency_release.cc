// SPDX-License-Identifier: GPL-3.0-or-later
// What is released, to whom, and how it stands beside the process that comes later.
#include <fmt/format.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/disclosure.hh"
#include "cases/emergency.hh"
#include "cases/response.hh"
#include "cases/verification.hh"
#include "desk/record_access.hh"
#include "produce/emergency_letter.hh"

namespace writ::cases {
namespace {

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
  for (const ItemDecision& i : decisions_of(c)) {
    if (i.permitted)
      f.released.emplace_back(i.title, i.reason.empty() ? i.rule : i.rule + "; counsel: " + i.reason);
    else
      f.refused.emplace_back(i.title, i.fact + "; " + i.rule);
  }
  return f;
}

Json file_json(const CaseFile& f) { return Json{{"file", f.name}, {"sha256", f.sha256}}; }

// What the later process does not cover of what was released.
Json differences(const Case& emergency, const Demand& before, const Case& later, const Demand& d) {
  Json out = Json::array();
  const std::vector<ItemDecision> later_decisions = decisions_of(later);
  for (const ItemDecision& released : decisions_of(emergency)) {
    if (!released.permitted) continue;
    const std::string& name = released.item;
    const auto differs = [&](std::string why) { out.push_back({{"item", name}, {"why", std::move(why)}}); };
    const auto said = std::find_if(later_decisions.begin(), later_decisions.end(),
                                   [&](const ItemDecision& i) { return i.item == name; });
    if (said == later_decisions.end())
      differs("the later process does not ask for it");
    else if (!said->permitted)
      differs(said->fact + " (" + said->rule + ")");
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

std::string delivery_text(const Json& to) {
  const std::string who = fmt::format("{}, {}", to.value("to", ""), to.value("organisation", ""));
  return to.value("how", "") == "in-person"
             ? "in person to " + who
             : fmt::format("by {} to {} ({})", to.value("how", ""), to.value("number", ""), who);
}

// Letter, tables, manifest and proof of what `collected` names, as every disclosure leaves.
Result<Json> send_release(desk::Carrier& c, const Case& of, const Json& collected, const Json& collection,
                          const std::string& how, const fs::path& dir, const Acting& who) {
  WRIT_TRY(to, destination(of, how));
  Response r;
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(plan, plan_of(of));
  WRIT_TRY(enclosures, enclosures_of(c, of.matter, collected));
  r.demand = std::move(demand);
  r.plan = std::move(plan);
  r.decisions = decisions_of(of);
  r.collection = collection;
  r.enclosures = std::move(enclosures);
  r.steps = {"file", "call-back", "assess", "approve", "approve-alone"};
  r.return_by = delivery_text(to);
  r.letter = [&](const fs::path& file, const std::vector<produce::ResponseFile>&, Instant today) -> Status {
    produce::EmergencyFacts f = facts_of(of, r.demand, today);
    f.way = how;
    f.number = to.value("number", "");
    f.release_sha256 = collected["collection"].value("sha256", "");
    WRIT_TRY(pdf, produce::emergency_release_pdf(c.policy(), f));
    return write_file(file, pdf, 0640);
  };
  WRIT_TRY(said, write_response(c, of, r, dir, who));
  said["delivery"].update(to);
  return said;
}

// One person collects, so the collection is compared with its scope before anything leaves.
Result<Json> collect_minimum(desk::Carrier& c, const Case& of, const Acting& who) {
  WRIT_TRY(plan, plan_of(of));
  desk::RecordService records{c};
  WRIT_TRY(collection, gather(c, records, who, plan, "records"));
  if (const auto conflicts = scope_conflicts(collection, plan); !conflicts.empty())
    return fail(Exit::integrity,
                fmt::format("the collection is more than the approval: {}", fmt::join(conflicts, "; ")),
                std::string(release_rule), "a collection that holds what was approved, and nothing else",
                "nothing was released; tell the officer and the auditor");
  return collection;
}

}  // namespace

Result<Case> EmergencyService::release(const std::string& matter, const std::string& how, const fs::path& out,
                                       const Acting& who) {
  WRIT_TRY(now, desk::read_case(*c_, matter));
  if (is_done(now, "release", who.person.user)) return send_again(now, out, who);
  desk::CaseStep step{"release"};
  step.guard = [&](const Case& c) -> Status {
    WRIT_CHECK(destination(c, how));
    return check_approved_scope(*c_, c);
  };
  step.effect = [&](const Case& c) -> Result<Json> {
    WRIT_TRY(collection, collect_minimum(*c_, c, who));
    WRIT_TRY(body, keep_collection(*c_, c, collection));
    WRIT_TRY(sent, send_release(*c_, c, body, collection, how, out / matter, who));
    body.update(sent);
    return body;
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

// The act again by the same person: the files once more.
Result<Case> EmergencyService::send_again(const Case& done, const fs::path& out, const Acting& who) {
  return c_->attempt(who.person.user, "case.release", done.matter, [&]() -> Result<Case> {
    WRIT_CHECK(check_person(*c_, who, process::life_cycle(Cycle::emergency).rule("release")->roles));
    WRIT_CHECK(c_->note(who.person.user, "emergency.release-again", done.matter));
    WRIT_TRY(collection, collection_of(*c_, done));
    const Json& body = done.newest("release")->body;
    WRIT_CHECK(
        send_release(*c_, done, body, collection, body["delivery"].value("how", ""), out / done.matter, who));
    return done;
  });
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
    found = differences(c, before, process_case, d);
    return {};
  };
  // What the guard found is signed with the act.
  step.effect = [&](const Case&) -> Result<Json> { return Json{{"differences", found}}; };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

}  // namespace writ::cases
