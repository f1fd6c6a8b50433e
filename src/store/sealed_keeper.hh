// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps a SQLite database that lives in memory in one sealed file, for this room.
#pragma once
#include <sqlite3.h>

#include <optional>

#include "store/database.hh"

namespace writ::store {

class SealedKeeper {
 public:
  SealedKeeper(sqlite3* d, SealedFile file);
  Status load();  // what the file holds; no file: an empty store
  // After everything that may have committed: writes the whole store, atomically and durably, when it did. A
  // failure stays: what memory knows and the disk does not is nobody's answer.
  Status keep();

 private:
  Status write();
  sqlite3* d_;
  SealedFile file_;
  bool committed_ = false;
  Bytes last_;  // as it lies in the file
  std::optional<Error> broken_;
};

}  // namespace writ::store
