// SPDX-License-Identifier: GPL-3.0-or-later
#include "vault/seal_line.hh"

#include <algorithm>
#include <utility>

namespace writ::vault {
namespace {

constexpr std::size_t pieces_waiting_max = 64;  // of limits::frame_bytes_max each, at most
constexpr std::size_t seal_threads_max = 4;

std::size_t threads_beside() {
  const std::size_t processors = std::thread::hardware_concurrency();
  return std::clamp<std::size_t>(processors > 0 ? processors - 1 : 1, 1, seal_threads_max);
}

}  // namespace

Bytes SpareMemory::take() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return {};
  Bytes last = std::move(spare_.back());
  spare_.pop_back();
  return last;
}

void SpareMemory::give(Bytes memory) {
  const std::lock_guard lock(mutex_);
  if (spare_.size() < pieces_waiting_max) spare_.push_back(std::move(memory));
}

SealHands::SealHands(std::size_t threads) : threads_max_(threads > 0 ? threads : threads_beside()) {}

SealHands::~SealHands() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  given_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void SealHands::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (do_one(lock)) {
    }
    if (ending_) return;
    given_.wait(lock);
  }
}

bool SealHands::do_one(std::unique_lock<std::mutex>& lock) {
  if (ready_.empty()) return false;
  SealLine& line = *ready_.front();
  ready_.pop_front();
  line.at_work_ = true;
  const Task task = std::move(line.tasks_.front());
  line.tasks_.pop_front();
  --waiting_;
  lock.unlock();
  task();
  lock.lock();
  ++line.done_;
  line.at_work_ = false;
  if (!line.tasks_.empty()) ready_.push_back(&line);
  done_.notify_all();
  return true;
}

std::uint64_t SealLine::give(SealHands::Task task) {
  if (hands_ == nullptr) {
    task();
    done_ = ++given_;
    return given_;
  }
  std::unique_lock lock(hands_->mutex_);
  while (hands_->waiting_ >= pieces_waiting_max && hands_->do_one(lock)) {
  }
  // Everything that waits may belong to lines that somebody is at.
  hands_->done_.wait(lock, [&] { return hands_->waiting_ < pieces_waiting_max; });
  tasks_.push_back(std::move(task));
  ++hands_->waiting_;
  if (tasks_.size() == 1 && !at_work_) hands_->ready_.push_back(this);
  if (hands_->threads_.size() < hands_->threads_max_)
    hands_->threads_.emplace_back([hands = hands_] { hands->work(); });
  hands_->given_.notify_one();
  return ++given_;
}

void SealLine::wait(std::uint64_t piece) {
  if (hands_ == nullptr) return;
  std::unique_lock lock(hands_->mutex_);
  hands_->done_.wait(lock, [&] { return done_ >= piece; });
}

}  // namespace writ::vault
