// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string_view>

namespace writ {

// At least one, and nothing but 0 to 9.
inline bool all_digits(std::string_view s) {
  return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace writ
