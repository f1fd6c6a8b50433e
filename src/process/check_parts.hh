// SPDX-License-Identifier: GPL-3.0-or-later
// What the checks on an order for an interception (checks.cc) and on any other demand (demand_checks*.cc)
// share: findings, lists of faults, the rows of the policy, and the checks over fields that both have.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.hh"
#include "process/request.hh"
#include "records/catalogue.hh"

namespace writ::process {

struct Finding {
  bool passed = true;
  std::string fact;
};
using Maybe = std::optional<Finding>;  // none: the check does not apply to this document

bool blank(const std::string& s);

struct Named {
  const char* name;
  const std::string& value;
};
// "court, judge": the names of those that are blank.
std::vector<std::string> blanks(std::initializer_list<Named> fields);

// Collects what is wrong; nothing wrong is a pass with `fine` as its fact.
class Faults {
 public:
  void add(std::string s) { all_.push_back(std::move(s)); }
  void add_blanks(std::initializer_list<Named> fields);  // "not stated: court, judge"
  bool none() const { return all_.empty(); }
  Finding finding(std::string fine) const;

 private:
  std::vector<std::string> all_;
};

// The finding with severity, message, rule and cure of the policy's row; without a row it fails (closed).
CheckResult result_of(const char* id, const Finding& f, const policy::Policy& p);

// V2, what every document must bear; each kind adds its own.
void signed_and_dated(bool is_signed, Instant issued, Faults& faults);
// V18
Finding contact_stated(const std::string& name, const std::string& badge, const std::string& agency,
                       const std::string& phone, const std::string& return_address);
Maybe fax_confirmed(const std::string& fax, bool confirmed);  // V19
Finding coordinated(bool before);                             // V29
Finding cost_agreed(bool agreed);                             // V30
// V4: numbers, extensions and addresses, by exact look-up; none: there is nothing to look up.
Result<Maybe> each_served(const std::vector<TargetRequest>& targets, const records::Catalogue& book);
std::string no_property(const std::string& extension);  // V11

}  // namespace writ::process
