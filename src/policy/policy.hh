// SPDX-License-Identifier: GPL-3.0-or-later
// The carrier's rules and the law as data (policies/*.toml): the code is an interpreter. Every decision stores `hash`.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/io.hh"
#include "base/json.hh"
#include "base/time.hh"
#include "crypto/crypto.hh"

namespace writ::policy {

enum class Severity { reject, return_for_correction, warn };  // X, C, W

struct CheckRule {       // one row of section 4 of the requirements
  std::string id;        // "V24"
  Severity severity = Severity::return_for_correction;
  std::string stage;     // "A" (document alone) | "B" (needs records)
  std::string message, rule, cure;  // rule: the citation
};

struct Contact { std::string title, phone, email, address; };

struct FeeTable {        // S60-S63, cents
  std::int64_t intercept_first_month = 0, intercept_later_month = 0;
  std::string currency = "USD", effective, citation;
};

struct Policy {
  std::string carrier;           // from the profile
  std::string profile_name;      // "defero3-2010"
  std::string filed;             // "2010-11-22"
  Contact appointed_officer, service_of_process;
  std::vector<CheckRule> checks;
  FeeTable fees;
  std::int64_t wiretap_days_max = 30, pen_trap_days_max = 60, emergency_hours_max = 48;
  std::vector<std::string> pen_trap_contents, wiretap_contents;  // named statutory contents (3123(b), 2518(4))
  std::string certification_retention;  // how long 1.20004 certifications are kept
  std::map<std::string, std::string> citations;  // key -> citation text
  crypto::Digest hash{};         // over the bytes of all files that were loaded, in order
  const CheckRule* check(const std::string& id) const;
};

// Reads <dir>/carrier.toml and <dir>/federal.toml. Errors name file, line and column.
Result<Policy> load(const fs::path& dir);

struct FeeLine { std::string text, basis; std::int64_t cents = 0; };
// Anniversary months, a part month billed whole: 10 Jan - 12 Mar = first + 2 later. start < end.
std::vector<FeeLine> intercept_fees(const FeeTable& t, Instant start, Instant end);

}  // namespace writ::policy
