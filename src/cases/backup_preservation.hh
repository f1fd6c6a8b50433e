// SPDX-License-Identifier: GPL-3.0-or-later
// Backup preservation under 18 USC 2704 (L7): a copy for a governmental entity that served process under
// 2703(b)(2). Clocks of its own: copied within two business days, released no sooner than fourteen days after
// the subscriber's notice and not while challenged, kept until delivery or the end of the proceedings. The
// 90-day purge never touches it: there is no act by the clock in this life cycle.
#pragma once
#include "cases/demand_case.hh"

namespace writ::cases {

struct BackupDates {
  policy::Due copy;                    // by when it is copied ("backup-copy")
  std::optional<policy::Due> release;  // not before ("backup-release"), once notice is recorded
};
Result<BackupDates> backup_dates(const policy::Policy& p, const desk::Case& c);

class BackupPreservation {
 public:
  explicit BackupPreservation(desk::Carrier& c) : c_(&c) {}
  // Late is not refused, but said: {"late": true, "due"}.
  Result<desk::Case> copy(const std::string& matter, const desk::Acting& who);
  Result<desk::Case> confirm(const std::string& matter, const desk::Acting& who);
  // That the subscriber was notified: when, and how (2704(a)(2), or delayed under 2705).
  Result<desk::Case> record_notice(const std::string& matter, Instant notified, const std::string& how,
                                   const desk::Acting& who);
  Result<desk::Case> challenge(const std::string& matter, const std::string& reason,
                               const desk::Acting& counsel);
  Result<desk::Case> resolve(const std::string& matter, const std::string& ruling,
                             const desk::Acting& counsel);
  // `process`: the approved case of the 2703(b)(2) process, whose document names this one; what it releases
  // is what its own approval decided. It is then collected from the copy (Disclosure::collect).
  Result<desk::Case> approve_release(const std::string& matter, const std::string& process,
                                     const desk::Acting& counsel);
  Result<desk::Case> deliver(const std::string& matter, const desk::Acting& who);  // after the process was
  Result<desk::Case> end(const std::string& matter, const std::string& reason, const desk::Acting& counsel);
  Result<desk::Case> propose_destruction(const std::string& matter, const desk::Acting& first);
  Result<desk::Case> destroy(const std::string& matter, const desk::Acting& second);

 private:
  desk::Carrier* c_;
};

}  // namespace writ::cases
