// SPDX-License-Identifier: GPL-3.0-or-later
// The two papers of a preservation: the confirmation, which says "preserved" and never whether anything
// exists, and the certificate of destruction.
#pragma once
#include "base/io.hh"
#include "base/json.hh"
#include "policy/policy.hh"

namespace writ::produce {

struct PreservationFacts {
  std::string matter, instrument, requester, agency, address;
  std::string statute;  // "18 USC 2703(f)"
  Instant received{};
  Instant until{};  // Instant{}: until delivery or the end of the proceedings (2704)
};
Result<std::string> preservation_letter(const policy::Policy& p, const PreservationFacts& f, Instant date);

// `body`: of the signed "writ.destruction-certificate/1", whose file has that SHA-256.
Status write_destruction_certificate(const fs::path& file, const policy::Policy& p, const Json& body,
                                     const std::string& sha256);

}  // namespace writ::produce
