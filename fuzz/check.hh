// SPDX-License-Identifier: GPL-3.0-or-later
// What a fuzz target asserts beyond "does not crash".
#pragma once
#include <cstdlib>

#include "base/bytes.hh"

namespace writ::fuzz {

inline void check(bool holds) {
  if (!holds) std::abort();
}
inline bool within(View part, View whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}
inline bool within(std::string_view part, View whole) { return within(view_of(part), whole); }

}  // namespace writ::fuzz
