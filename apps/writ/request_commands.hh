// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "cli.hh"
#include "process/request.hh"

namespace writ::cli {

// How many checks pass, and each that fails: its message, rule, fact and cure.
std::string checks_text(const std::vector<process::CheckResult>& checks);

// file, below `writ request` and `writ emergency`: one way in for every process.
void add_file_command(CLI::App& group, Options& o, const char* help);
// file, enter, correct, check: below `writ request`.
void add_filing_commands(CLI::App& request, Options& o);

}  // namespace writ::cli
