// SPDX-License-Identifier: GPL-3.0-or-later
// A run over what is live (interfaces, HEP, standard input), in three processes:
//
//   writ-probe   owns the sources; knows the grants, no key. The process that was started, and that is
//   signalled. writ-sealer  knows the key: log, spool, status, summary; never sees a packet that no grant
//   names writ-parser  reads the packets; knows the grants, has nothing else
//
// They meet thus. The sealer prepares and tells the ids of the grants ('R'). The owner verifies these grants
// itself, opens the sources and describes them ('S'). When "probe.start" is durable in the log, the sealer
// says so ('G'), and not before then is a packet read. At the end the owner says how the sources ended ('D').
#pragma once
#include "capture/matcher.hh"
#include "session.hh"

namespace writ::probe {

Result<Exit> run_in_stages(const RunOptions& o, const capture::RunSettings& settings);

}  // namespace writ::probe
