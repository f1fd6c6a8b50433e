// SPDX-License-Identifier: GPL-3.0-or-later
// Work in independent shares, through as many threads as there are processors.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

namespace writ {

class Shares {
 public:
  explicit Shares(std::size_t count) : count_(count) {}
  // Each number below the count once, in order; nothing when there are no more.
  std::optional<std::size_t> take() {
    const std::size_t n = next_++;
    return n < count_ && !stopped_ ? std::optional{n} : std::nullopt;
  }
  void stop() { stopped_ = true; }  // no more are taken

 private:
  std::size_t count_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
};

// Calls work(shares) in each thread, this one among them; returns when all have returned.
template <class Work>
void in_threads(std::size_t shares, const Work& work) {
  constexpr std::size_t threads_max = 16;
  Shares all{shares};
  std::vector<std::jthread> others;
  const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
  while (others.size() + 1 < std::min({processors, threads_max, shares}))
    others.emplace_back([&] { work(all); });
  work(all);
}

}  // namespace writ
