// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "cli.hh"

namespace writ::cli {

// file, enter, correct, check: below `writ request`.
void add_filing_commands(CLI::App& request, Options& o);

}  // namespace writ::cli
