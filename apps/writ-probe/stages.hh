// SPDX-License-Identifier: GPL-3.0-or-later
// A run in separate processes:
//
//   writ-probe   the process that was started, and that is signalled; knows the grants, no key. Live: owns
//   the
//                sources. Of a capture file: reads it and finds what grants name.
//   writ-parser  live only: reads the packets; knows the grants, has nothing else
//   writ-sealer  knows the key: log, spool, status, summary; never sees a packet that no grant names
//
// They meet thus. The sealer prepares and tells the ids of the grants ('R'). The owner verifies these grants
// itself, opens the sources and describes them ('S'). When "probe.start" is durable in the log, the sealer
// says so ('G'), and not before then is a packet read. A grant that comes meanwhile is handed over ('N'). At
// the end the owner says how the sources ended ('D').
#pragma once
#include "capture/matcher.hh"
#include "session.hh"

namespace writ::probe {

Result<Exit> run_in_stages(const RunOptions& o, const capture::RunSettings& settings);

}  // namespace writ::probe
