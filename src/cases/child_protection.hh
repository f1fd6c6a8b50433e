// SPDX-License-Identifier: GPL-3.0-or-later
// Reports of apparent child exploitation to NCMEC (18 USC 2258A; L15, S33): the report, and the preservation
// of one year that it is taken as a request for (2258A(h)(1)). A hold of its own kind: neither the 90 days of
// 2703(f) nor ordinary retention end it.
#pragma once
#include "cases/demand_case.hh"

namespace writ::cases {

// One year from the report, by the policy's clock "ncmec-preservation". Exit::refused before the report.
Result<policy::Due> child_protection_end(const policy::Policy& p, const desk::Case& c);

class ChildProtection {
 public:
  explicit ChildProtection(desk::Carrier& c) : c_(&c) {}
  // `reference`: the number of the report that NCMEC gave; `what`: what was reported, in the report's words.
  Result<desk::Case> report(const std::string& matter, const std::string& reference, const std::string& what,
                            const desk::Acting& decider);
  Result<desk::Case> take_snapshot(const std::string& matter, const desk::Acting& who);
  Result<desk::Case> convert(const std::string& matter, const std::string& later,
                             const desk::Acting& counsel);
  Result<desk::Case> expire(const std::string& matter);  // by the clock
  Result<desk::Case> propose_purge(const std::string& matter, const desk::Acting& first);
  Result<desk::Case> purge(const std::string& matter, const desk::Acting& second);
  Result<desk::Case> reject(const std::string& matter, const std::string& reason,
                            const desk::Acting& counsel);

 private:
  desk::Carrier* c_;
};

}  // namespace writ::cases
