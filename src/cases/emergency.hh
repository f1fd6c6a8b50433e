// SPDX-License-Identifier: GPL-3.0-or-later
// Emergency disclosure (life cycle 5; S34, S35, S40; 18 USC 2702(b)(8), (c)(4)): voluntary, in good faith,
// the minimum that an immediate danger of death or serious physical injury asks for, and never in a hurry
// that skips a check. Forged letters of this kind worked elsewhere because a mail domain was believed and one
// person decided.
//
//   file > call-back (verification.hh) > assess > approve (a second person) > release > ask-process >
//   reconcile | flag. Break-glass: the officer alone, when every second approver was tried over 15 minutes;
//   it is loud, and an auditor reviews it within 24 hours.
//
// Released is what the letter asks for AND the matrix permits in the column "emergency" AND the assessment
// finds needed. The approval signs a record scope of at most 48 hours over exactly that, so that nothing else
// can be read (src/desk/record_access.cc); it goes to the contact that was called back, by what the directory
// says of it, whatever return address the letter names.
#pragma once
#include "cases/demand_case.hh"

namespace writ::cases {

struct Assessment {                // S40: fully explained, by the carrier's own person
  std::string danger;              // of what: death or serious physical injury, and why it is immediate
  std::string person;              // whose life or health
  std::string urgency;             // why legal process would be too late
  std::vector<std::string> items;  // needed to meet the danger, of those that the letter asks for
  Instant from{}, until{};         // period of the records that is needed; Instant{}: the letter's
};

struct Minimum {  // what may be released, and what not, with the rule
  std::vector<std::string> items;
  Json decisions = Json::array();  // {"item","verdict","rule","why"}
};

class EmergencyService {
 public:
  explicit EmergencyService(desk::Carrier& c) : c_(&c) {}
  // Intake, officer or technician. The letter is kept whatever it lacks; what it lacks is in the body
  // ("missing"), and stops the assessment.
  Result<desk::Case> file(View text, const std::string& name, const fs::path& document,
                          const desk::Acting& who);
  Result<desk::Case> assess(const std::string& matter, const Assessment& a, const desk::Acting& who);
  // Counsel or officer, not who filed or assessed. `counsel_approves`: items on which the plan is silent, of
  // which counsel as approver approves each.
  Result<desk::Case> approve(const std::string& matter, const std::vector<std::string>& counsel_approves,
                             const desk::Acting& who);
  // The officer notes an attempt to reach a second approver when it is made; then, alone.
  Result<desk::Case> try_approver(const std::string& matter, const std::string& whom, const std::string& how,
                                  const desk::Acting& who);
  Result<desk::Case> approve_alone(const std::string& matter, const desk::Acting& who);
  Result<desk::Case> deny(const std::string& matter, const std::string& reason, const desk::Acting& who);
  // `how`: "fax" | "telephone" | "in-person". Collects under the approval's scope, writes what is released
  // ("writ.emergency-release/1") and its letter as case files that the act names, and says to whom it goes.
  Result<desk::Case> release(const std::string& matter, const std::string& how, const desk::Acting& who);
  Result<desk::Case> ask_process(const std::string& matter, const desk::Acting& who);
  // Compares what was released with what the later process permits; differences are named in the act.
  Result<desk::Case> reconcile(const std::string& matter, const std::string& later, const desk::Acting& who);
  Result<desk::Case> flag(const std::string& matter, const std::string& reason, const desk::Acting& who);
  Result<desk::Case> review(const std::string& matter, const std::string& finding, const desk::Acting& who);
  // "writ.emergencies/1": break-glass that nobody has reviewed first, with when the review is due.
  Result<Json> list() const;

 private:
  Status check_approval(const desk::Case& c, const std::string& approver) const;
  desk::CaseStep approval(const char* act, const std::vector<std::string>& counsel_approves,
                          const desk::Acting& who);
  Result<Json> collect_release(const desk::Case& c, const std::string& how, const desk::Acting& who);
  desk::Carrier* c_;
};

// What the letter itself must say (V18, V31, V32, S35, S38, S40): empty when nothing is missing.
std::vector<std::string> missing_in_letter(const process::Demand& d);
Minimum minimum_of(const policy::Policy& p, const process::Demand& d, const std::vector<std::string>& needed,
                   const std::vector<std::string>& counsel_approved);
// The approval of either kind, nullptr: none.
const desk::CaseAct* approval_of(const desk::Case& c);
// Approved by the officer alone, and no auditor has looked at it yet.
bool awaits_review(const desk::Case& c);
// Approved emergencies of the day before `now` from that agency, from that requester (other than `matter`).
struct Velocity {
  std::int64_t agency = 0, requester = 0;
};
Result<Velocity> velocity(desk::Carrier& c, const process::Demand& d, const std::string& matter, Instant now);

}  // namespace writ::cases
