// SPDX-License-Identifier: GPL-3.0-or-later
// Figures about calls that the letter and the table share.
#pragma once
#include <optional>
#include <string>

#include "intercept/calls.hh"

namespace writ::produce {

struct CallTotals {
  std::size_t calls = 0, recordings = 0, digits = 0, fax_pages = 0;
  std::int64_t seconds = 0;
};
CallTotals totals(const intercept::Matter& m);
// Whole seconds from answer to release; 0 when never answered; nothing while the end is not known.
std::optional<std::int64_t> talk_seconds(const intercept::CallRecord& c);
// "target:123# other:9": who pressed what, in order.
std::string digits_text(const intercept::CallRecord& c);
// A field that a spreadsheet cannot take for a formula. Plain numbers keep their form: "+14045550102" is
// dialled, "-5" counted.
std::string inert(const std::string& s);

}  // namespace writ::produce
