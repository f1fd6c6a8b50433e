// SPDX-License-Identifier: GPL-3.0-or-later
// From a preservation to what is released: later process that names it is served from its snapshot, cut to
// its own scope and period, also where ordinary retention has let the records go meanwhile.
#pragma once
#include "cases/disclosure.hh"

namespace writ::cases {

// Case `later` is open, and its document names `preserved` (of_matter).
Status check_later_process(const desk::Carrier& c, const desk::Case& preserved, const std::string& later);
// A converted preservation is not purged while the process that it serves is open.
Status check_served(const desk::Carrier& c, const desk::Case& preserved);

struct PreservedSource {
  std::string matter;    // "": the document names no preservation
  bool is_over = false;  // it ended: its snapshot serves nothing any more, and this is said
};
// Exit::refused when the preservation still runs and counsel has not converted it to this case.
Result<PreservedSource> preserved_source(const desk::Carrier& c, const desk::Case& later,
                                         const process::Demand& d);
// Two custodians open it, in memory; noted before.
Result<std::unique_ptr<desk::RecordStore>> open_preserved(desk::Carrier& c, const desk::Case& later,
                                                          const std::string& preserved,
                                                          const Openers* openers);

}  // namespace writ::cases
