// SPDX-License-Identifier: GPL-3.0-or-later
// For loops over what lies scattered in memory, in measured hot paths only: asks the processor for what will
// be read a little later. Whatever calls this is to be inlined always: GCC sees no effect in asking, and
// leaves out calls of functions without effect, without a word (`objdump -d` shows whether a prefetch is
// there).
#pragma once
#include <algorithm>

#include "base/bytes.hh"

namespace writ {

[[gnu::always_inline]] inline void prefetch(View soon) {
  constexpr std::size_t line = 64, bytes_max = 256;
  const std::size_t size = std::min(soon.size(), bytes_max);
  if (size == 0) return;
  for (std::size_t at = 0; at < size; at += line) __builtin_prefetch(soon.data() + at);
  __builtin_prefetch(soon.data() + size - 1);
}

}  // namespace writ
