// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <string>

#include "base/limits.hh"

namespace writ::authority {

// Can this be a probe's input, as its command line names it: an interface, or "UDP:192.0.2.1:9060"? Printing
// ASCII without blanks.
inline bool is_input_name(const std::string& s) {
  return !s.empty() && s.size() <= limits::input_name_bytes_max &&
         std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace writ::authority
