// SPDX-License-Identifier: GPL-3.0-or-later
// A book of calls that is a list in memory: what a preserved snapshot held. It answers find() as the engines
// do, and nothing can be added to it or destroyed in it.
#pragma once
#include <memory>
#include <vector>

#include "records/cdr_book.hh"

namespace writ::records {

std::unique_ptr<CdrBook> list_of_cdrs(std::vector<StoredCdr> rows);

}  // namespace writ::records
