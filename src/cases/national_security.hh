// SPDX-License-Identifier: GPL-3.0-or-later
// National security process (life cycle 6; S30 to S32): letters under 18 USC 2709 and orders under FISA, each
// in a compartment of its own, which exists for the named persons only (desk/compartment.hh). Collection is
// what it is for every other process, on the compartment's carrier: cases::Disclosure{inside}, or the command
// line with --compartment NAME.
#pragma once
#include <functional>

#include "cases/demand_case.hh"
#include "desk/compartment.hh"

namespace writ::cases {

struct NationalFiling {
  std::string compartment;         // its name: a word that tells nothing
  std::vector<std::string> named;  // with who files it, counsel, and an auditor
  Bytes demand;                    // docs/process-file.md
  std::string demand_name;         // of the file, for errors
  fs::path document;               // the scan
};

struct NonDisclosure {  // 18 USC 2709(c), 2705(b): an order, or a certification that the statute gives force
  std::string issuer, instrument;
  Instant until{};  // Instant{}: it states no end
};

class NationalSecurity {
 public:
  explicit NationalSecurity(desk::Carrier& outside) : outside_(&outside) {}
  // Makes the compartment and files into it. Intake or officer. What is refused is noted inside. The same
  // again: the case that is there. Another one into the same compartment: Exit::usage, which says what it
  // repeats (V38).
  Result<desk::Case> file(const NationalFiling& f, const desk::Acting& who);
  // A second person confirms who is named, and may name more.
  Result<desk::Case> compartment(const std::string& name, const std::vector<std::string>& also,
                                 const desk::Acting& who);
  // All checks of stage A (V33 to V36 among them); the delivery by hand through the configured office stands
  // in the place of the call-back (V1). Refused with every failed check; items that fail are in the act, and
  // so is what is only warned about.
  Result<desk::Case> check_certification(const std::string& name, const desk::Acting& who);
  Result<desk::Case> reject(const std::string& name, const std::string& reason, const desk::Acting& counsel);
  Result<desk::Case> track(const std::string& name, const NonDisclosure& n, const desk::Acting& counsel);
  Result<desk::Case> lift(const std::string& name, const NonDisclosure& by, const desk::Acting& counsel);

  Result<desk::Case> show(const std::string& name, const desk::Acting& who);  // the look is noted inside
  // "writ.national/1": name, id, matter and state of each compartment that is this person's.
  Result<Json> list(const desk::Acting& who);

 private:
  Result<desk::Case> act(
      const std::string& name, const desk::Acting& who,
      const std::function<Result<desk::CaseStep>(desk::Carrier&, const desk::Case&)>& make);
  desk::Carrier* outside_;
};

// The matter that a compartment is about; Exit::not_found while nothing is filed in it.
Result<desk::Case> compartmented_matter(desk::Carrier& inside);

}  // namespace writ::cases
