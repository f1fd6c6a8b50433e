// SPDX-License-Identifier: GPL-3.0-or-later
// What every service of this room reads from a case: the demand as it was filed (or corrected), and its
// digest.
#pragma once
#include "desk/case_book.hh"
#include "process/demand.hh"

namespace writ::cases {

// Bodies of "file" and "correct" hold {"demand": writ.demand/1, "document_sha256", ...}; the newest counts.
Result<process::Demand> demand_of(const desk::Case& c);
// What makes it the same filing: document and fields, without the time of receipt.
crypto::Digest filing_key(const process::Demand& d);

}  // namespace writ::cases
