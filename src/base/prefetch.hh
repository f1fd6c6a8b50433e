// SPDX-License-Identifier: GPL-3.0-or-later
// For loops over what lies scattered in memory, in measured hot paths only: asks the processor for what will
// be read a little later.
#pragma once
#include <algorithm>

#include "base/bytes.hh"

namespace writ {

inline void prefetch(View soon) {
  constexpr std::size_t line = 64, bytes_max = 256;
  for (std::size_t at = 0; at < std::min(soon.size(), bytes_max); at += line)
    __builtin_prefetch(soon.data() + at);
}

}  // namespace writ
