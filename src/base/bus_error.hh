// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of a mapping when its bytes are gone under it: another process cut the file short, or its disk
// does not give a page. Whoever touches such a page gets SIGBUS; with this none of ours ends by it unsaid.
#pragma once
#include <atomic>
#include <string>

#include "base/bytes.hh"

namespace writ {

enum class WhenGone {
  say_and_exit,  // the name and the byte on standard error, then Exit::failure
  put_zeros,     // zeros are read, and the place is noted in `gone`
};

struct Mapping {
  static constexpr std::size_t all_there = ~std::size_t{0};
  std::atomic<std::uintptr_t> begin{0};  // 0: not in use
  std::size_t size = 0;
  WhenGone when = WhenGone::say_and_exit;
  std::string name;
  std::atomic<std::size_t> gone{all_there};  // the first byte that could not be read; a page's first
  Mapping* next = nullptr;
};

// Before the first byte of it is read. Any thread; valid until it is given up.
const Mapping& guard_mapping(View bytes, const std::string& name, WhenGone when);
// Before it is unmapped.
void give_up_mapping(View bytes);

}  // namespace writ
