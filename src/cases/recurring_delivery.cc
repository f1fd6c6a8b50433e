// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves in one delivery under a continuing order, and what its letter says beside the calls: which
// window, what is late, what was missed, where the authority ends.
#include <fmt/format.h>

#include "cases/case_files.hh"
#include "cases/demand_case.hh"
#include "cases/disclosure.hh"
#include "cases/recurring.hh"
#include "cases/recurring_records.hh"
#include "cases/response.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;

std::string window_text(const Zone& zone, const Window& w) {
  const std::string span =
      fmt::format("{} to {}", policy::in_words(zone, w.from), policy::in_words(zone, w.until));
  switch (w.kind) {
    case WindowKind::late:
      return fmt::format("Delivery {}: records that arrived after the last window was delivered.", w.number);
    case WindowKind::extra:
      return fmt::format(
          "Delivery {}, a further one that was asked for: calls that began from {}, the end not "
          "included.",
          w.number, span);
    case WindowKind::week:
      break;
  }
  return fmt::format("Delivery {}: calls that began from {}, the end not included.", w.number, span);
}

Result<std::vector<std::string>> delivery_notes(const Window& w, Direction d, const CallCounts& calls) {
  WRIT_TRY(zone, Zone::find(w.zone));
  std::vector<std::string> out{window_text(zone, w)};
  if (w.is_missed)
    out.push_back(fmt::format("This window was over {} and was not delivered then: it is made up here.",
                              policy::in_words(zone, w.until)));
  if (calls.late > 0)
    out.push_back(
        fmt::format("{} call record{} of earlier windows arrived after their delivery; {} in "
                    "late-calls.csv, and in no earlier delivery.",
                    calls.late, calls.late == 1 ? "" : "s", calls.late == 1 ? "it is" : "they are"));
  if (d == Direction::outgoing) out.emplace_back("A pen register: outgoing calls only (18 USC 3127(3)).");
  if (d == Direction::incoming) out.emplace_back("A trap and trace: incoming calls only (18 USC 3127(4)).");
  if (w.is_last && w.kind == WindowKind::week)
    out.push_back(fmt::format("The authority ended {}: this is the last window, and it ends there.",
                              policy::in_words(zone, w.until)));
  return out;
}

}  // namespace

fs::path delivery_dir(const fs::path& out, const std::string& matter, std::uint64_t number) {
  return out / matter / fmt::format("delivery-{:04}", number);
}

Result<Json> Recurring::write_delivery(const Case& of, const fs::path& out, const Acting& who) {
  WRIT_TRY(delivery, kept_delivery(*c_, of));
  WRIT_TRY(w, window_from_json(delivery["window"]));
  Response r;
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(plan, plan_of(of));
  WRIT_TRY(parts, enclosures_of(*c_, of.matter, of.newest("extract")->body));
  WRIT_TRY(direction, field<std::string>(delivery, "direction", "delivery"));
  WRIT_TRY(d, parse_direction(direction));
  WRIT_TRY(said, delivery_notes(w, d, count_calls(delivery)));
  r.demand = std::move(demand);
  r.plan = std::move(plan);
  if (w.kind != WindowKind::late) {
    r.plan.from = w.from;
    r.plan.until = w.until;
  }
  r.decisions = decisions_of(of);
  r.collection = !delivery["late"].is_object()         ? delivery["collection"]
                 : !delivery["collection"].is_object() ? delivery["late"]
                                                       : merged(delivery["late"], delivery["collection"]);
  r.enclosures = std::move(parts);
  r.notes = std::move(said);
  r.steps = {"approve", "recheck", "extract", "check"};
  WRIT_TRY(body, write_response(*c_, of, r, delivery_dir(out, of.matter, w.number), who));
  body["window"] = delivery["window"];
  body["collection"] = of.newest("extract")->body["collection"];
  return body;
}

// The act again by the same person: the files once more.
Result<Case> Recurring::write_again(const Case& before, const fs::path& out, const Acting& who) {
  return c_->attempt(who.person.user, "case.deliver", before.matter, [&]() -> Result<Case> {
    WRIT_CHECK(check_person(*c_, who, process::life_cycle(before.cycle).rule("deliver")->roles));
    WRIT_CHECK(standing(before));
    WRIT_CHECK(c_->note(who.person.user, "recurring.deliver-again", before.matter));
    WRIT_CHECK(write_delivery(before, out, who));
    return before;
  });
}

Result<Case> Recurring::deliver(const std::string& matter, const fs::path& out, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "deliver", who.person.user)) return write_again(before, out, who);
  desk::CaseStep step{"deliver"};
  step.guard = [&](const Case& of) -> Status {
    WRIT_CHECK(standing(of));
    // What was checked is what leaves.
    const desk::CaseAct *checked = of.newest("check"), *extracted = of.newest("extract");
    if (checked != nullptr && extracted != nullptr &&
        checked->body["collection"] == extracted->body["collection"])
      return {};
    return fail(Exit::refused, "the extraction is not the one that a second person checked",
                "I2: no delivery without two people", "the check of this extraction",
                "begin anew: writ recurring recheck " + matter);
  };
  step.effect = [&](const Case& of) { return write_delivery(of, out, who); };
  return desk::CaseBook{*c_}.act(matter, std::move(step), who);
}

}  // namespace writ::cases
