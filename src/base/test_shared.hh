// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: the shared folder beside the project, with real captures. Absent on other machines; a test
// that needs it skips, visibly.
#pragma once
#include <cstdlib>

#include "base/io.hh"

namespace writ {

inline fs::path shared_folder() {
  const char* set = std::getenv("WRIT_SHARED");
  return set != nullptr ? fs::path{set} : fs::path{WRIT_SOURCE_DIR} / ".." / "shared";
}

}  // namespace writ
