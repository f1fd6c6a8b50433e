// SPDX-License-Identifier: GPL-3.0-or-later
// Emergency disclosure (life cycle 5; S34, S35, S40; 18 USC 2702(b)(8), (c)(4)): voluntary, in good faith,
// the minimum that an immediate danger of death or serious physical injury asks for, and never in a hurry
// that skips a check. Forged letters of this kind worked elsewhere because a mail domain was believed and one
// person decided.
//
//   file (intake.hh) > call-back (verification.hh) > assess > approve (a second person) > release >
//   ask-process > reconcile | flag. Break-glass: the officer alone, when every second approver was tried over
//   15 minutes; it is loud, and an auditor reviews it within 24 hours.
//
// Released is what the letter asks for AND the matrix permits in the column "emergency" AND the assessment
// finds needed. The approval signs a record scope of at most 48 hours over exactly that, so that nothing else
// can be read (src/desk/record_access.cc). It is collected and leaves as every disclosure does
// (collection.hh, response.hh), by one person, since a second one stands behind the approval; it goes to the
// contact that was called back, by what the directory says of it, whatever return address the letter names.
#pragma once
#include "cases/demand_case.hh"
#include "cases/item_decisions.hh"

namespace writ::cases {

struct Assessment {                // S40: fully explained, by the carrier's own person
  std::string danger;              // of what: death or serious physical injury, and why it is immediate
  std::string person;              // whose life or health
  std::string urgency;             // why legal process would be too late
  std::vector<std::string> items;  // needed to meet the danger, of those that the letter asks for
  Instant from{}, until{};         // period of the records that is needed; Instant{}: the letter's
};

class EmergencyService {
 public:
  explicit EmergencyService(desk::Carrier& c) : c_(&c) {}
  // A letter that passes every check on it (V2, V13, V18, V31, V32 ...) and names somebody (S37), and that no
  // other emergency brought before.
  Result<desk::Case> assess(const std::string& matter, const Assessment& a, const desk::Acting& who);
  // Counsel or officer, not who filed or assessed. `silent`: items on which the matrix is silent, each with
  // why counsel as approver approves it; an officer's word on them does not count.
  Result<desk::Case> approve(const std::string& matter, const std::map<std::string, std::string>& silent,
                             const desk::Acting& who);
  // The officer notes an attempt to reach a second approver when it is made; then, alone.
  Result<desk::Case> try_approver(const std::string& matter, const std::string& whom, const std::string& how,
                                  const desk::Acting& who);
  Result<desk::Case> approve_alone(const std::string& matter, const desk::Acting& who);
  Result<desk::Case> deny(const std::string& matter, const std::string& reason, const desk::Acting& who);
  // `how`: "fax" | "telephone" | "in-person". Collects under the approval's scope, compares the collection
  // with it, and writes letter, tables, manifest and proof into `out`/MATTER; the act says to whom it goes.
  Result<desk::Case> release(const std::string& matter, const std::string& how, const fs::path& out,
                             const desk::Acting& who);
  Result<desk::Case> ask_process(const std::string& matter, const desk::Acting& who);
  // Compares what was released with what the later process permits; differences are named in the act.
  Result<desk::Case> reconcile(const std::string& matter, const std::string& later, const desk::Acting& who);
  Result<desk::Case> flag(const std::string& matter, const std::string& reason, const desk::Acting& who);
  Result<desk::Case> review(const std::string& matter, const std::string& finding, const desk::Acting& who);
  // "writ.emergencies/1": break-glass that nobody has reviewed first, with when the review is due.
  Result<Json> list() const;

 private:
  Status check_approval(const desk::Case& c, const std::string& approver) const;
  desk::CaseStep approval(const char* act, const std::map<std::string, std::string>& silent,
                          const desk::Acting& who);
  Status tell_alone(const desk::Case& c, const std::string& officer);
  Result<desk::Case> send_again(const desk::Case& done, const fs::path& out, const desk::Acting& who);
  desk::Carrier* c_;
};

// The matrix's decision on each item of the letter, and of what it permits only what the danger needs.
Result<std::vector<ItemDecision>> minimum_of(const policy::Policy& p, const process::Demand& d,
                                             const std::vector<std::string>& needed, const CounselWord& word);
using desk::approval_of;
// Approved by the officer alone, and no auditor has looked at it yet.
bool awaits_review(const desk::Case& c);
// Approved emergencies of the day before `now` from that agency, from that requester (other than `matter`).
struct Velocity {
  std::int64_t agency = 0, requester = 0;
};
Result<Velocity> velocity(desk::Carrier& c, const process::Demand& d, const std::string& matter, Instant now);

}  // namespace writ::cases
