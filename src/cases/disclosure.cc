// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/disclosure.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cases/case_files.hh"
#include "cases/demand_case.hh"
#include "cases/later_process.hh"
#include "cases/response.hh"
#include "desk/demand_subjects.hh"
#include "desk/record_access.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;
using desk::CaseBook;
using desk::CaseStep;

constexpr const char* disclosure_rule = "disclosure = requested AND permitted AND found (I6; S20 to S24)";

// When the document that counts came in.
Instant received(const Case& c) {
  Instant at = c.opened();
  for (const desk::CaseAct& a : c.acts)
    if (a.act == "file" || a.act == "correct") at = a.at;
  return at;
}

Json word_json(const Approval& a) {
  const auto text = [](Instant t) { return t == Instant{} ? std::string() : rfc3339(t); };
  return {{"silent", a.word.silent},
          {"statute", a.word.statute},
          {"from", text(a.from)},
          {"until", text(a.until)}};
}

Result<std::pair<Instant, Instant>> period_of(const Case& c, const process::Demand& d, const Approval& a) {
  const Instant from = a.from == Instant{} ? d.records_from : a.from;
  const Instant stated = d.records_until == Instant{} ? received(c) : d.records_until;
  const Instant until = std::min(a.until == Instant{} ? stated : a.until, received(c));
  if (from == Instant{})
    return fail(Exit::refused, "the document states no period of the records", disclosure_rule,
                "the time that the records are wanted of", "counsel states it with --from and --until");
  if ((d.records_from != Instant{} && from < d.records_from) || until > stated || from >= until)
    return fail(Exit::refused,
                fmt::format("the period {} to {} is not inside the document's", rfc3339_seconds(from),
                            rfc3339_seconds(until)),
                disclosure_rule, "a period that the document asks for, before its receipt",
                "narrow it, or leave it");
  return std::pair{from, until};
}

Status check_authority(const desk::Carrier& c, const process::Demand& d) {
  const policy::ProcessKind* kind = policy::process_kind(c.policy(), d.kind);
  const std::string authority = kind == nullptr ? "" : process::authority_of(*kind, d);
  if (kind == nullptr || (authority.empty() && kind->authority.empty())) return {};
  const std::string why = policy::why_not_in_force(c.policy(), authority, c.now());
  if (why.empty()) return {};
  return fail(Exit::refused, fmt::format("{}: {}", kind->title, why), kind->citation,
              "an authority in force (L14)", "counsel decides; the policy is edited when the law is");
}

struct Judged {
  process::Demand demand;
  std::vector<ItemDecision> decisions;
  Instant from{}, until{};
};

Result<Judged> judge(const desk::Carrier& c, const Case& of, const Approval& a) {
  // Other life cycles have an act of this name; it means something else there.
  if (of.cycle != process::Cycle::request && of.cycle != process::Cycle::national_security)
    return fail(Exit::refused, fmt::format("{} is a {}", of.matter, process::to_string(of.cycle)),
                disclosure_rule, "a request", "use the commands of its life cycle (docs/cli.md)");
  Judged j;
  WRIT_TRY(demand, demand_of(of));
  WRIT_CHECK(check_authority(c, demand));
  WRIT_TRY(decisions, decide_items(c.policy(), demand, a.word));
  WRIT_TRY(period, period_of(of, demand, a));
  j.demand = std::move(demand);
  j.decisions = std::move(decisions);
  j.from = period.first;
  j.until = period.second;
  return j;
}

Json judged_json(const desk::Carrier& c, const Judged& j) {
  return {{"items", to_json(j.decisions)},
          {"policy", crypto::hex(c.policy().hash)},
          {"period", {{"from", rfc3339(j.from)}, {"until", rfc3339(j.until)}}}};
}

Status check_any_permitted(const Judged& j) {
  if (std::any_of(j.decisions.begin(), j.decisions.end(), [](const auto& d) { return d.permitted; }))
    return {};
  std::string why;
  std::set<std::string> cures;
  for (const ItemDecision& d : j.decisions) {
    why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", d.item, d.rule);
    if (!d.cure.empty()) cures.insert(d.cure);
  }
  return fail(Exit::refused, "nothing of what is asked for is permitted", why,
              fmt::format("an item that may be released: {}", fmt::join(cures, "; or ")),
              "do that, or reject the request with these reasons (writ request reject)");
}

Result<Json> collect_all(desk::Carrier& c, const Case& of, const Acting& who, const Openers* openers) {
  WRIT_TRY(plan, plan_of(of));
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(preserved, preserved_source(c, of, demand));
  desk::RecordService records{c};
  WRIT_TRY(collection, gather(c, records, who, plan, "records"));
  if (preserved.is_over) collection["retention"]["preservation_over"] = preserved.matter;
  if (preserved.matter.empty() || preserved.is_over) return collection;
  WRIT_TRY(snapshot, open_preserved(c, of, preserved.matter, openers));
  desk::RecordService frozen{c, *snapshot};
  WRIT_TRY(kept, gather(c, frozen, who, plan, "preservation " + preserved.matter));
  return merged(std::move(kept), collection);
}

}  // namespace

Result<Json> keep_collection(const desk::Carrier& c, const Case& of, const Json& collection) {
  return keep_enclosures(c, of.matter, collection, tables(collection));
}

std::vector<ItemDecision> decisions_of(const Case& c) {
  std::vector<ItemDecision> out;
  const desk::CaseAct* approved = desk::approval_of(c);
  if (approved == nullptr) return out;
  for (const Json& j : approved->body.value("items", Json::array()))
    out.push_back({j.value("item", ""), j.value("title", ""), j.value("verdict", "") == "permit",
                   j.value("plan", ""), j.value("law", ""), j.value("rule", ""), j.value("fact", ""),
                   j.value("cure", ""), j.value("reason", "")});
  return out;
}

Result<CollectionPlan> plan_of(const Case& c) {
  const desk::CaseAct* approved = desk::approval_of(c);
  if (approved == nullptr)
    return fail(Exit::refused, fmt::format("{} is not approved", c.matter), disclosure_rule,
                "counsel's approval", "counsel approves it (writ disclose approve)");
  WRIT_TRY(demand, demand_of(c));
  const Json period = approved->body.value("period", Json::object());
  WRIT_TRY(from, parse_rfc3339(period.value("from", "")));
  WRIT_TRY(until, parse_rfc3339(period.value("until", "")));
  return CollectionPlan{c.matter, std::move(demand.subjects), permitted(decisions_of(c)), from, until};
}

std::string purpose_of(const Case& of, const process::Demand& d) {
  return fmt::format("{} {}", d.kind, d.instrument.empty() ? of.matter : d.instrument);
}

Result<Json> sign_scope(desk::Carrier& c, const CollectionPlan& plan, const std::string& purpose,
                        Instant expires, const Acting& counsel) {
  if (plan.items.records.empty()) return Json();
  desk::ScopeRequest r;
  r.matter = plan.matter;
  r.purpose = purpose;
  for (const process::DemandSubject& s : plan.subjects) {
    WRIT_TRY(subject, desk::scope_subject(s));
    r.subjects.push_back(std::move(subject));
  }
  r.items = plan.items.records;
  r.records_from = plan.from;
  r.records_until = plan.until;
  r.expires = expires;
  WRIT_TRY(ticket, desk::RecordService{c}.grant_scope(r, counsel));
  return Json{{"sequence", ticket.scope().sequence},
              {"sha256", crypto::hex(crypto::sha256(view_of(canonical(to_json(ticket.scope())))))}};
}

Status check_approved_scope(desk::Carrier& c, const Case& of) {
  const desk::CaseAct* approved = desk::approval_of(of);
  const Json scope = approved == nullptr ? Json() : approved->body.value("scope", Json());
  if (scope.is_null()) return {};  // nothing to read: nothing can be read
  const auto ticket = desk::newest_scope(c, of.matter);
  if (!ticket && ticket.error().exit == Exit::expired)
    return fail(Exit::expired, ticket.error().what, ticket.error().rule, ticket.error().missing,
                fmt::format("counsel gives the approval again: writ disclose approve {}", of.matter));
  if (!ticket) return tl::unexpected(ticket.error());
  const std::string is = crypto::hex(crypto::sha256(view_of(canonical(to_json(ticket->scope())))));
  if (is == scope.value("sha256", "")) return {};
  return fail(
      Exit::refused,
      fmt::format("scope {} of {} is not the one of the approval", ticket->scope().sequence, of.matter),
      disclosure_rule, "the scope that the approval signed",
      "a scope that counsel signed beside the approval does not widen it: counsel approves anew");
}

Result<Json> Disclosure::preview(const std::string& matter, const Approval& a, const Acting& counsel) {
  return c_->attempt(counsel.person.user, "disclosure.preview", matter, [&]() -> Result<Json> {
    WRIT_CHECK(authority::verify_cert(counsel.cert, c_->roots(), authority::Role::counsel, c_->now()));
    WRIT_TRY(of, desk::read_case(*c_, matter));
    WRIT_CHECK(c_->note(counsel.person.user, "disclosure.preview", matter));
    WRIT_TRY(j, judge(*c_, of, a));
    Json out = judged_json(*c_, j);
    out["schema"] = "writ.item-decisions/1";
    out["matter"] = matter;
    return out;
  });
}

Result<Case> Disclosure::approve(const std::string& matter, const Approval& a, const Acting& counsel) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "approve", counsel.person.user) &&
      before.acts.back().body.value("word", Json()) == word_json(a) && check_approved_scope(*c_, before))
    return before;
  CaseStep step{"approve", Json{{"word", word_json(a)}}};
  step.guard = [&](const Case& of) -> Status {
    WRIT_TRY(j, judge(*c_, of, a));
    return check_any_permitted(j);
  };
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(j, judge(*c_, of, a));
    WRIT_TRY(scope, sign_scope(*c_, {matter, j.demand.subjects, permitted(j.decisions), j.from, j.until},
                               purpose_of(of, j.demand), {}, counsel));
    Json body = judged_json(*c_, j);
    body["scope"] = std::move(scope);
    return body;
  };
  return CaseBook{*c_}.act(matter, std::move(step), counsel);
}

Result<Case> Disclosure::collect(const std::string& matter, const Acting& who, const Openers* openers) {
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "collect", who.person.user)) return before;
  CaseStep step{"collect"};
  step.guard = [&](const Case& of) { return check_approved_scope(*c_, of); };
  step.effect = [&](const Case& of) -> Result<Json> {
    WRIT_TRY(collection, collect_all(*c_, of, who, openers));
    return keep_collection(*c_, of, collection);
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Json> collection_of(const desk::Carrier& c, const Case& of) {
  const desk::CaseAct* collected = of.newest(of.cycle == process::Cycle::emergency ? "release" : "collect");
  if (collected == nullptr)
    return fail(Exit::refused, fmt::format("{} has no collection", of.matter), disclosure_rule,
                "a collection", "intake collects (writ disclose collect)");
  const Json named = collected->body.value("collection", Json::object());
  WRIT_TRY(text, read_case_file(c, of.matter, named.value("file", ""), named.value("sha256", "")));
  return parse_canonical(view_of(text), "collection");
}

Result<std::vector<std::string>> collection_conflicts(desk::Carrier& c, const Case& of, const Acting& second,
                                                      const Openers* openers) {
  WRIT_TRY(plan, plan_of(of));
  WRIT_TRY(collection, collection_of(c, of));
  std::vector<std::string> out = scope_conflicts(collection, plan);
  const Json& approved = of.newest("approve")->body;
  Approval a;
  const Json word = approved.value("word", Json::object());
  a.word.silent = word.value("silent", std::map<std::string, std::string>{});
  a.word.statute = word.value("statute", "");
  WRIT_TRY(demand, demand_of(of));
  WRIT_TRY(again, decide_items(c.policy(), demand, a.word));
  if (to_json(again) != approved.value("items", Json()))
    out.push_back("the policy of now decides otherwise than the approval: counsel approves anew");
  // Read a second time, from the records and from the snapshot: row for row the same.
  WRIT_TRY(reread, collect_all(c, of, second, openers));
  const auto more = reading_conflicts(collection, reread, Reread::is_the_same);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

Status check_collection(desk::Carrier& c, const Case& of, const Acting& second, const Openers* openers) {
  WRIT_CHECK(check_approved_scope(c, of));
  WRIT_TRY(conflicts, collection_conflicts(c, of, second, openers));
  if (conflicts.empty()) return {};
  return fail(Exit::refused,
              fmt::format("{} scope conflict{}: {}", conflicts.size(), conflicts.size() == 1 ? "" : "s",
                          fmt::join(conflicts, "; ")),
              disclosure_rule, "a collection that holds what was approved, and nothing else",
              "collect again (writ disclose recollect)");
}

Result<Case> Disclosure::check_scope(const std::string& matter, const Acting& second,
                                     const Openers* openers) {
  CaseStep step{"check-scope"};
  WRIT_TRY(before, desk::read_case(*c_, matter));
  if (is_done(before, "check-scope", second.person.user)) return before;
  if (const desk::CaseAct* collected = before.newest("collect"))
    step.body["collection"] = collected->body["collection"];
  step.guard = [&](const Case& of) { return check_collection(*c_, of, second, openers); };
  return CaseBook{*c_}.act(matter, std::move(step), second);
}

Result<Case> Disclosure::recollect(const std::string& matter, const std::string& reason, const Acting& who) {
  return CaseBook{*c_}.act(matter, {"recollect", Json{{"reason", reason}}}, who);
}

Result<Case> Disclosure::acknowledge(const std::string& matter, const std::string& by, const Acting& who) {
  return CaseBook{*c_}.act(matter, {"acknowledge", Json{{"by", by}}}, who);
}

}  // namespace writ::cases
