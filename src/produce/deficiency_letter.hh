// SPDX-License-Identifier: GPL-3.0-or-later
// The letter with which a legal process goes back to its agency: for each check that it fails, what is amiss,
// by which rule, and what would cure it (requirements section 4; S38-S42). It never tells whether a record
// exists (S16).
#pragma once
#include <string>
#include <vector>

#include "base/time.hh"
#include "policy/policy.hh"

namespace writ::produce {

struct Deficiency {
  std::string id, item;  // "V15", item of the matrix or ""
  std::string what, fact, rule, cure;
};

struct DeficiencyLetter {
  bool rejection = false;  // else it may come back corrected
  std::string matter, kind_title, instrument, issuer;
  std::string name, badge, agency, address;  // of the requester
  Instant issued{}, received{}, date{};
  std::vector<Deficiency> deficiencies;
  std::string remark;  // where no check fails: why a person sends it back
};

// Same input, same bytes.
Result<std::string> deficiency_pdf(const policy::Policy& p, const DeficiencyLetter& l);
std::string deficiency_text(const policy::Policy& p, const DeficiencyLetter& l);  // plain text, UTF-8

}  // namespace writ::produce
