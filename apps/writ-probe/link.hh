// SPDX-License-Identifier: GPL-3.0-or-later
// The probe's end of the link (docs/link.md): `writ-probe link request`, `writ-probe link accept`, and
// `writ-probe connect`, the sender: a process of its own beside the run.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.hh"

namespace writ::probe {

void add_link_commands(CLI::App& app, std::function<Result<Exit>()>& chosen);

}  // namespace writ::probe
