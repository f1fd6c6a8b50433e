// SPDX-License-Identifier: GPL-3.0-or-later
// Continuing delivery of call detail records (life cycle 7; S62, S63, L13): under an order for a pen
// register, trap and trace or interception, or a court order, window by window until its authority ends.
// docs/recurring.md.
//
//   approve      counsel: who, which calls, from when until when; signs the record scope, which reaches to
//   the
//                end of the authority and no further: nothing after it can be read, whoever tries. Again when
//                the scope's ticket has run out (90 days), or the policy has changed
//   recheck      the authority, read again from its signatures, and the window that is to be delivered now
//   extract      the calls of the window, and those of earlier windows that arrived after their delivery
//   check        a second person: every row compared with scope, window and direction, and read again
//   deliver      letter, tables, manifest, proof
//   acknowledge  the agency has it; all that was delivered by then
//
// A window that nobody delivered in time is open until it is delivered, each as its own delivery, the oldest
// first. After the end the last window (cut there) and late records are delivered still; then it is stopped.
// Every step may be killed and repeated.
#pragma once
#include "cases/intake.hh"
#include "cases/item_decisions.hh"
#include "cases/recurring_authority.hh"
#include "cases/recurring_window.hh"

namespace writ::cases {

struct RecurringWord {
  CounselWord items;
  std::string basis;  // why records to come may be delivered under a court order that is none of 18 USC 3123
                      // or 2518 (L13: unsettled, so counsel decides); "": they may not
};

// Where the files of a delivery lie: `out`/MATTER/delivery-NNNN.
fs::path delivery_dir(const fs::path& out, const std::string& matter, std::uint64_t number);

class Recurring {
 public:
  explicit Recurring(desk::Carrier& c) : c_(&c) {}
  // The document that asks for it, of the kind cdr-delivery; the same document again: the case that is there.
  Result<Filed> open(View text, const std::string& name, const fs::path& document, const desk::Acting& who);
  Result<desk::Case> approve(const std::string& matter, const RecurringWord& w, const desk::Acting& counsel);
  // Also gives up an extraction that was not delivered.
  Result<desk::Case> recheck(const std::string& matter, const desk::Acting& who);
  Result<desk::Case> extract(const std::string& matter, const desk::Acting& who);
  // Exit::refused with every conflict named; the case stays as it is, and begins anew with a recheck.
  Result<desk::Case> check(const std::string& matter, const desk::Acting& second);
  // Writes them into delivery_dir.
  Result<desk::Case> deliver(const std::string& matter, const fs::path& out, const desk::Acting& who);
  Result<desk::Case> acknowledge(const std::string& matter, const std::string& by, const desk::Acting& who);
  // A delivery before the window is over, once; what it held the window then begins after.
  Result<desk::Case> order_extra(const std::string& matter, const std::string& reason,
                                 const desk::Acting& who);
  // Ends it for good; the act says which windows were not delivered.
  Result<desk::Case> stop(const std::string& matter, const std::string& reason, const desk::Acting& who);

  // "writ.recurring-list/1": matter, order, agency, state, end, counts, what is due, what was missed. No
  // target. One that cannot be read is listed with its "trouble".
  Result<Json> list() const;
  // "writ.recurring/1": the same of one, each delivery, and the acts.
  Result<Json> show(const std::string& matter) const;

 private:
  // The authority and scope as they stand for this case now, or why they do not.
  Result<ContinuingAuthority> standing(const desk::Case& of) const;
  Result<Json> write_delivery(const desk::Case& of, const fs::path& out, const desk::Acting& who);
  Result<desk::Case> write_again(const desk::Case& before, const fs::path& out, const desk::Acting& who);
  desk::Carrier* c_;
};

}  // namespace writ::cases
