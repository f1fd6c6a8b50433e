// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/sync_round.hh"

#include <algorithm>
#include <utility>

namespace writ::capture {
namespace {

constexpr std::size_t sync_threads_max = 8;

}  // namespace

void SyncRound::start(std::vector<Task> tasks) {
  tasks_ = std::move(tasks);
  next_ = 0;
  left_ = tasks_.size();
  const std::size_t n = std::min(tasks_.size(), sync_threads_max);
  for (std::size_t t = 0; t < n; ++t)
    threads_.emplace_back([this] {
      for (std::size_t i = next_++; i < tasks_.size(); i = next_++) {
        tasks_[i]();
        --left_;
      }
    });
}

void SyncRound::wait() {
  for (std::thread& t : threads_) t.join();
  threads_.clear();
  tasks_.clear();
}

void side_by_side(std::size_t n, const std::function<void(std::size_t)>& f) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < n; i = next++) f(i);
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 1; t < std::min(n, sync_threads_max); ++t) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
}

}  // namespace writ::capture
