// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/incident.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/case_files.hh"

namespace writ::cases {
namespace {

using desk::Acting;
using desk::Case;
using desk::CaseAct;
using desk::CaseStep;
using process::Cycle;

constexpr const char* rule_breach = "47 CFR 64.2011";

Result<Case> read_incident(const desk::Carrier& c, const std::string& matter) {
  WRIT_TRY(found, desk::read_case(c, matter));
  if (found.cycle == Cycle::incident) return found;
  return fail(Exit::not_found, fmt::format("{} is no incident", matter), {}, "the number of an incident",
              "writ incident list prints them");
}

Json breach_json(const Breach& b) {
  return {{"determined_at", rfc3339(b.determined_at)},
          {"description", b.description},
          {"method", b.method},
          {"data", b.data},
          {"from", rfc3339(b.from)},
          {"until", rfc3339(b.until)},
          {"customers", b.customers},
          {"loss", b.loss}};
}

bool is_breach(const Case& incident) {
  const CaseAct* a = incident.newest("assess");
  return a != nullptr && a->body.at("breach") == "yes";
}

bool has_affected(const Case& incident) {
  const CaseAct* a = incident.newest("assess");
  return a != nullptr && a->body.at("agencies").contains("affected");
}

// Acts that leave the state as it is may be done more than once, but the same one is not recorded twice.
bool is_recorded(const Case& incident, const CaseStep& step) {
  return std::any_of(incident.acts.begin(), incident.acts.end(),
                     [&](const CaseAct& a) { return a.act == step.act && a.body == step.body; });
}

Status check_breach(const std::optional<Breach>& b, Instant now) {
  if (!b) return {};
  const bool whole = b->determined_at != Instant{} && !b->description.empty() && !b->method.empty() &&
                     !b->data.empty() && b->from != Instant{} && b->from <= b->until && b->customers > 0 &&
                     !b->loss.empty();
  if (whole && b->determined_at <= now) return {};
  return fail(Exit::refused, "the breach is not described as its notice must be", "47 CFR 64.2011(a)(1)",
              "when it was determined (not in the future), description, method, dates, number of customers, "
              "estimate of loss, types of data",
              "state each of them; \"none known\" for the loss");
}

CaseStep letters(const desk::Carrier& c, std::string act,
                 std::function<std::vector<produce::Report>(const Case&)> make) {
  CaseStep step{std::move(act)};
  const std::string name = step.act;
  step.effect = [&c, name, make = std::move(make)](const Case& incident) -> Result<Json> {
    Json out = Json::array();
    for (const produce::Report& r : make(incident)) {
      WRIT_TRY(pdf, produce::render_report(c.policy(), r));
      const std::string as = fmt::format("{}-{}", name, out.size() + 1);
      WRIT_TRY(kept, keep_case_file(c, incident.matter, as, ".pdf", pdf));
      const std::string to = r.facts.front().second;
      out.push_back({{"to", to.substr(0, to.find('\n'))},
                     {"as", as + ".pdf"},
                     {"file", kept.name},
                     {"sha256", kept.sha256}});
    }
    return Json{{"letters", out}};
  };
  return step;
}

tl::unexpected<Error> not_yet(const Case& incident, std::string what, std::string missing, std::string next) {
  return fail(Exit::refused, fmt::format("{}: {}", incident.matter, what), rule_breach, std::move(missing),
              std::move(next));
}

// Latest direction of an agency that is still running.
std::optional<Instant> held_until(const Case& incident, Instant now) {
  const CaseAct* hold = incident.newest("hold-customer-notice");
  if (hold == nullptr) return {};
  const auto until = parse_rfc3339(hold->body.at("direction").value("until", ""));
  if (until && *until > now) return *until;
  return {};
}

Status may_tell_customers(const policy::Policy& p, const Case& incident, Instant now) {
  const CaseAct* notice = incident.newest("breach-notice");
  if (notice == nullptr)
    return not_yet(incident, "law enforcement has not been notified", "the breach notice",
                   "writ incident breach-notice " + incident.matter);
  if (const auto until = held_until(incident, now))
    return not_yet(incident,
                   "an agency has directed that customers are not told before " + rfc3339_seconds(*until),
                   "the end of the direction", "wait, or record the agency's new direction");
  WRIT_TRY(wait, policy::due(p, "customer-notice-wait", notice->at, "law enforcement notified"));
  if (now < wait.at)
    return not_yet(incident, "law enforcement has had less than its time: " + wait.arithmetic,
                   "the days that law enforcement has before customers are told", "wait until then");
  return {};
}

Status nothing_owed(const Case& incident) {
  if (has_affected(incident) && incident.newest("notify-agencies") == nullptr)
    return fail(Exit::refused, fmt::format("{}: affected agencies have not been told", incident.matter),
                "47 CFR 1.20003(c)", "the letters to the agencies",
                "writ incident notify " + incident.matter);
  if (!is_breach(incident)) return {};
  if (incident.newest("breach-notice") == nullptr)
    return not_yet(incident, "the breach has not been notified",
                   "the notice to the Commission, the Secret Service and the FBI",
                   "writ incident breach-notice " + incident.matter);
  if (incident.newest("customer-notice") == nullptr)
    return not_yet(incident, "the customers have not been told", "the customers' notice",
                   "writ incident customer-notice " + incident.matter);
  return {};
}

Status needs_breach(const Case& incident) {
  if (is_breach(incident)) return {};
  return not_yet(incident, "no breach of customer data was found", "an assessment that finds one",
                 "letters to agencies: writ incident notify " + incident.matter);
}

}  // namespace

Result<std::vector<IncidentClock>> incident_clocks(const policy::Policy& p, const Case& incident) {
  std::vector<IncidentClock> out;
  if (!is_breach(incident)) return out;
  WRIT_TRY(determined,
           parse_rfc3339(incident.newest("assess")->body.at("breach_facts").value("determined_at", "")));
  const auto add = [&](const char* what, const char* clock, const char* act) -> Status {
    WRIT_TRY(due, policy::due(p, clock, determined, "determined"));
    const CaseAct* done = incident.newest(act);
    out.push_back({what, std::move(due), done == nullptr ? std::optional<Instant>{} : done->at});
    return {};
  };
  WRIT_CHECK(add("breach notice", "breach-notice", "breach-notice"));
  WRIT_CHECK(add("customers' notice", "customer-notice", "customer-notice"));
  return out;
}

Result<Case> IncidentService::report(const IncidentFiling& f, const Acting& who) {
  const auto kinds = {"compromise", "unlawful-surveillance", "customer-data"};
  if (std::none_of(kinds.begin(), kinds.end(), [&](const char* k) { return f.kind == k; }))
    return fail(Exit::usage, fmt::format("'{}' is no kind of incident", f.kind), {}, {},
                "compromise, unlawful-surveillance or customer-data");
  CaseStep step{"file", Json{{"what", f.what}, {"kind", f.kind}, {"detected_at", rfc3339(f.detected_at)}}};
  step.guard = [&](const Case&) -> Status {
    if (f.detected_at <= c_->now()) return {};
    return fail(Exit::refused, "the incident would be detected in the future", "47 CFR 1.20003(c)",
                "a time of detection that has passed", "state when it was detected (--detected)");
  };
  const crypto::Digest key = crypto::sha256(view_of(canonical(Json{{"incident", step.body}})));
  return desk::CaseBook{*c_}.open(Cycle::incident, key, std::move(step), who);
}

Result<Case> IncidentService::contain(const std::string& matter, const std::string& how, const Acting& who) {
  return desk::CaseBook{*c_}.act(matter, {"contain", Json{{"how", how}}}, who);
}

Result<Case> IncidentService::assess(const std::string& matter, const IncidentAssessment& a,
                                     const Acting& who) {
  WRIT_TRY(agencies, c_->attempt(who.person.user, "case.assess", matter, [&]() -> Result<Json> {
    WRIT_CHECK(check_breach(a.breach, c_->now()));
    if (a.affected.empty() && a.none_because.empty())
      return fail(Exit::refused, "which agencies are affected is not stated", "47 CFR 1.20003(c)",
                  "the affected matters, or why there is none", "--affected MATTER=WHAT, or --none-because");
    return affected_agencies(*c_, a);
  }));
  Json body{{"finding", a.finding}, {"agencies", agencies}, {"breach", a.breach ? "yes" : "no"}};
  if (a.breach) body["breach_facts"] = breach_json(*a.breach);
  return desk::CaseBook{*c_}.act(matter, {"assess", std::move(body)}, who);
}

Result<Case> IncidentService::notify_agencies(const std::string& matter, const Acting& who) {
  WRIT_TRY(now, read_incident(*c_, matter));
  if (now.newest("notify-agencies") != nullptr) return now;
  const Instant date = std::chrono::floor<std::chrono::days>(c_->now());
  CaseStep step = letters(*c_, "notify-agencies", [this, date](const Case& incident) {
    std::vector<produce::Report> out;
    for (const Json& agency : incident.newest("assess")->body.at("agencies").at("affected"))
      out.push_back(agency_letter(c_->policy(), incident, agency, date));
    return out;
  });
  step.guard = [](const Case& incident) -> Status {
    if (has_affected(incident)) return {};
    return fail(Exit::refused, fmt::format("{}: no agency is affected", incident.matter), "47 CFR 1.20003(c)",
                "an assessment that names affected matters", "close it when nothing else is owed");
  };
  return desk::CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> IncidentService::breach_notice(const std::string& matter, const Acting& who) {
  WRIT_TRY(now, read_incident(*c_, matter));
  if (now.newest("breach-notice") != nullptr) return now;
  const Instant date = std::chrono::floor<std::chrono::days>(c_->now());
  CaseStep step = letters(*c_, "breach-notice", [this, date](const Case& incident) {
    return std::vector{breach_letter(c_->policy(), incident, date)};
  });
  step.guard = needs_breach;
  return desk::CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> IncidentService::hold_customer_notice(const std::string& matter, const Direction& d,
                                                   const Acting& who) {
  CaseStep step{"hold-customer-notice"};
  const bool stated = !d.agency.empty() && !d.reference.empty();
  if (stated)
    step.body["direction"] = {{"agency", d.agency}, {"reference", d.reference}, {"until", rfc3339(d.until)}};
  WRIT_TRY(now, read_incident(*c_, matter));
  if (is_recorded(now, step)) return now;
  step.guard = [&](const Case& incident) -> Status {
    WRIT_CHECK(needs_breach(incident));
    // An extension lasts as long as the agency directs.
    if (incident.newest("hold-customer-notice") != nullptr && d.until > c_->now()) return {};
    WRIT_TRY(longest, policy::due(c_->policy(), "customer-notice-hold", c_->now(), "directed"));
    if (d.until > c_->now() && d.until <= longest.at) return {};
    return not_yet(incident, "the direction ends in the past, or later than a first one may",
                   "an end until " + rfc3339_seconds(longest.at),
                   "record the end that the agency directs; it may extend it");
  };
  return desk::CaseBook{*c_}.act(matter, step, who);
}

Result<Case> IncidentService::customer_notice(const std::string& matter, const Acting& who) {
  WRIT_TRY(now, read_incident(*c_, matter));
  if (now.newest("customer-notice") != nullptr) return now;
  const Instant date = std::chrono::floor<std::chrono::days>(c_->now());
  CaseStep step = letters(*c_, "customer-notice", [this, date](const Case& incident) {
    return std::vector{customer_letter(c_->policy(), incident, date)};
  });
  step.guard = [this](const Case& incident) { return may_tell_customers(c_->policy(), incident, c_->now()); };
  return desk::CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Case> IncidentService::record_interception(const std::string& matter, const UnlawfulInterception& u,
                                                  const Acting& officer) {
  const Json certification{{"rule", "47 CFR 1.20004(a)(1)"},
                           {"targets", u.targets},
                           {"enabled", rfc3339(u.enabled)},
                           {"ended", u.ended ? rfc3339(*u.ended) : ""},
                           {"presented_by", u.presented_by},
                           {"authorization_signed_by", u.authorization_signed_by},
                           {"instrument", u.instrument},
                           {"type", u.type},
                           {"authorized", u.is_authorised},
                           {"statement",
                            "The signer certifies that this record is complete and accurate (47 "
                            "CFR 1.20004(a)(2))."}};
  CaseStep step{"record-interception", Json{{"certification", certification}}};
  WRIT_TRY(now, read_incident(*c_, matter));
  if (is_recorded(now, step)) return now;
  step.guard = [&](const Case& incident) -> Status {
    const bool stated = !u.targets.empty() && !u.type.empty() && u.enabled != Instant{} &&
                        u.enabled <= c_->now() && (!u.ended || *u.ended >= u.enabled);
    if (stated) return {};
    return fail(Exit::refused, fmt::format("{}: the interception is not described", incident.matter),
                "47 CFR 1.20004(a)(1)(i), (ii), (v)",
                "the numbers or circuits, when it was enabled (not in the future), its type",
                "state them as far as they are known");
  };
  return desk::CaseBook{*c_}.act(matter, std::move(step), officer);
}

Result<Case> IncidentService::close(const std::string& matter, const std::string& reason, const Acting& who) {
  CaseStep step{"close", Json{{"reason", reason}}};
  step.guard = nothing_owed;
  return desk::CaseBook{*c_}.act(matter, std::move(step), who);
}

Result<Json> IncidentService::list() const {
  WRIT_TRY(incidents, desk::CaseBook{*c_}.all(Cycle::incident));
  Json rows = Json::array();
  for (const Case& i : incidents) {
    const Json& filed = i.acts.front().body;
    rows.push_back({{"matter", i.matter},
                    {"state", i.state},
                    {"kind", filed.value("kind", "")},
                    {"detected_at", filed.value("detected_at", "")},
                    {"what", filed.value("what", "")}});
  }
  return Json{{"schema", "writ.incidents/1"}, {"incidents", rows}};
}

Result<Json> IncidentService::show(const std::string& matter) const {
  WRIT_TRY(i, read_incident(*c_, matter));
  WRIT_TRY(running, incident_clocks(c_->policy(), i));
  Json clocks = Json::array();
  for (const IncidentClock& k : running)
    clocks.push_back({{"what", k.what},
                      {"due", rfc3339_seconds(k.due.at)},
                      {"arithmetic", k.due.arithmetic},
                      {"done_at", k.done_at ? Json(rfc3339_seconds(*k.done_at)) : Json()},
                      {"late", k.done_at.value_or(c_->now()) > k.due.at}});
  return Json{{"schema", "writ.incident/1"}, {"case", to_json(i)}, {"clocks", clocks}};
}

Result<std::vector<fs::path>> IncidentService::write_letters(const std::string& matter, const fs::path& out,
                                                             const Acting& who) {
  WRIT_TRY(i, read_incident(*c_, matter));
  WRIT_CHECK(c_->note(who.person.user, "incident.letters", matter));
  WRIT_CHECK(make_dirs(out));
  std::vector<fs::path> written;
  for (const CaseAct& a : i.acts) {
    if (!a.body.contains("letters")) continue;
    for (const Json& l : a.body["letters"]) {
      WRIT_TRY(bytes, read_case_file(*c_, matter, l.at("file").get<std::string>(),
                                     l.at("sha256").get<std::string>()));
      written.push_back(out / l.at("as").get<std::string>());
      WRIT_CHECK(write_file(written.back(), bytes));
    }
  }
  return written;
}

}  // namespace writ::cases
