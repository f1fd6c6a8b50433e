// SPDX-License-Identifier: GPL-3.0-or-later
// Two people, or the officer alone when nobody else can be reached; what they sign is the minimum, its
// period and its scope.
#include <fmt/format.h>

#include <algorithm>

#include "authority/strict.hh"
#include "cases/disclosure.hh"
#include "cases/emergency.hh"
#include "cases/verification.hh"
#include "desk/outbox.hh"

namespace writ::cases {
namespace {

using authority::Role;
using desk::Acting;
using desk::Case;
using desk::CaseAct;
using desk::CaseBook;
using desk::CaseStep;
using process::Cycle;
using process::Demand;

constexpr std::string_view column = "emergency";  // of the matrix
constexpr std::chrono::hours day{24};
constexpr std::string_view alone_rule =
    "break-glass: the officer alone, when no second approver can be reached in the clock's time (life cycle "
    "5)";

tl::unexpected<Error> refused(std::string what, std::string_view rule, std::string missing,
                              std::string next) {
  return fail(Exit::refused, std::move(what), std::string(rule), std::move(missing), std::move(next));
}

bool has(const std::vector<std::string>& v, const std::string& s) {
  return std::find(v.begin(), v.end(), s) != v.end();
}

bool holds(const authority::RoleCert& cert, Role r) {
  return std::find(cert.roles.begin(), cert.roles.end(), r) != cert.roles.end();
}

std::vector<std::string> needed_items(const Case& c) {
  return c.newest("assess")->body["items"].get<std::vector<std::string>>();
}

// Counsel and officers who can approve this case now, other than `self`: not who filed or assessed it.
Result<std::vector<std::string>> other_approvers(const desk::Carrier& carrier, const Case& c,
                                                 const std::string& self) {
  WRIT_TRY(people, carrier.people());
  std::vector<std::string> out;
  for (const authority::RoleCert& p : people) {
    const auto is = [&](Role r) {
      return authority::verify_cert(p, carrier.roots(), r, carrier.now()).has_value();
    };
    const auto did = [&](const char* act) {
      const CaseAct* a = c.newest(act);
      return a != nullptr && authority::is_same_user(a->user, p.user);
    };
    if (!authority::is_same_user(p.user, self) && (is(Role::counsel) || is(Role::officer)) && !did("file") &&
        !did("assess"))
      out.push_back(p.user);
  }
  return out;
}

// Everybody who could have approved was tried, and the first attempt is older than the clock's time.
Status check_unreachable(const desk::Carrier& carrier, const Case& c, const std::string& officer) {
  std::vector<std::string> tried;
  Instant first = Instant::max();
  std::size_t attempts = 0;
  for (const CaseAct& a : c.acts) {
    if (a.act != "try-approver" || !authority::is_same_user(a.user, officer)) continue;
    tried.push_back(a.body.value("whom", ""));
    first = std::min(first, a.at);
    ++attempts;
  }
  WRIT_TRY(others, other_approvers(carrier, c, officer));
  for (const std::string& who : others)
    if (!has(tried, who))
      return refused(
          fmt::format("{} was not tried", who), alone_rule, "an attempt to reach every approver",
          fmt::format("call, and note it: writ emergency try-approver {} --whom {}", c.matter, who));
  if (attempts < 2)
    return refused("one attempt is not enough", alone_rule, "two attempts at least",
                   "call again, and note it");
  WRIT_TRY(due, policy::due(carrier.policy(), "emergency-second-approver", first, "first attempt"));
  if (carrier.now() < due.at)
    return refused("the second approvers still have time", alone_rule, due.arithmetic,
                   "go on calling; the officer alone may approve after that");
  return {};
}

// What may be collected of these decisions: the period is the assessment's, else the letter's.
Result<CollectionPlan> plan_for(const Case& c, Demand d, const std::vector<ItemDecision>& decisions) {
  CollectionPlan plan{c.matter, std::move(d.subjects), permitted(decisions), d.records_from, d.records_until};
  const Json& assessed = c.newest("assess")->body;
  if (assessed.contains("from")) {
    WRIT_TRY(from, parse_rfc3339(assessed.value("from", "")));
    WRIT_TRY(until, parse_rfc3339(assessed.value("until", "")));
    plan.from = from;
    plan.until = until;
  }
  return plan;
}

Instant scope_end(const desk::Carrier& c) {
  return c.now() +
         std::min<Nanos>(authority::emergency_hours_max, std::chrono::hours{c.policy().emergency_hours_max});
}

}  // namespace

Result<std::vector<ItemDecision>> minimum_of(const policy::Policy& p, const Demand& d,
                                             const std::vector<std::string>& needed,
                                             const CounselWord& word) {
  WRIT_TRY(decisions, decide_items(p, d, word));
  for (ItemDecision& i : decisions)
    if (i.permitted && !has(needed, i.item)) {
      i.permitted = false;
      i.rule = "18 USC 2702(c)(4): the minimum";
      i.fact = "the danger does not ask for it";
      i.cure = "legal process for it";
    }
  return decisions;
}

Result<Velocity> velocity(desk::Carrier& c, const Demand& d, const std::string& matter, Instant now) {
  Velocity v;
  WRIT_TRY(all, CaseBook{c}.all(Cycle::emergency));
  for (const Case& other : all) {
    const CaseAct* approved = approval_of(other);
    if (other.matter == matter || approved == nullptr || approved->at <= now - day) continue;
    WRIT_TRY(o, demand_of(other));
    if (!desk::is_same_organisation(o.requester.agency, d.requester.agency)) continue;
    ++v.agency;
    if (o.requester.badge == d.requester.badge ||
        desk::is_same_organisation(o.requester.name, d.requester.name))
      ++v.requester;
  }
  return v;
}

Status EmergencyService::check_approval(const Case& c, const std::string& approver) const {
  WRIT_TRY(d, demand_of(c));
  const policy::EmergencyRules& limits = c_->policy().emergency;
  WRIT_TRY(v, velocity(*c_, d, c.matter, c_->now()));
  if (v.agency >= limits.per_agency_per_day || v.requester >= limits.per_requester_per_day)
    return refused(
        fmt::format("{} emergencies of this agency, {} of this requester, were approved within a day",
                    v.agency, v.requester),
        limits.citation,
        fmt::format("at most {} for one agency and {} for one requester", limits.per_agency_per_day,
                    limits.per_requester_per_day),
        "legal process, or another person of the agency; counsel and officer may change the limits");
  // The call-back was to a contact that stood in the directory then, and still fits the letter.
  const CaseAct* called = c.newest("call-back");
  const Json& said = called->body["verification"];
  WRIT_TRY(entry, desk::read_entry(*c_, said.value("entry", "")));
  WRIT_TRY(contact, desk::callable(
                        entry.as_of(called->at),
                        {desk::ContactKind::agency, desk::ContactKind::prosecutor, desk::ContactKind::office},
                        letter_of(c, d)));
  if (said.value("contact", Json()) != to_json(contact) || said.value("outcome", "") != "confirmed")
    return refused("who was called back is not who stood in the directory then", "V1",
                   "a contact of the directory who confirmed the letter",
                   fmt::format("deny it, or file it again; {} approves nothing of it", approver));
  return {};
}

CaseStep EmergencyService::approval(const char* act, const std::map<std::string, std::string>& silent,
                                    const Acting& who) {
  CounselWord word;
  if (holds(who.cert, Role::counsel)) word.silent = silent;
  CaseStep step{act, Json{{"word", {{"silent", word.silent}}}}};
  step.guard = [this, word, user = who.person.user](const Case& c) -> Status {
    WRIT_TRY(d, demand_of(c));
    WRIT_CHECK(check_approval(c, user));
    WRIT_TRY(decisions, minimum_of(c_->policy(), d, needed_items(c), word));
    if (!permitted(decisions).records.empty()) return {};
    return refused(
        "nothing of what is asked for may be released", "the disclosure matrix, column emergency",
        "an item that the letter asks for, the matrix permits, the danger needs and the carrier keeps",
        "deny the request (writ emergency deny), or counsel approves silent items by name");
  };
  step.effect = [this, word, &who](const Case& c) -> Result<Json> {
    WRIT_TRY(d, demand_of(c));
    WRIT_TRY(decisions, minimum_of(c_->policy(), d, needed_items(c), word));
    WRIT_TRY(plan, plan_for(c, std::move(d), decisions));
    WRIT_TRY(scope, sign_scope(*c_, plan, std::string(authority::emergency_purpose), scope_end(*c_), who));
    return Json{{"items", to_json(decisions)},
                {"period", {{"from", rfc3339(plan.from)}, {"until", rfc3339(plan.until)}}},
                {"policy", crypto::hex(c_->policy().hash)},
                {"scope", std::move(scope)}};
  };
  return step;
}

Result<Case> EmergencyService::approve(const std::string& matter,
                                       const std::map<std::string, std::string>& silent, const Acting& who) {
  WRIT_TRY(now, desk::read_case(*c_, matter));
  if (const CaseAct* done = now.newest("approve"); done != nullptr && done->user == who.person.user)
    return now;  // the same command again
  return CaseBook{*c_}.act(matter, approval("approve", silent, who), who);
}

Result<Case> EmergencyService::try_approver(const std::string& matter, const std::string& whom,
                                            const std::string& how, const Acting& who) {
  CaseStep step{"try-approver", Json{{"whom", whom}, {"how", how}}};
  step.guard = [this, &whom, &who](const Case& c) -> Status {
    WRIT_TRY(others, other_approvers(*c_, c, who.person.user));
    if (others.empty() || has(others, whom)) return {};
    return refused(fmt::format("{} is not a second approver of this", whom), alone_rule,
                   fmt::format("one of: {}", fmt::join(others, ", ")), "call one of them");
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> EmergencyService::approve_alone(const std::string& matter, const Acting& who) {
  WRIT_TRY(now, desk::read_case(*c_, matter));
  if (const CaseAct* done = now.newest("approve-alone"); done != nullptr && done->user == who.person.user)
    return now;
  CaseStep step = approval("approve-alone", {}, who);
  step.guard = [this, both = step.guard, user = who.person.user](const Case& c) -> Status {
    WRIT_CHECK(check_unreachable(*c_, c, user));
    return both(c);
  };
  step.effect = [this, after = step.effect, user = who.person.user](const Case& c) -> Result<Json> {
    WRIT_CHECK(tell_alone(c, user));
    WRIT_TRY(body, after(c));
    body["attempts"] = Json::array();
    for (const CaseAct& a : c.acts)
      if (a.act == "try-approver") body["attempts"].push_back({{"act", a.seq}, {"whom", a.body["whom"]}});
    return body;
  };
  return CaseBook{*c_}.act(matter, std::move(step), who);
}

// One notice for the auditors and one for the other approvers, before anything can be read: who takes one
// does not silence the other, and the officer whose act it is takes none.
Status EmergencyService::tell_alone(const Case& c, const std::string& officer) {
  WRIT_TRY(waited,
           policy::due(c_->policy(), "emergency-second-approver", c.newest("assess")->at, "assessed"));
  for (const char* who : {"auditor", "counsel or officer"})
    WRIT_CHECK(desk::Outbox{*c_}.tell({c.matter, process::to_string(c.cycle),
                                       "BREAK-GLASS: one officer alone approves an emergency disclosure; an "
                                       "auditor reviews it",
                                       who, desk::Severity::emergency, waited.at, std::nullopt,
                                       waited.arithmetic, std::string(alone_rule), officer}));
  return {};
}

}  // namespace writ::cases
