// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/certification_register.hh"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cases/case_files.hh"
#include "desk/intercept_service.hh"

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseAct;

constexpr const char* rule = "47 CFR 1.20004(a), (b)";

Status put_retention(const policy::Policy& p, Instant now, RegisterEntry& e) {
  if (!e.ended || *e.ended > now) {
    e.arithmetic = e.ended ? "not before it has ended: authorized until " + rfc3339_seconds(*e.ended)
                           : "not before its end is recorded";
    return {};
  }
  WRIT_TRY(due, policy::due(p, "certification-retention", *e.ended, "ended"));
  e.keep_until = due.at;
  e.arithmetic = due.arithmetic;
  return {};
}

Result<std::vector<std::string>> armed_matters(const desk::Carrier& c) {
  const desk::Orders orders{c};
  WRIT_TRY(all, orders.all());
  std::set<std::string> matters;
  for (const desk::Order& o : all) matters.insert(o.matter);
  std::vector<std::string> out;
  for (const std::string& m : matters) {
    WRIT_TRY(grants, orders.grants(m));
    if (std::any_of(grants.begin(), grants.end(), [](const desk::GrantRow& g) { return g.file.has_value(); }))
      out.push_back(m);
  }
  return out;
}

Result<RegisterEntry> of_matter(const desk::Carrier& c, const std::string& matter) {
  RegisterEntry e;
  e.matter = matter;
  WRIT_TRY(facts, desk::matter_facts(c, matter));
  e.instrument = facts.instrument;
  e.type = facts.kind_text;
  e.identifiers = facts.targets.size();
  e.enabled = facts.enabled;
  e.agency = facts.officer_agency;
  e.signed_the_authorization = facts.legal_signer;
  WRIT_TRY(end, desk::interception_end(c, matter));
  e.ended = end;
  if (const auto cert = desk::stored_certification(c, matter)) {
    e.state = CertificationState::certified;
    e.responsible = cert->signed_by;
    e.signed_at = cert->signed_at;
  } else {
    const bool missing = cert.error().exit == Exit::refused;
    e.state = missing ? CertificationState::missing : CertificationState::not_verified;
    e.why = missing ? "armed and not certified: the officer: writ intercept certify " + matter
                    : cert.error().what + ": " + cert.error().next;
  }
  WRIT_CHECK(put_retention(c.policy(), c.now(), e));
  return e;
}

// The act's signature and place in its chain were verified when the case was read.
Result<RegisterEntry> of_incident(const desk::Carrier& c, const Case& incident, const CaseAct& a) {
  const Json& j = a.body.at("certification");
  RegisterEntry e;
  e.matter = incident.matter;
  e.is_authorised = j.at("authorized").get<bool>();
  e.instrument = j.at("instrument").get<std::string>();
  e.type = j.at("type").get<std::string>();
  e.identifiers = j.at("targets").size();
  e.agency = j.at("presented_by").get<std::string>();
  e.signed_the_authorization = j.at("authorization_signed_by").get<std::string>();
  WRIT_TRY(enabled, parse_rfc3339(j.at("enabled").get<std::string>()));
  e.enabled = enabled;
  if (const std::string ended = j.at("ended").get<std::string>(); !ended.empty()) {
    WRIT_TRY(at, parse_rfc3339(ended));
    e.ended = at;
  }
  e.state = CertificationState::certified;
  e.responsible = a.user;
  e.signed_at = a.at;
  WRIT_CHECK(put_retention(c.policy(), c.now(), e));
  return e;
}

Result<std::vector<RegisterEntry>> read_register(desk::Carrier& c) {
  std::vector<RegisterEntry> out;
  WRIT_TRY(matters, armed_matters(c));
  for (const std::string& m : matters) {
    auto e = of_matter(c, m);
    if (!e) {  // one matter that cannot be read does not hide the others
      RegisterEntry broken;
      broken.matter = m;
      broken.state = CertificationState::not_verified;
      broken.why = e.error().what;
      broken.arithmetic = "unknown: the matter cannot be verified";
      out.push_back(std::move(broken));
    } else {
      out.push_back(std::move(*e));
    }
  }
  WRIT_TRY(incidents, desk::CaseBook{c}.all(process::Cycle::incident));
  for (const Case& i : incidents)
    for (const CaseAct& a : i.acts)
      if (a.act == "record-interception") {
        WRIT_TRY(e, of_incident(c, i, a));
        out.push_back(std::move(e));
      }
  std::stable_sort(out.begin(), out.end(),
                   [](const RegisterEntry& a, const RegisterEntry& b) { return a.enabled < b.enabled; });
  return out;
}

std::string day_or(const std::optional<Instant>& t, const char* otherwise) {
  return t ? rfc3339_seconds(*t).substr(0, 10) : otherwise;
}

}  // namespace

const char* to_string(CertificationState s) {
  switch (s) {
    case CertificationState::certified:
      return "certified";
    case CertificationState::missing:
      return "missing";
    case CertificationState::not_verified:
      return "not-verified";
  }
  return "not-verified";
}

Result<std::vector<RegisterEntry>> certification_register(desk::Carrier& c, const desk::Acting& who) {
  const std::string& user = who.person.user;
  return c.attempt(user, "register.read", "", [&]() -> Result<std::vector<RegisterEntry>> {
    using authority::Role;
    WRIT_CHECK(check_person(c, who, {Role::officer, Role::counsel, Role::auditor}));
    WRIT_CHECK(c.note(user, "register.read", ""));
    return read_register(c);
  });
}

Json to_json(const std::vector<RegisterEntry>& entries) {
  Json rows = Json::array();
  for (const RegisterEntry& e : entries) {
    Json row{{"matter", e.matter},
             {"instrument", e.instrument},
             {"type", e.type},
             {"authorized", e.is_authorised},
             {"identifiers", e.identifiers},
             {"enabled", rfc3339_seconds(e.enabled)},
             {"agency", e.agency},
             {"authorization_signed_by", e.signed_the_authorization},
             {"state", to_string(e.state)},
             {"responsible", e.responsible},
             {"why", e.why},
             {"retention", e.arithmetic}};
    row["signed_at"] = e.state == CertificationState::certified ? Json(rfc3339_seconds(e.signed_at)) : Json();
    row["ended"] = e.ended ? Json(rfc3339_seconds(*e.ended)) : Json();
    row["keep_until"] = e.keep_until ? Json(rfc3339_seconds(*e.keep_until)) : Json();
    rows.push_back(std::move(row));
  }
  return {{"schema", "writ.certification-register/1"}, {"rule", rule}, {"entries", rows}};
}

std::vector<std::string> register_columns() {
  return {"matter", "authorized",    "instrument", "type",      "identifiers", "enabled",
          "agency", "authorized by", "state",      "signed by", "signed at",   "keep until"};
}

std::vector<std::string> register_row(const RegisterEntry& e) {
  const bool certified = e.state == CertificationState::certified;
  return {e.matter,
          e.is_authorised ? "yes" : "no",
          e.instrument,
          e.type,
          fmt::format("{}", e.identifiers),
          rfc3339_seconds(e.enabled),
          e.agency,
          e.signed_the_authorization,
          to_string(e.state),
          e.responsible,
          certified ? rfc3339_seconds(e.signed_at) : "",
          day_or(e.keep_until, "")};
}

produce::Report register_report(const policy::Policy& p, const std::vector<RegisterEntry>& entries,
                                Instant at) {
  produce::ReportTable all{{{"Matter", 66},
                            {"Type, instrument", 112},
                            {"Enabled", 74},
                            {"Presented by; signed by", 102},
                            {"Certified", 74},
                            {"Keep until", 56}},
                           {}};
  produce::ReportTable open{{{"Matter", 84}, {"State", 74}, {"What is missing", 326}}, {}};
  for (const RegisterEntry& e : entries) {
    const bool certified = e.state == CertificationState::certified;
    all.rows.push_back(
        {e.matter + (e.is_authorised ? "" : "\nWITHOUT AUTHORIZATION"), e.type + "\n" + e.instrument,
         produce::minute_text(e.enabled), e.agency + "\n" + e.signed_the_authorization,
         certified ? fmt::format("{}\n{}", e.responsible, rfc3339_seconds(e.signed_at).substr(0, 10))
                   : std::string(to_string(e.state)),
         day_or(e.keep_until, "not ended")});
    if (!certified) open.rows.push_back({e.matter, to_string(e.state), e.why});
  }
  produce::Report r{
      "Register of Certifications",
      "47 CFR 1.20004: interceptions and access to call-identifying information",
      rule,
      fmt::format("{} \xC2\xB7 register of certifications \xC2\xB7 confidential", p.carrier),
      at,
      {{"As of", produce::minute_text(at)},
       {"Entries", fmt::format("{}, of which {} not certified", entries.size(), open.rows.size())},
       {"Kept for", p.certification_retention}},
      {{"Interceptions, with and without authorization", "", {}, {std::move(all)}}},
      {}};
  if (!open.rows.empty()) r.sections.push_back({"Not certified", rule, {}, {std::move(open)}});
  return r;
}

}  // namespace writ::cases
