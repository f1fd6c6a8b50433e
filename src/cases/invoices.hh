// SPDX-License-Identifier: GPL-3.0-or-later
// Invoices as cases (life cycle 8; S56-S63): estimated, discussed or deferred, agreed, accrued, issued, paid,
// disputed, waived. Finance sees the number of a matter and the kind of its process, never a target, a
// subject or a document. No invoice, and no lack of one, delays the execution of lawful process (V30, S58).
#pragma once
#include "base/io.hh"
#include "desk/case_book.hh"
#include "policy/policy.hh"

namespace writ::cases {

struct Bill {
  std::vector<policy::FeeLine> lines;
  std::vector<std::string> warnings;  // "18 USC 2706(c): ..."
  std::string agency, address;        // to whom
};
Json to_json(const std::vector<policy::FeeLine>& lines);
Result<std::vector<policy::FeeLine>> lines_from_json(const Json& j);

class Invoices {
 public:
  explicit Invoices(desk::Carrier& c) : c_(&c) {}
  // By the profile's fee table: the whole authorised period of an interception (`planned`), or what has run
  // until now; the deliveries of a continuing order. A request has no fee in the table: `own` lines with
  // their basis.
  Result<Bill> bill(const std::string& matter, bool planned, const std::vector<policy::FeeLine>& own) const;
  Result<desk::Case> estimate(const std::string& matter, const std::vector<policy::FeeLine>& own,
                              const desk::Acting& finance);
  // What has accrued by now. Again at any time until it is issued.
  Result<desk::Case> accrue(const std::string& number, const desk::Acting& finance);
  // Writes the PDF. An interception is billed by the ledger of `writ invoice make`: no month twice.
  Result<desk::Case> issue(const std::string& number, const fs::path& pdf, const desk::Acting& finance);
  // discuss {"with"}, defer {"reason"}, agree {"by"}, pay {"received"}, dispute, resolve, waive {"reason"}.
  static desk::CaseStep step(const std::string& act, const std::string& fact, const std::string& value);
  // "writ.invoices/1": number, matter, kind of process, state, cents. Finance, counsel, officer.
  Result<Json> list(const desk::Credentials& who) const;
  Result<Json> show(const std::string& number, const desk::Credentials& who) const;

 private:
  desk::Carrier* c_;
};

}  // namespace writ::cases
