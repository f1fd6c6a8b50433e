// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that came the way that a grant does not take: to the target of a pen register, from the target of a
// trap. Later messages of such a call name the target, too, and must not open it. Of each grant the newest
// are known, as a hash and no more; whoever calls a target a thousand times makes the probe forget, and what
// is forgotten becomes a review, never a call (direction.cc).
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace writ::intercept {

class BarredCalls {
 public:
  static constexpr std::size_t per_grant_max = 512;

  void add(std::uint32_t grant, std::uint64_t call) {
    if (contains(grant, call)) return;
    std::deque<std::uint64_t>& calls = by_grant_[grant];
    if (calls.size() >= per_grant_max) calls.pop_front();
    calls.push_back(call);
  }
  bool contains(std::uint32_t grant, std::uint64_t call) const {
    const auto it = by_grant_.find(grant);
    return it != by_grant_.end() && std::find(it->second.begin(), it->second.end(), call) != it->second.end();
  }

 private:
  std::unordered_map<std::uint32_t, std::deque<std::uint64_t>> by_grant_;
};

}  // namespace writ::intercept
