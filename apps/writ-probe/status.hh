// SPDX-License-Identifier: GPL-3.0-or-later
// Who watches a probe: `writ-probe status`, with --watch as a live screen, and `writ-probe metrics`. They
// read what the run tells and what the spool holds; they change nothing.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.hh"

namespace writ::probe {

void add_status_commands(CLI::App& app, std::function<Result<Exit>()>& chosen);

}  // namespace writ::probe
