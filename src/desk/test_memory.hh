// SPDX-License-Identifier: GPL-3.0-or-later
// For tests that make thousands of synced writes and do not ask whether a disk keeps them: temporary
// directories in memory, where there is room.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace writ::desk::testing {

class InMemory {
 public:
  InMemory() {
    std::error_code ec;
    const auto room = std::filesystem::space("/dev/shm", ec);
    if (ec || room.available < (std::uintmax_t{100} << 20)) return;
    if (const char* before = getenv("TMPDIR")) before_ = before;
    moved_ = setenv("TMPDIR", "/dev/shm", 1) == 0;
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;
  ~InMemory() {
    if (!moved_) return;
    if (before_.empty())
      unsetenv("TMPDIR");
    else
      setenv("TMPDIR", before_.c_str(), 1);
  }

 private:
  std::string before_;
  bool moved_ = false;
};

}  // namespace writ::desk::testing
