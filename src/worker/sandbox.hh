// SPDX-License-Identifier: GPL-3.0-or-later
// How a worker that opens what strangers sent (media, scanned documents) locks itself in before it reads the
// first byte.
#pragma once
#include <cstdint>

#include "base/result.hh"

namespace writ::worker {

struct Bounds {
  const char* who;  // for messages: "the codec worker"
  std::uint64_t data_bytes_max, address_space_bytes_max, cpu_seconds_max;
};

// After return this process can only read `in`, write `out`, ask for memory that is never executable, look at
// a clock, and end. A write to standard error fails; any other system call kills it (SIGSYS). Cannot be
// undone. Exit::unit when the kernel refuses: then nothing must be opened.
Status lock_in(int in, int out, const Bounds& bounds);

}  // namespace writ::worker
