// SPDX-License-Identifier: GPL-3.0-or-later
// The register of certifications (47 CFR 1.20004): every interception or access that was enabled, with or
// without appropriate authorization. Armed matters have their certification by `writ intercept certify`; an
// interception without authorization, found in an incident, has its signed entry there
// (IncidentService::record_interception). Each entry is verified by its signature as it is read.
//
// The register is a list of interceptions, so it names no target: telephone numbers stand in the single
// certifications only, and reading the register is noted in the log.
#pragma once
#include <optional>

#include "desk/case_book.hh"
#include "produce/report.hh"

namespace writ::cases {

enum class CertificationState { certified, missing, not_verified };
const char* to_string(CertificationState s);  // "certified" "missing" "not-verified"

struct RegisterEntry {
  std::string matter, instrument, type;
  bool is_authorised = true;
  std::size_t identifiers = 0;  // how many numbers or circuits the certification names
  Instant enabled{};
  std::string agency, signed_the_authorization;  // (iii), (iv)
  CertificationState state = CertificationState::missing;
  std::string responsible, why;  // who signed; why not verified or missing
  Instant signed_at{};
  std::optional<Instant> ended, keep_until;
  std::string arithmetic;  // of keep_until, or why there is none yet
};

// Officer, counsel or auditor; noted. By start, oldest first.
Result<std::vector<RegisterEntry>> certification_register(desk::Carrier& c, const desk::Acting& who);
Json to_json(const std::vector<RegisterEntry>& entries);  // "writ.certification-register/1"
std::vector<std::string> register_columns();
std::vector<std::string> register_row(const RegisterEntry& e);  // as the columns
produce::Report register_report(const policy::Policy& p, const std::vector<RegisterEntry>& entries,
                                Instant at);

}  // namespace writ::cases
