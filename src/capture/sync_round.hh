// SPDX-License-Identifier: GPL-3.0-or-later
// One round of group commit: what several streams have written is synced side by side, while the capture goes
// on.
#pragma once
#include <atomic>
#include <thread>
#include <vector>

#include "vault/segment.hh"

namespace writ::capture {

class SyncRound {
 public:
  struct Item {
    vault::SegmentWriter* writer = nullptr;
    vault::SegmentWriter::Written written;
    Status synced;
  };

  SyncRound() = default;
  SyncRound(const SyncRound&) = delete;
  SyncRound& operator=(const SyncRound&) = delete;
  ~SyncRound() { wait(); }
  // The earlier round has been waited for.
  void start(std::vector<Item> items);
  // All of a round that was started is synced, or has failed.
  bool is_done() const { return !threads_.empty() && left_ == 0; }
  // What became of the round that was started; empty when there is none.
  std::vector<Item> wait();

 private:
  std::vector<Item> items_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> next_{0}, left_{0};
};

// `f` of 0 .. n-1, on a few threads when there is more than one; returns when all are done.
void side_by_side(std::size_t n, const std::function<void(std::size_t)>& f);

}  // namespace writ::capture
