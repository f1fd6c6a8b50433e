// SPDX-License-Identifier: GPL-3.0-or-later
// One `writ-probe run`.
#pragma once
#include <string>
#include <vector>

#include "base/io.hh"

namespace writ::probe {

struct RunOptions {
  bool is_file() const { return !read.empty() && read != "-"; }

  fs::path dir, cert, grants;
  std::string read;  // a capture file, "-" for standard input
  std::vector<std::string> interfaces, hep, hep_from;
  unsigned rings = 1;
  std::string duplicates;  // "keep" or "remove"; by default live sources lose them, files keep them
  bool json = false;
  bool wait = false;  // without a grant, or unheard by the office, the run goes on and seals nothing
};
// Prints the summary on stdout; returns the exit code of a run that ended in good order.
Result<Exit> run_session(const RunOptions& o);

}  // namespace writ::probe
