// SPDX-License-Identifier: GPL-3.0-or-later
// Work of many streams on a few threads: each stream's own work is done in the order in which it was given,
// one piece at a time, that of different streams side by side.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/bytes.hh"

namespace writ::vault {

class SealLine;

// Memory of batches that were sealed, for the next ones: what was used last is still in a processor's cache.
class SpareMemory {
 public:
  Bytes take();  // empty when there is none
  void give(Bytes memory);

 private:
  std::mutex mutex_;
  std::vector<Bytes> spare_;
};

// The threads. They begin with the first work, so that they have what their maker may still do by then and no
// more. Outlives its lines.
class SealHands {
 public:
  // threads == 0: as many as there are processors beside the giver's.
  explicit SealHands(std::size_t threads = 0);
  ~SealHands();
  SealHands(const SealHands&) = delete;
  SealHands& operator=(const SealHands&) = delete;
  SpareMemory memory;

 private:
  friend class SealLine;
  using Task = std::function<void()>;
  void work();
  // Does one piece that nobody is at; false when there is none. `lock` is held before and after.
  bool do_one(std::unique_lock<std::mutex>& lock);

  const std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable given_, done_;
  std::deque<SealLine*> ready_;  // have work, and nobody is at it
  std::size_t waiting_ = 0;      // pieces
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

// One stream's work.
class SealLine {
 public:
  // Without hands whoever gives does the work.
  explicit SealLine(SealHands* hands) : hands_(hands) {}
  ~SealLine() { wait(given_); }
  SealLine(const SealLine&) = delete;
  SealLine& operator=(const SealLine&) = delete;
  // Returns the number of the piece, from 1. When too much waits, the giver lends a hand instead of adding to
  // it: what is in memory stays bounded, and no thread idles while another has too much.
  std::uint64_t give(SealHands::Task task);
  // Until all pieces up to this one are done. On any thread.
  void wait(std::uint64_t piece);
  // By the giver only.
  std::uint64_t given() const { return given_; }

 private:
  friend class SealHands;
  SealHands* hands_;
  std::deque<SealHands::Task> tasks_;
  std::uint64_t given_ = 0, done_ = 0;
  bool at_work_ = false;
};

}  // namespace writ::vault
