// SPDX-License-Identifier: GPL-3.0-or-later
// The wish that a long command ends in good order.
#pragma once
#include <atomic>

namespace writ {

using StopFlag = std::atomic<bool>;
static_assert(StopFlag::is_always_lock_free);  // a signal handler sets it

// From now on SIGINT and SIGTERM set the flag that is returned, and end a waiting system call (EINTR).
const StopFlag& stop_on_signals();

}  // namespace writ
