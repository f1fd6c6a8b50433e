// SPDX-License-Identifier: GPL-3.0-or-later
// Whose matters were affected, and what each letter says. A letter is made of its own agency's rows and of
// sentences that are the same in every incident; the carrier's own finding goes into none.
#include <fmt/format.h>

#include <algorithm>

#include "cases/demand_case.hh"
#include "cases/incident.hh"
#include "desk/orders.hh"

namespace writ::cases {
namespace {

using desk::Case;
using produce::minute_text;
using produce::Report;

struct MatterOf {
  std::string agency, address, instrument, kind;
};

Result<MatterOf> affected_matter(const desk::Carrier& c, const std::string& matter) {
  if (const auto orders = desk::Orders{c}.of_matter(matter)) {
    const process::Request& r = orders->front().request;
    return MatterOf{r.officer.agency, r.officer.return_address, r.instrument, r.kind};
  } else if (orders.error().exit != Exit::not_found) {
    return tl::unexpected(orders.error());
  }
  WRIT_TRY(found, desk::read_case(c, matter));
  WRIT_TRY(d, demand_of(found));
  return MatterOf{d.requester.agency, d.requester.return_address, d.instrument, d.kind};
}

std::string lower(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return s;
}

// Nothing of another agency's matters may stand in a text that this agency will read.
Status keeps_to_itself(const Json& affected) {
  for (const Json& own : affected)
    for (const Json& m : own.at("matters"))
      for (const Json& other : affected) {
        if (&other == &own) continue;
        std::vector<std::string> foreign{other.at("agency").get<std::string>()};
        for (const Json& f : other.at("matters")) {
          foreign.push_back(f.at("matter").get<std::string>());
          foreign.push_back(f.at("instrument").get<std::string>());
        }
        for (const std::string& name : foreign)
          if (!name.empty() && lower(m.at("what").get<std::string>()).find(lower(name)) != std::string::npos)
            return fail(Exit::refused,
                        fmt::format("what is said of {} names '{}', which is another agency's",
                                    m.at("matter").get<std::string>(), name),
                        "47 CFR 1.20003(c): each affected agency is told of its own matters",
                        "a text about this matter alone",
                        "say it without the other agency, and assess again");
      }
  return {};
}

const char* kind_text(const Case& incident) {
  const std::string kind = incident.acts.front().body.value("kind", "");
  if (kind == "unlawful-surveillance")
    return "an act of unlawful electronic surveillance that occurred on the carrier's premises (47 CFR "
           "1.20003(c)(2))";
  if (kind == "customer-data")
    return "an access to customer information that was not authorized (47 CFR 64.2011), which touched "
           "the matters below";
  return "an act of compromise of a lawful interception, or of access to call-identifying information, to "
         "persons or entities without authority (47 CFR 1.20003(c)(1))";
}

Instant time_at(const Json& body, const char* key) {
  const auto at = parse_rfc3339(body.value(key, ""));
  return at ? *at : Instant{};
}

std::string signer(const policy::Policy& p) {
  return p.appointed_officer.title + "\n" + p.carrier + "\n" + p.appointed_officer.phone;
}

Report letter(const policy::Policy& p, const Case& incident, std::string title, std::string rule,
              Instant date) {
  Report r;
  r.title = std::move(title);
  r.subtitle = rule;
  r.subject = std::move(rule);
  r.footer = fmt::format("{} \xC2\xB7 {} \xC2\xB7 confidential", p.carrier, incident.matter);
  r.created = date;
  r.facts = {{"Date", produce::long_date(date)}, {"Our reference", incident.matter}};
  r.signature_below = signer(p);
  return r;
}

const Json& breach_of(const Case& incident) { return incident.newest("assess")->body.at("breach_facts"); }

}  // namespace

Result<Json> affected_agencies(const desk::Carrier& c, const IncidentAssessment& a) {
  if (a.affected.empty()) return Json{{"none", a.none_because}};
  Json affected = Json::array();
  for (const AffectedMatter& m : a.affected) {
    WRIT_TRY(of, affected_matter(c, m.matter));
    if (of.agency.empty() || m.what.empty())
      return fail(
          Exit::usage,
          fmt::format("{}: {} is not stated", m.matter, m.what.empty() ? "what was affected" : "its agency"),
          "47 CFR 1.20003(c)", {}, "say of each matter what of it was affected");
    auto it = std::find_if(affected.begin(), affected.end(), [&](const Json& known) {
      return lower(known.at("agency").get<std::string>()) == lower(of.agency);
    });
    if (it == affected.end()) {
      affected.push_back({{"agency", of.agency}, {"address", of.address}, {"matters", Json::array()}});
      it = std::prev(affected.end());
    }
    (*it)["matters"].push_back(
        {{"matter", m.matter}, {"instrument", of.instrument}, {"kind", of.kind}, {"what", m.what}});
  }
  WRIT_CHECK(keeps_to_itself(affected));
  return Json{{"affected", affected}};
}

Report agency_letter(const policy::Policy& p, const Case& incident, const Json& agency, Instant date) {
  Report r = letter(p, incident, "Notice to the Affected Agency", "47 CFR 1.20003(c)", date);
  r.facts.insert(r.facts.begin(), {"To", agency.at("agency").get<std::string>() + "\n" +
                                             agency.at("address").get<std::string>()});
  const Json& filed = incident.acts.front().body;
  produce::ReportTable t{{{"Matter", 76}, {"Your instrument", 96}, {"Kind", 82}, {"What was affected", 230}},
                         {}};
  for (const Json& m : agency.at("matters"))
    t.rows.push_back({m.at("matter").get<std::string>(), m.at("instrument").get<std::string>(),
                      m.at("kind").get<std::string>(), m.at("what").get<std::string>()});
  std::vector<std::string> text{
      fmt::format("The carrier reports to you {}.", kind_text(incident)),
      fmt::format("It was detected at {}.", minute_text(time_at(filed, "detected_at")))};
  if (const desk::CaseAct* contained = incident.newest("contain"))
    text.back() += fmt::format(" It was contained by {}.", minute_text(contained->at));
  r.sections.push_back({"What happened", "", std::move(text), {}});
  r.sections.push_back({"Your matters that were affected", "", {}, {std::move(t)}});
  r.sections.push_back(
      {"Contact",
       "",
       {fmt::format(
           "The carrier's appointed officer answers day and night: {}, {}. Please call back on the number "
           "that you hold for the carrier.",
           p.appointed_officer.title, p.appointed_officer.phone)},
       {}});
  return r;
}

Report breach_letter(const policy::Policy& p, const Case& incident, Instant date) {
  Report r = letter(p, incident, "Notification of a Breach", "47 CFR 64.2011", date);
  const Json& b = breach_of(incident);
  const auto text = [&](const char* key) { return b.value(key, ""); };
  r.facts.insert(r.facts.begin(),
                 {"To",
                  "Federal Communications Commission\nUnited States Secret Service\nFederal Bureau of "
                  "Investigation\nthrough the central reporting facility"});
  r.sections.push_back(
      {"The breach",
       "47 CFR 64.2011(a)(1)",
       {},
       {{{{"Particular", 150}, {"Statement", 334}},
         {{"Carrier", p.carrier + "\n" + p.address},
          {"Contact",
           p.appointed_officer.title + ", " + p.appointed_officer.phone + ", " + p.appointed_officer.email},
          {"Determined", minute_text(time_at(b, "determined_at"))},
          {"Description", text("description")},
          {"Method of compromise", text("method")},
          {"Dates", minute_text(time_at(b, "from")) + " to " + minute_text(time_at(b, "until"))},
          {"Customers affected, about", fmt::format("{}", b.value("customers", std::int64_t{0}))},
          {"Financial loss, estimate", text("loss")},
          {"Types of data", text("data")}}}}});
  return r;
}

Report customer_letter(const policy::Policy& p, const Case& incident, Instant date) {
  Report r = letter(p, incident, "Notice to Our Customers", "47 CFR 64.2011", date);
  const Json& b = breach_of(incident);
  r.facts.insert(r.facts.begin(), {"To", "the customer addressed"});
  r.sections.push_back({"What happened",
                        "",
                        {b.value("description", ""),
                         fmt::format("It concerns the time from {} to {} and these kinds of information: {}.",
                                     produce::long_date(time_at(b, "from")),
                                     produce::long_date(time_at(b, "until")), b.value("data", "")),
                         "The federal authorities have been notified."},
                        {}});
  r.sections.push_back(
      {"What you can do",
       "",
       {fmt::format("Change passwords and personal identification numbers of your account, look "
                    "through your bills, and ask us: {}, {}.",
                    p.service_of_process.phone, p.service_of_process.email)},
       {}});
  return r;
}

}  // namespace writ::cases
