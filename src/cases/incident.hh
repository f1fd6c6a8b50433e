// SPDX-License-Identifier: GPL-3.0-or-later
// Incidents (life cycle 9): a compromise of an interception, unlawful surveillance on the premises (47 CFR
// 1.20003(c)), a breach of customers' proprietary network information (47 CFR 64.2011). From detection to the
// letters: to each affected agency about its own matters and nothing of another's, to the Commission, the
// Secret Service and the FBI within seven business days of the determination, to the customers after that
// unless an agency has directed otherwise in writing.
#pragma once
#include "desk/case_book.hh"
#include "produce/report.hh"

namespace writ::cases {

struct IncidentFiling {
  std::string kind;  // "compromise" | "unlawful-surveillance" | "customer-data"
  std::string what;  // for the carrier's own record; it goes into no letter
  Instant detected_at{};
};

struct AffectedMatter {
  std::string matter, what;  // what of it was affected: goes into its agency's letter, word for word
};

struct Breach {  // of customer data; the contents of the notice, 47 CFR 64.2011(a)(1)
  Instant determined_at{};
  std::string description, method, data;  // data: the types that were breached
  Instant from{}, until{};
  std::int64_t customers = 0;
  std::string loss;  // estimate of financial loss, "none known"
};

struct IncidentAssessment {
  std::string finding;
  std::vector<AffectedMatter> affected;
  std::string none_because;  // when no agency's matter was affected
  std::optional<Breach> breach;
};

struct Direction {  // an agency's written word that customers are not told yet, 64.2011
  std::string agency, reference;
  Instant until{};
};

struct UnlawfulInterception {  // 47 CFR 1.20004(a)(1) as far as it can be known
  std::vector<std::string> targets;
  std::string type, presented_by, authorization_signed_by, instrument;  // "": nobody, none
  bool is_authorised = false;
  Instant enabled{};
  std::optional<Instant> ended;
};

struct IncidentClock {
  std::string what;  // "breach notice" | "customers' notice"
  policy::Due due;
  std::optional<Instant> done_at;
};

class IncidentService {
 public:
  explicit IncidentService(desk::Carrier& c) : c_(&c) {}
  Result<desk::Case> report(const IncidentFiling& f, const desk::Acting& who);
  Result<desk::Case> contain(const std::string& matter, const std::string& how, const desk::Acting& who);
  // Finds each affected matter's agency itself; a text that names another agency or its matter is refused.
  Result<desk::Case> assess(const std::string& matter, const IncidentAssessment& a, const desk::Acting& who);
  Result<desk::Case> notify_agencies(const std::string& matter, const desk::Acting& who);
  Result<desk::Case> breach_notice(const std::string& matter, const desk::Acting& who);
  Result<desk::Case> hold_customer_notice(const std::string& matter, const Direction& d,
                                          const desk::Acting& who);
  Result<desk::Case> customer_notice(const std::string& matter, const desk::Acting& who);
  // The certification of an interception that the incident brought to light, signed by the responsible
  // person.
  Result<desk::Case> record_interception(const std::string& matter, const UnlawfulInterception& u,
                                         const desk::Acting& officer);
  // Refused while a letter is owed.
  Result<desk::Case> close(const std::string& matter, const std::string& reason, const desk::Acting& who);

  Result<Json> list() const;                           // "writ.incidents/1"
  Result<Json> show(const std::string& matter) const;  // "writ.incident/1"
  // Copies of the letters as signed into `out`; noted.
  Result<std::vector<fs::path>> write_letters(const std::string& matter, const fs::path& out,
                                              const desk::Acting& who);

 private:
  desk::Carrier* c_;
};

// The clocks of 64.2011 that run or ran in this incident; none without a breach.
Result<std::vector<IncidentClock>> incident_clocks(const policy::Policy& p, const desk::Case& incident);

// {"affected":[{"agency","address","matters":[{"matter","instrument","kind","what"}]}]}, or {"none": why}.
Result<Json> affected_agencies(const desk::Carrier& c, const IncidentAssessment& a);
// One agency's letter; `agency`: an element of "affected".
produce::Report agency_letter(const policy::Policy& p, const desk::Case& incident, const Json& agency,
                              Instant date);
produce::Report breach_letter(const policy::Policy& p, const desk::Case& incident, Instant date);
produce::Report customer_letter(const policy::Policy& p, const desk::Case& incident, Instant date);

}  // namespace writ::cases
