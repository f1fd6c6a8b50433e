// SPDX-License-Identifier: GPL-3.0-or-later
// Records from one process to another through memory that both map: one writer, one reader, no system call a
// record.
//
// A record is a length and its bytes, in one piece, at a multiple of eight; where a record does not fit
// before the end of the ring, a mark sends the reader back to its start. Where a record lies follows from the
// position alone, so that a writer that repeats what another one wrote before it arrives at the same place:
// it passes over what is there already (parser.hh).
//
// Waiting. Whoever waits says so and sleeps in the kernel (futex(2)) for a few milliseconds at most. The
// other side looks at that without a fence: a wake that is missed costs these milliseconds, a fence would
// cost every record.
//
// The sides do not trust each other: a position or length that cannot be is reported, never followed.
#pragma once
#include <atomic>
#include <initializer_list>
#include <optional>
#include <span>

#include "base/bytes.hh"
#include "base/result.hh"

namespace writ::probe {

// Memory that children share; unmapped with the last of them.
class SharedMemory {
 public:
  static Result<SharedMemory> make(std::size_t bytes);
  SharedMemory(SharedMemory&& o) noexcept;
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();
  std::span<std::uint8_t> bytes() const { return bytes_; }

 private:
  explicit SharedMemory(std::span<std::uint8_t> b) : bytes_(b) {}
  std::span<std::uint8_t> bytes_;
};

// Sleeps until `word` is no longer `value`, somebody wakes it, or the time is over.
void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t value, int ms_max);
void wake_all(std::atomic<std::uint32_t>& word);

struct RingHead {
  alignas(64) std::atomic<std::uint64_t> written{0};   // by the writer, in bytes since the beginning
  alignas(64) std::atomic<std::uint64_t> released{0};  // by the reader: room again
  alignas(64) std::atomic<std::uint32_t> reader_sleeps{0}, writer_sleeps{0};
};

class RingWriter {
 public:
  // `room`: a power of two. Goes on at `position`, which may lie before what is written.
  RingWriter(RingHead& head, std::span<std::uint8_t> room, std::uint64_t position)
      : head_(&head), room_(room), position_(position) {}
  // False: no room. Nothing of it is seen before publish().
  bool put(std::initializer_list<View> parts);
  void publish();
  bool wait_for_room(int ms_max);  // false when there is none more than before
  std::uint64_t position() const { return position_; }
  // What is written was written by somebody else, and ends within what this one has put.
  bool strayed() const { return strayed_; }

 private:
  RingHead* head_;
  std::span<std::uint8_t> room_;
  std::uint64_t position_;
  bool strayed_ = false;
};

class RingReader {
 public:
  RingReader(RingHead& head, std::span<const std::uint8_t> room, std::uint64_t position)
      : head_(&head), room_(room), position_(position) {}
  // The next record, where it lies; it stays there until it is released. nullopt: none for now, or broken().
  std::optional<View> next();
  bool broken() const { return broken_; }
  // Gives the room of all that was read back to the writer; or of what was read up to `position`.
  void release() { release(position_); }
  void release(std::uint64_t position);
  void wait(int ms_max);
  std::uint64_t position() const { return position_; }
  std::uint64_t unreleased() const { return position_ - head_->released.load(std::memory_order_relaxed); }
  std::size_t size() const { return room_.size(); }

 private:
  RingHead* head_;
  std::span<const std::uint8_t> room_;
  std::uint64_t position_;
  bool broken_ = false;
};

}  // namespace writ::probe
