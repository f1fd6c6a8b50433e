// SPDX-License-Identifier: GPL-3.0-or-later
// What waits for the disk is done side by side, while the capture goes on.
#pragma once
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace writ::capture {

// One set of tasks at a time, on a few threads of its own.
class SyncRound {
 public:
  using Task = std::function<void()>;

  SyncRound() = default;
  SyncRound(const SyncRound&) = delete;
  SyncRound& operator=(const SyncRound&) = delete;
  ~SyncRound() { wait(); }
  void start(std::vector<Task> tasks);  // the earlier round has been waited for
  bool is_idle() const { return threads_.empty(); }
  bool is_done() const { return !is_idle() && left_ == 0; }
  void wait();

 private:
  std::vector<Task> tasks_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> next_{0}, left_{0};
};

// `f` of 0 .. n-1, on a few threads when there is more than one; returns when all are done.
void side_by_side(std::size_t n, const std::function<void(std::size_t)>& f);

}  // namespace writ::capture
