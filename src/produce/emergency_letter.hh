// SPDX-License-Identifier: GPL-3.0-or-later
// Papers of an emergency disclosure (18 USC 2702(b)(8), (c)(4)) as PDF: the letter that goes with what is
// released, and the one that asks for legal process afterwards. Same input, same bytes.
#pragma once
#include "policy/policy.hh"

namespace writ::produce {

struct EmergencyFacts {
  std::string matter, instrument;          // instrument: of the agency's letter, may be empty
  std::string agency, addressee, address;  // as the carrier's directory has them
  std::string number, way;                 // to which number of the directory, and how it goes
  std::string document_sha256, release_sha256;
  std::vector<std::pair<std::string, std::string>> released, refused;  // item, its rule or the reason
  std::string first_approver;                                          // who approved
  bool alone = false;                                                  // without a second person
  Instant approved{}, dated{};
};
Result<std::string> emergency_release_pdf(const policy::Policy& p, const EmergencyFacts& f);
Result<std::string> process_request_pdf(const policy::Policy& p, const EmergencyFacts& f);

}  // namespace writ::produce
