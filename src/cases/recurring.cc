// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/recurring.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cases/case_files.hh"
#include "cases/demand_case.hh"
#include "cases/disclosure.hh"
#include "cases/recurring_records.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Carrier;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;
using process::Cycle;

constexpr const char* recurring_rule = "continuing delivery of call detail records (life cycle 7, S62)";
// The longest that a scope may live (authority/scope.hh): a delivery goes on for as long as it may without
// counsel's hand.
constexpr std::chrono::hours ticket_life{24 * 90};

tl::unexpected<Error> no_delivery(std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, std::move(what), recurring_rule, std::move(missing), std::move(next));
}

// The acts of other life cycles have the same names.
Status must_be_recurring(const Case& of) {
  if (of.cycle == Cycle::recurring) return {};
  return no_delivery(fmt::format("{} is a {}", of.matter, process::to_string(of.cycle)),
                     "a continuing delivery", "writ recurring list prints them");
}

Json recurring_word_json(const RecurringWord& w) { return {{"silent", w.items.silent}, {"basis", w.basis}}; }

RecurringWord recurring_word_of(const Json& j) {
  RecurringWord w;
  w.items.silent = j.value("silent", std::map<std::string, std::string>{});
  w.basis = j.value("basis", "");
  return w;
}

// What the matrix decides, and of that the calls only: a subscriber does not change by the week.
Result<std::vector<ItemDecision>> decide_calls(const policy::Policy& p, const process::Demand& d,
                                               const RecurringWord& w) {
  WRIT_TRY(all, decide_items(p, d, w.items));
  for (ItemDecision& i : all) {
    if (!i.permitted || i.item.ends_with("-calls")) continue;
    i.permitted = false;
    i.rule = "S62";
    i.fact = "a continuing delivery holds call detail records only";
    i.cure = "the order is served as a request for this item";
  }
  return all;
}

struct RecurringTerms {  // what counsel signs
  process::Demand demand;
  ContinuingAuthority authority;
  std::vector<ItemDecision> decisions;
  Instant from{}, until{};
};

Status check_paper(const Carrier& c, const process::Demand& d) {
  const auto open = deficiencies(process::check_demand(d, c.policy(), {}, c.now()));
  if (process::acceptable(open)) return {};
  std::vector<std::string> failed;
  for (const auto& r : open) failed.push_back(fmt::format("{}: {}", r.id, r.fact));
  return no_delivery(fmt::format("the document has deficiencies: {}", fmt::join(failed, "; ")),
                     "a document without them",
                     "stop this one (writ recurring stop); the agency sends a corrected document");
}

Result<RecurringTerms> terms_of(const Carrier& c, const Case& of, const RecurringWord& w) {
  WRIT_CHECK(must_be_recurring(of));
  RecurringTerms t;
  WRIT_TRY(demand, demand_of(of));
  WRIT_CHECK(check_paper(c, demand));
  WRIT_TRY(authority, continuing_authority(c, demand.of_matter));
  WRIT_CHECK(check_under(c, authority, of.matter, demand));
  if (!authority.is_interception && w.basis.empty())
    return fail(Exit::refused, fmt::format("{} is a court order under 18 USC 2703(d)", authority.matter),
                "L13: whether it reaches records to come is unsettled",
                "an order under 18 USC 3123 or 2518, or counsel's word why this one does",
                "counsel: writ recurring approve MATTER --basis TEXT, or the agency obtains such an order");
  WRIT_TRY(decisions, decide_calls(c.policy(), demand, w));
  if (permitted(decisions).records.empty())
    return no_delivery("no call detail record of what is asked for may be delivered",
                       "subscriber-calls or tenant-calls among its items",
                       "serve the order as a request for the rest (writ request file)");
  const Instant asked = demand.records_from == Instant{} ? demand.received : demand.records_from;
  t.from = std::max(authority.from, asked);
  t.until = std::min(authority.until, demand.records_until);
  if (t.from >= t.until || (of.newest("approve") == nullptr && c.now() >= t.until))
    return fail(Exit::expired,
                fmt::format("the authority of {} ends {}", authority.matter, rfc3339_seconds(t.until)),
                "I3: expiry always wins", "an order, or its extension, that is in force",
                "records of the past are asked for by a request (writ request file)");
  t.demand = std::move(demand);
  t.authority = std::move(authority);
  t.decisions = std::move(decisions);
  return t;
}

Result<Json> sign_terms(Carrier& c, const Case& of, const RecurringTerms& t, const Acting& counsel) {
  const CollectionPlan plan{of.matter, t.demand.subjects, permitted(t.decisions), t.from, t.until};
  WRIT_TRY(scope, sign_scope(c, plan, purpose_of(of, t.demand), c.now() + ticket_life, counsel));
  return Json{{"items", to_json(t.decisions)},
              {"policy", crypto::hex(c.policy().hash)},
              {"period", {{"from", rfc3339(t.from)}, {"until", rfc3339(t.until)}}},
              {"authority", to_json(t.authority)},
              {"scope", std::move(scope)}};
}

Status check_policy(const Carrier& c, const Case& of) {
  WRIT_TRY(demand, demand_of(of));
  const Json& approved = of.newest("approve")->body;
  WRIT_TRY(now, decide_calls(c.policy(), demand, recurring_word_of(approved.value("word", Json::object()))));
  if (to_json(now) == approved.value("items", Json())) return {};
  return no_delivery("the policy of now decides otherwise than the approval", "counsel's approval under it",
                     "counsel: writ recurring approve " + of.matter);
}

Status check_ticket(Carrier& c, const Case& of) {
  Status ok = check_approved_scope(c, of);
  if (!ok && ok.error().exit == Exit::expired)
    ok.error().next = "counsel: writ recurring approve " + of.matter;
  return ok;
}

// What was looked up under the authority must still be what comes next.
Result<Window> rechecked_window(const Case& of) {
  const desk::CaseAct* rechecked = of.newest("recheck");
  if (rechecked == nullptr)
    return no_delivery(fmt::format("{} was not rechecked", of.matter), "a recheck", "writ recurring recheck");
  WRIT_TRY(w, window_from_json(rechecked->body.value("window", Json())));
  WRIT_TRY(done, progress_of(of));
  if (w.from == done.delivered && w.number == done.deliveries + 1) return w;
  return no_delivery("the window of the recheck is not the next one", "a recheck since the last delivery",
                     "writ recurring recheck " + of.matter);
}

}  // namespace

Result<ContinuingAuthority> Recurring::standing(const Case& of) const {
  WRIT_CHECK(must_be_recurring(of));
  WRIT_CHECK(progress_of(of));
  WRIT_CHECK(check_ticket(*c_, of));
  WRIT_CHECK(check_policy(*c_, of));
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(a, continuing_authority(*c_, demand.of_matter));
  WRIT_CHECK(check_under(*c_, a, of.matter, demand));
  const Json then = of.newest("approve")->body["authority"];
  if (then.value("kind", "") == a.kind && then.value("direction", "") == to_string(a.direction)) return a;
  return no_delivery(fmt::format("{} is not the order that counsel approved", a.matter), "counsel's approval",
                     "counsel: writ recurring approve " + of.matter);
}

Result<Filed> Recurring::open(View text, const std::string& name, const fs::path& document,
                              const Acting& who) {
  WRIT_TRY(d, process::parse_demand(text, name));
  const policy::ProcessKind* kind = policy::process_kind(c_->policy(), d.kind);
  if (kind == nullptr || kind->cycle != process::to_string(Cycle::recurring))
    return fail(Exit::usage, fmt::format("{}: a '{}' is no continuing delivery", name, d.kind),
                recurring_rule, "a document of the kind cdr-delivery",
                "file other process with writ request file");
  return Intake{*c_}.file(text, name, document, who);
}

Result<Case> Recurring::approve(const std::string& matter, const RecurringWord& w, const Acting& counsel) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "approve", counsel.person.user) &&
      before.acts.back().body.value("word", Json()) == recurring_word_json(w) && standing(before))
    return before;
  CaseStep step{"approve", Json{{"word", recurring_word_json(w)}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_CHECK(terms_of(*c_, of, w));
    return {};
  };
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(t, terms_of(*c_, of, w));
    return sign_terms(*c_, of, t, counsel);
  };
  return CaseBook{*c_}.act(matter, std::move(step), counsel);
}

Result<Case> Recurring::recheck(const std::string& matter, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "recheck", who.person.user)) return before;
  Json found;
  CaseStep step{"recheck"};
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(a, standing(of));
    WRIT_TRY(done, progress_of(of));
    done.until = std::min(done.until, a.until);
    WRIT_TRY(w, next_window(c_->policy(), done, c_->now()));
    found = Json{{"authority", to_json(a)}, {"window", to_json(w)}};
    return {};
  };
  step.effect = [&](const Case&) -> Result<Json> { return found; };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> Recurring::extract(const std::string& matter, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "extract", who.person.user)) return before;
  CaseStep step{"extract"};
  Direction direction = Direction::both;
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(a, standing(of));
    direction = a.direction;
    WRIT_CHECK(rechecked_window(of));
    return {};
  };
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(w, rechecked_window(of));
    WRIT_TRY(delivery, read_delivery(*c_, of, w, direction, who));
    const CallCounts calls = count_calls(delivery);
    if (w.kind == WindowKind::late && calls.late == 0)
      return no_delivery(fmt::format("all of {} is delivered, and nothing came in since", matter),
                         "a record that arrived after its window was delivered",
                         "writ recurring stop when no more can arrive");
    WRIT_TRY(body, keep_delivery(*c_, matter, delivery));
    body["calls"] = {{"window", calls.window}, {"late", calls.late}};
    return body;
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> Recurring::check(const std::string& matter, const Acting& second) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "check", second.person.user)) return before;
  const desk::CaseAct* extracted = before.newest("extract");
  const Json checked = extracted == nullptr ? Json() : extracted->body.value("collection", Json());
  CaseStep step{"check", Json{{"collection", checked}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(a, standing(of));
    WRIT_CHECK(rechecked_window(of));
    WRIT_TRY(conflicts, delivery_conflicts(*c_, of, a.direction, second));
    if (of.newest("extract")->body["collection"] != checked)
      conflicts.emplace_back("it was extracted again meanwhile");
    if (conflicts.empty()) return {};
    return no_delivery(fmt::format("{} conflict{}: {}", conflicts.size(), conflicts.size() == 1 ? "" : "s",
                                   fmt::join(conflicts, "; ")),
                       "an extraction that holds what was approved for this window, and nothing else",
                       "begin anew: writ recurring recheck " + matter);
  };
  return CaseBook{*c_}.act(matter, std::move(step), second);
}

Result<Case> Recurring::acknowledge(const std::string& matter, const std::string& by, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "acknowledge", who.person.user)) return before;
  CaseStep step{"acknowledge", Json{{"by", by}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_CHECK(must_be_recurring(of));
    WRIT_TRY(done, progress_of(of));
    if (by.empty())
      return no_delivery("nobody is named", "who of the agency said that it has it", "--by TEXT");
    if (!done.unacknowledged.empty()) return {};
    return no_delivery("every delivery is acknowledged", "a delivery that is not",
                       "writ recurring show " + matter);
  };
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(done, progress_of(of));
    return Json{{"deliveries", done.unacknowledged}};
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> Recurring::order_extra(const std::string& matter, const std::string& reason, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  const Json body{{"reason", reason}};
  if (is_done(before, "order-extra", who.person.user) && before.acts.back().body == body) return before;
  CaseStep step{"order-extra", body};
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(a, standing(of));
    WRIT_TRY(done, progress_of(of));
    if (c_->now() >= std::min(done.until, a.until))
      return no_delivery("the authority has ended: what is left is delivered without being asked for",
                         "an order in force", "writ recurring recheck " + matter);
    if (!done.wants_extra) return {};
    return no_delivery("a further delivery is asked for already", "its delivery",
                       "writ recurring recheck " + matter);
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

// What will not be delivered any more is said in the act.
Result<Case> Recurring::stop(const std::string& matter, const std::string& reason, const Acting& who) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "stop", who.person.user)) return before;
  CaseStep step{"stop", Json{{"reason", reason}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_CHECK(must_be_recurring(of));
    if (!reason.empty()) return {};
    return no_delivery("no reason is stated", "why it ends", "--reason TEXT");
  };
  step.effect = [&](const Case& of) -> Result<Json> {
    Json left;
    if (const auto done = progress_of(of); done && done->delivered < std::min(done->until, c_->now()))
      left = Json{{"from", rfc3339(done->delivered)}, {"until", rfc3339(std::min(done->until, c_->now()))}};
    return Json{{"undelivered", std::move(left)}};
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

}  // namespace writ::cases
