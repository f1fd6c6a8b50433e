// SPDX-License-Identifier: GPL-3.0-or-later
#include "link/pace.hh"

#include <algorithm>

namespace writ::link {

std::size_t Pace::piece_bytes() const { return std::clamp(window_ / 4, piece_bytes_min, piece_bytes_most); }

Pace::Sent Pace::send(std::size_t bytes, Steady::time_point now) {
  on_its_way_ += bytes;
  return {bytes, arrived_, now};
}

void Pace::arrived(const Sent& s, Steady::time_point now) {
  constexpr double seconds_on_the_way = 2.0;
  on_its_way_ -= s.bytes;
  arrived_ += s.bytes;
  const double took = std::max(1e-6, std::chrono::duration<double>(now - s.at).count());
  const double carried = static_cast<double>(arrived_ - s.before) / took * seconds_on_the_way;
  window_ = static_cast<std::size_t>(
      std::clamp(carried, static_cast<double>(piece_bytes_min), static_cast<double>(window_max)));
}

}  // namespace writ::link
