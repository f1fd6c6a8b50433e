// SPDX-License-Identifier: GPL-3.0-or-later
// The call-back (V1): somebody of the carrier calls a contact of the carrier's own directory and says what
// was answered. One door for every matter: an order of interception and its extensions (desk/order_check.hh),
// a request (act verify-identity), an emergency (act call-back).
#pragma once
#include "cases/demand_case.hh"
#include "desk/order_check.hh"

namespace writ::cases {

// Intake or officer. Confirmed: the step is taken. Denied: an order's check, a request and an emergency end
// there, with the reason. Not reached: the attempt is kept, and the matter stays where it is.
//   Who can speak for it: the clerk of the court for an order or warrant of a court, else a contact of the
// requester's agency.
Result<desk::Case> verify_requester(desk::Carrier& c, const std::string& matter, const desk::Call& call,
                                    const desk::Acting& who);
// What the demand's letter says about who sent it, against which contacts are judged. The earlier of the time
// of receipt that was entered and the time at which the case was opened counts.
desk::LetterFacts letter_of(const desk::Case& c, const process::Demand& d);

}  // namespace writ::cases
