// SPDX-License-Identifier: GPL-3.0-or-later
// What a technician does at the probe (S52, S53): `writ-probe retrieve`, `writ-probe wipe`.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.hh"

namespace writ::probe {

// `chosen` is set by the command that was given.
void add_field_commands(CLI::App& app, std::function<Result<Exit>()>& chosen);

}  // namespace writ::probe
