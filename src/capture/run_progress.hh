// SPDX-License-Identifier: GPL-3.0-or-later
// How far a run has come: what its pump says of it and whoever watches reads. Counts only, of nobody. The
// spool carries it, being what both hold.
#pragma once
#include <cstdint>

namespace writ::capture {

struct RunProgress {
  std::uint64_t packets = 0, bytes = 0;  // read
  std::uint64_t packets_isolated = 0, calls_isolated = 0, reviews = 0;
  std::uint64_t dropped = 0;               // lost before we saw them, as far as the source says
  std::uint64_t deaf = 0, deaf_times = 0;  // live sources that hear nothing now; how often one fell deaf
  void tell_deaf(std::uint64_t now) {
    if (now > deaf) deaf_times += now - deaf;
    deaf = now;
  }
};

}  // namespace writ::capture
