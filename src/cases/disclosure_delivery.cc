// SPDX-License-Identifier: GPL-3.0-or-later
// The last steps of a disclosure: what was checked leaves.
#include "cases/case_files.hh"
#include "cases/demand_case.hh"
#include "cases/disclosure.hh"
#include "cases/response.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;

Result<Json> respond(desk::Carrier& c, const Case& of, const fs::path& dir, const Acting& who) {
  Response r;
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(plan, plan_of(of));
  WRIT_TRY(collection, collection_of(c, of));
  WRIT_TRY(parts, enclosures_of(c, of.matter, of.newest("collect")->body));
  r.demand = std::move(demand);
  r.plan = std::move(plan);
  r.decisions = decisions_of(of);
  r.collection = std::move(collection);
  r.enclosures = std::move(parts);
  r.steps = {"approve", "collect", "check-scope"};
  return write_response(c, of, r, dir, who);
}

}  // namespace

// The act again by the same person: the files once more.
Result<Case> Disclosure::write_again(const Case& before, const fs::path& out, const Acting& who) {
  return c_->attempt(who.person.user, "case.deliver", before.matter, [&]() -> Result<Case> {
    WRIT_CHECK(check_person(*c_, who,
                            {authority::Role::intake, authority::Role::officer, authority::Role::counsel}));
    WRIT_CHECK(c_->note(who.person.user, "request.deliver-again", before.matter));
    WRIT_CHECK(respond(*c_, before, out / before.matter, who));
    return before;
  });
}

Result<Case> Disclosure::produce(const std::string& matter, const fs::path& out, const Acting& second) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "produce", second.person.user)) return write_again(before, out, second);
  desk::CaseStep step{"produce"};
  step.guard = [&](const Case& of) { return check_collection(*c_, of, second); };
  step.effect = [&](const Case& of) { return respond(*c_, of, out / matter, second); };
  return desk::CaseBook{*c_}.act(matter, std::move(step), second);
}

Result<Case> Disclosure::deliver(const std::string& matter, const fs::path& out, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "deliver", who.person.user)) return write_again(before, out, who);
  desk::CaseStep step{"deliver"};
  step.guard = [&](const Case& of) -> Status {
    // What was checked is what leaves.
    const desk::CaseAct* checked = of.newest("check-scope");
    if (checked != nullptr && checked->body["collection"] == of.newest("collect")->body["collection"])
      return {};
    return fail(Exit::refused, "the collection is not the one that a second person checked",
                "I2: no delivery without two people", "the check of this collection",
                "a second person checks it (writ disclose check)");
  };
  step.effect = [&](const Case& of) { return respond(*c_, of, out / matter, who); };
  return desk::CaseBook{*c_}.act(matter, std::move(step), who);
}

}  // namespace writ::cases
