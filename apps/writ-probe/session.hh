// SPDX-License-Identifier: GPL-3.0-or-later
// One `writ-probe run`, in separate processes:
//
//   writ-probe   the process that was started and is signalled; knows the grants, no key. Live: owns the
//                sources. Of a capture file: reads it and finds what grants name.
//   writ-parser  live only: reads the packets; knows the grants, has nothing else
//   writ-sealer  knows the key: log, spool, status, summary; never sees a packet that no grant names
//
// They meet thus. The sealer prepares and tells the ids of the grants ('R'). The owner verifies these grants
// itself, opens the sources and describes them ('S'). When "probe.start" is durable in the log, the sealer
// says so ('G'), and not before then is a packet read. A grant that comes meanwhile is handed over ('N'). At
// the end the owner says how the sources ended ('D').
#pragma once
#include <string>
#include <vector>

#include "base/io.hh"

namespace writ::probe {

struct RunOptions {
  bool is_file() const { return !read.empty() && read != "-"; }

  fs::path dir, cert, grants;
  std::string read;   // a capture file, "-" for standard input
  std::string input;  // what that came in at, as a whole
  std::vector<std::string> interfaces, hep, hep_from;
  unsigned rings = 1;
  std::string duplicates;  // "keep" or "remove"; by default live sources lose them, files keep them
  bool json = false;
  bool wait = false;  // without a grant, or unheard by the office, the run goes on and seals nothing
};
// Prints the summary on stdout; returns the exit code of a run that ended in good order.
Result<Exit> run_session(const RunOptions& o);

}  // namespace writ::probe
