// SPDX-License-Identifier: GPL-3.0-or-later
// The sealed snapshot of a preservation (18 USC 2703(f), 2704, 2258A(h)): taken unread, kept in the case's
// directory, destroyed with its key. What it holds and how it is sealed: desk/record_freeze.hh.
#pragma once
#include "desk/case_book.hh"

namespace writ::cases {

// For the effects of "take-snapshot" and "copy": {"snapshot":{"file","sha256","key","from","until"},
// "unclear":[subjects about which the document must say more]}. Records in being only: the period ends now at
// the latest (V20).
Result<Json> take_snapshot(desk::Carrier& c, const desk::Case& of, const std::string& act,
                           const desk::Acting& who);
Status check_in_being(const desk::Carrier& c, const desk::Case& of);  // V20

// For the effects of "purge" and "destroy": shreds the key, removes the sealed file, and leaves the signed
// certificate as JSON and PDF. Nothing of the carrier's records is touched; what the preservation held is
// free with the act, unless another hold keeps it. `proposed`: the act of the first person.
Result<Json> destroy_snapshot(desk::Carrier& c, const desk::Case& of, const std::string& proposed,
                              const std::string& why, const desk::Acting& second);
Status verify_certificate(const desk::Carrier& c, const Json& certificate);

}  // namespace writ::cases
