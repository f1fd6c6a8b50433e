// SPDX-License-Identifier: GPL-3.0-or-later
// Intake: a legal process on paper becomes a case. The document is kept and the case opened whatever the
// checks say (nothing is lost); what follows from a failed check (return, reject) is the act of a person.
//
//   file      any kind; an order file (writ.request/1) goes to desk::RequestService, as its signatures need
//   validate  stage A with what the matter knows, then stage B under the matter, noted first; refused while
//             a check fails
//   returned, rejected   with the letter to the agency; correct: the document that came back better
//   nsl, fisa not here: see check_taken_in_here
//   dry_run   stage A only: no case, no records, nothing of the document's people in the log
#pragma once
#include "cases/duplicates.hh"
#include "desk/case_book.hh"
#include "desk/request_service.hh"

namespace writ::cases {

struct Filed {
  std::string matter, kind, cycle, state;
  std::vector<process::CheckResult> checks;  // at this time, passed and failed
  std::optional<desk::Filed> order;          // an order of an interception
};
Json to_json(const Filed& f);  // "writ.filed/1"

class Intake {
 public:
  explicit Intake(desk::Carrier& c) : c_(&c) {}
  // The same document and fields again: the case that is there.
  Result<Filed> file(View text, const std::string& name, const fs::path& document, const desk::Acting& who);
  Result<Filed> correct(const std::string& matter, View text, const std::string& name,
                        const fs::path& document, const desk::Acting& who);
  Result<Filed> validate(const std::string& matter, const desk::Acting& who);
  // Both write the letter (PDF and text) into the case's files; the act holds their SHA-256. `reason` may be
  // empty when checks fail: they are the reason.
  Result<desk::Case> returned(const std::string& matter, const std::string& reason, const desk::Acting& who);
  Result<desk::Case> rejected(const std::string& matter, const std::string& reason, const desk::Acting& who);
  // V39: counsel's signed opinion that process of a private or civil party binds the carrier. From then on
  // V39 is met, and says whose opinion it is; a corrected document needs a new one. Refused for a public
  // authority, which needs none, and for a foreign one, which takes the treaty channel.
  Result<desk::Case> opine(const std::string& matter, const std::string& reasons, const fs::path& document,
                           const desk::Acting& counsel);
  // withdraw, challenge, seal (reason), resume (ruling), close; with the paper that asks for it, when there
  // is one. What was challenged before it was validated is resumed at its beginning (act "reopen").
  Result<desk::Case> act(const std::string& matter, const std::string& act, const std::string& words,
                         const fs::path& document, const desk::Acting& who);
  // "writ.dry-run/1": {"kind", "acceptable" (but for the call-back), "checks"}.
  Result<Json> dry_run(View text, const std::string& name, const std::string& actor);

 private:
  struct Checked {
    process::Demand demand;
    std::vector<process::CheckResult> checks;
  };
  Result<process::Demand> read(View text, const std::string& name, const fs::path& document);
  Result<Json> filing(const process::Demand& d, const std::string& own);
  // What the desk knows of the document, the call-back apart; `own`: its matter, "" when it has none yet.
  Result<process::Receipt> receipt(const process::Demand& d, const std::string& own);
  // Stage A; and stage B when A is in order and the requester verified. The look-up is noted before it is
  // made.
  Result<Checked> check(const desk::Case& of);
  Result<desk::Case> send_back(const std::string& matter, const std::string& act, const std::string& reason,
                               const desk::Acting& who);
  desk::Carrier* c_;
};

// National security process is filed into its compartment and nowhere else: Exit::usage leads there, in the
// same words whatever the document says, before anything of it is kept or noted outside.
Status check_taken_in_here(const policy::Policy& p, const std::string& kind);
// Failed, and not only because the carrier has not called back yet.
std::vector<process::CheckResult> deficiencies(const std::vector<process::CheckResult>& checks);

}  // namespace writ::cases
