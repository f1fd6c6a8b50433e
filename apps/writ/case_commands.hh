// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands over cases share: the person who acts, and what is told afterwards.
#pragma once
#include "cli.hh"
#include "desk/case_book.hh"

namespace writ::cli {

// The one of --as, for the first of these roles that the person holds.
Result<desk::Acting> person(const Options& o, desk::Carrier& c, const std::vector<authority::Role>& any_of);
// The case as JSON, or its number and state; `next`: who does what, "" when nothing is to be said.
Status told(const Options& o, const desk::Case& c, const std::string& next = {});
// "ITEM=REASON" each: counsel's word where the matrix is silent. `option` is named when one is not.
Result<std::map<std::string, std::string>> silent_words(const std::vector<std::string>& specs,
                                                        const char* option);
// Opens the carrier, unlocks whoever holds one of the roles, does the step, and tells the case.
using ActingStep = std::function<Result<desk::Case>(desk::Carrier&, const desk::Acting&)>;
Status act_as_one_of(Options& o, const std::vector<authority::Role>& roles, const ActingStep& f);

}  // namespace writ::cli
