// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "cli.hh"

namespace writ::cli {

// application: below `writ emergency`.
void add_application_commands(CLI::App& emergency, Options& o);

}  // namespace writ::cli
