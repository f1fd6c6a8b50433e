// SPDX-License-Identifier: GPL-3.0-or-later
// One `writ-probe run`.
#pragma once
#include "base/io.hh"

namespace writ::probe {

struct RunOptions {
  fs::path dir, cert, grants, read;
  std::string interface;
  bool json = false;
};
// Prints the summary on stdout; returns the exit code of a run that ended in good order.
Result<Exit> run_session(const RunOptions& o);

}  // namespace writ::probe
