// SPDX-License-Identifier: GPL-3.0-or-later
// How much may be on its way at a time: what the line carries in two seconds, by what the office has
// answered. More would stand in the network's queues, and what is new of another matter behind it. A thin
// line carries one frame in that time, or less.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace writ::link {

class Pace {
 public:
  using Steady = std::chrono::steady_clock;
  struct Sent {
    std::size_t bytes = 0;     // 0: nothing is on its way
    std::uint64_t before = 0;  // bytes that had arrived when it was sent
    Steady::time_point at{};
  };
  bool has_room() const { return on_its_way_ == 0 || on_its_way_ + piece_bytes() <= window_; }
  std::size_t piece_bytes() const;  // of one piece, unless a frame is larger
  Sent send(std::size_t bytes, Steady::time_point now);
  void arrived(const Sent& s, Steady::time_point now);

 private:
  static constexpr std::size_t piece_bytes_min = 64u << 10, piece_bytes_most = 1u << 20;
  static constexpr std::size_t window_max = 8u << 20;
  std::size_t window_ = piece_bytes_min, on_its_way_ = 0;
  std::uint64_t arrived_ = 0;
};

}  // namespace writ::link
