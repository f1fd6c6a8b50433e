// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/shared_ring.hh"

#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace writ::probe {
namespace {

constexpr std::size_t head_bytes = sizeof(std::uint32_t), step = 8;
constexpr std::uint32_t back_to_start = 0xFFFFFFFF;

std::uint64_t framed(std::size_t n) { return (head_bytes + n + step - 1) / step * step; }

// Where a record of that length lies whose predecessor ended at `position`.
std::uint64_t place_of(std::uint64_t position, std::size_t n, std::size_t room) {
  const std::uint64_t at = position % room;
  return at + framed(n) <= room ? position : position + (room - at);
}

}  // namespace

Result<SharedMemory> SharedMemory::make(std::size_t bytes) {
  void* const p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return fail(Exit::unit, fmt::format("share {} bytes between processes: {}", bytes, std::strerror(errno)));
  return SharedMemory{{static_cast<std::uint8_t*>(p), bytes}};
}

SharedMemory::SharedMemory(SharedMemory&& o) noexcept : bytes_(std::exchange(o.bytes_, {})) {}
SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

void sleep_on(std::atomic<std::uint32_t>& word, std::uint32_t value, int ms_max) {
  static_assert(sizeof word == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free);
  const timespec t{ms_max / 1000, ms_max % 1000 * 1'000'000L};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, &t, nullptr, 0);
}

void wake_all(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, 0x7FFFFFFF, nullptr, nullptr, 0);
}

bool RingWriter::put(std::initializer_list<View> parts) {
  std::size_t n = 0;
  for (const View& p : parts) n += p.size();
  const std::uint64_t place = place_of(position_, n, room_.size()), end = place + framed(n);
  const std::uint64_t written = head_->written.load(std::memory_order_relaxed);
  if (position_ < written) {
    strayed_ = strayed_ || end > written;
    position_ = end;
    return true;
  }
  if (end - head_->released.load(std::memory_order_acquire) > room_.size()) return false;
  if (place != position_)
    std::memcpy(room_.data() + position_ % room_.size(), &back_to_start, sizeof back_to_start);
  std::uint8_t* to = room_.data() + place % room_.size();
  const auto length = static_cast<std::uint32_t>(n);
  std::memcpy(to, &length, sizeof length);
  to += head_bytes;
  for (const View& p : parts) {
    if (!p.empty()) std::memcpy(to, p.data(), p.size());
    to += p.size();
  }
  position_ = end;
  return true;
}

void RingWriter::publish() {
  if (position_ <= head_->written.load(std::memory_order_relaxed)) return;
  head_->written.store(position_, std::memory_order_release);
  if (head_->reader_sleeps.load(std::memory_order_relaxed) == 0) return;
  head_->reader_sleeps.store(0, std::memory_order_relaxed);
  wake_all(head_->reader_sleeps);
}

bool RingWriter::wait_for_room(int ms_max) {
  const std::uint64_t before = head_->released.load(std::memory_order_acquire);
  head_->writer_sleeps.store(1);
  if (head_->released.load() == before) sleep_on(head_->writer_sleeps, 1, ms_max);
  return head_->released.load(std::memory_order_acquire) != before;
}

std::optional<View> RingReader::next() {
  const std::uint64_t written = head_->written.load(std::memory_order_acquire);
  if (written == position_ || broken_) return std::nullopt;
  const auto length_at = [&](std::uint64_t position) {
    std::uint32_t n = 0;
    std::memcpy(&n, room_.data() + position % room_.size(), sizeof n);
    return n;
  };
  // The distance is the writer's word: every place below is checked against the ring, too.
  std::uint64_t place = position_;
  if (length_at(place) == back_to_start) place += room_.size() - place % room_.size();
  broken_ = written < place + step || written - position_ > room_.size();
  if (broken_) return std::nullopt;
  const std::uint32_t n = length_at(place);
  broken_ =
      n == back_to_start || place % room_.size() + framed(n) > room_.size() || place + framed(n) > written;
  if (broken_) return std::nullopt;
  position_ = place + framed(n);
  return View{room_.data() + place % room_.size() + head_bytes, n};
}

void RingReader::release(std::uint64_t position) {
  head_->released.store(position, std::memory_order_release);
  if (head_->writer_sleeps.load(std::memory_order_relaxed) == 0) return;
  head_->writer_sleeps.store(0, std::memory_order_relaxed);
  wake_all(head_->writer_sleeps);
}

void RingReader::wait(int ms_max) {
  head_->reader_sleeps.store(1);
  if (head_->written.load() == position_) sleep_on(head_->reader_sleeps, 1, ms_max);
}

}  // namespace writ::probe
