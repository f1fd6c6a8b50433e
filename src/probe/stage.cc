// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/stage.hh"

#include <new>

namespace writ::probe {

Result<Stage> Stage::make(std::size_t frames, std::size_t findings) {
  WRIT_TRY(b, SharedMemory::make(sizeof(Board)));
  WRIT_TRY(fr, SharedMemory::make(frames));
  WRIT_TRY(fi, SharedMemory::make(findings));
  new (b.bytes().data()) Board;
  return Stage{std::move(b), std::move(fr), std::move(fi)};
}

}  // namespace writ::probe
