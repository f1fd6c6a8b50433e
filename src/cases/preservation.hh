// SPDX-License-Identifier: GPL-3.0-or-later
// Preservation under 18 USC 2703(f) (life cycle 2; S25-S27). docs/preservation.md.
//
//   take-snapshot  intake or officer, at once: the records in being are frozen, sealed, and held
//   confirm        the agency is told "preserved", never what exists
//   extend         one extension, before the first period ends (V21)
//   convert        later process is served from the snapshot (cases/later_process.hh)
//   expire         by the clock; then two people purge the snapshot, and nothing but the snapshot
#pragma once
#include "cases/demand_case.hh"

namespace writ::cases {

struct PreservationDates {
  Instant received{};           // of the request, from which the first period runs
  Instant first_end{}, end{};   // end: with the extension, where there is one
  std::string arithmetic;       // of `end`
  std::vector<Instant> alerts;  // before `end`, earliest first (14 and 3 days)
};
// By the policy's clocks "preservation" and "preservation-extension".
Result<PreservationDates> preservation_dates(const policy::Policy& p, const desk::Case& c);
// When a request was received: as its document says, its filing at the latest.
Instant receipt_of(const desk::Case& c, const process::Demand& d);

class Preservation {
 public:
  explicit Preservation(desk::Carrier& c) : c_(&c) {}
  Result<desk::Case> take_snapshot(const std::string& matter, const desk::Acting& who);
  // The letter lies in the case's directory; its name is in the act: {"letter":{"file","sha256"},"until"}.
  Result<desk::Case> confirm(const std::string& matter, const desk::Acting& who);
  // `request`: what asks for it (instrument, date). Exit::expired when the first period is over.
  Result<desk::Case> extend(const std::string& matter, const std::string& request, const desk::Acting& who);
  // `later`: a case whose document names this preservation (of_matter).
  Result<desk::Case> convert(const std::string& matter, const std::string& later,
                             const desk::Acting& counsel);
  Result<desk::Case> expire(const std::string& matter);  // by the clock; refused before the end
  Result<desk::Case> release(const std::string& matter, const std::string& reason,
                             const desk::Acting& counsel);
  // A converted one: not while the later process is open.
  Result<desk::Case> propose_purge(const std::string& matter, const desk::Acting& first);
  Result<desk::Case> purge(const std::string& matter, const desk::Acting& second);
  Result<desk::Case> reject(const std::string& matter, const std::string& reason, const desk::Acting& who);

 private:
  desk::Carrier* c_;
};

}  // namespace writ::cases
