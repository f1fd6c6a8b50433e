// SPDX-License-Identifier: GPL-3.0-or-later
// std::stable_sort of GCC 12 uses a function that clang 19 rejects as deprecated; evidence needs a stable
// order all the same.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

namespace writ::intercept {

template <class T, class Key>
void order_stably(std::vector<T>& v, Key&& key) {
  if (std::ranges::is_sorted(v, {}, key)) return;
  std::vector<std::size_t> order(v.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return key(v[a]) < key(v[b]) || (!(key(v[b]) < key(v[a])) && a < b);
  });
  std::vector<T> out;
  out.reserve(v.size());
  for (const std::size_t i : order) out.push_back(std::move(v[i]));
  v = std::move(out);
}

}  // namespace writ::intercept
