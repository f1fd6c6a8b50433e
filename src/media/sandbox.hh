// SPDX-License-Identifier: GPL-3.0-or-later
// How the codec worker locks itself in before it reads the first byte of media.
#pragma once
#include "base/result.hh"

namespace writ::media {

// After return this process can only read `in`, write `out`, ask for memory that is never executable, look at
// a clock, and end. A write to standard error fails; any other system call kills it (SIGSYS). Cannot be
// undone. Exit::unit when the kernel refuses: then nothing must be decoded.
Status lock_in(int in, int out);

}  // namespace writ::media
