// SPDX-License-Identifier: GPL-3.0-or-later
// What the capturing process gives up. Parsers of outside bytes run here: an attacker who breaks one finds a
// process that cannot run a program, reach a network, look into another process, or get any privilege back.
#pragma once
#include "base/io.hh"

namespace writ::probe {

// First thing in a run: become the owner of the probe's directory (when started as root) and keep CAP_NET_RAW
// alone, if `net_raw` and if it was there.
Status become_owner(const fs::path& dir, bool net_raw);
// After the source, the grants and the spool are open: no capability, and the system call filter. `accepts`:
// one of the sources takes connections on a socket that listens already; no other can be made.
Status close_the_door(bool accepts);

}  // namespace writ::probe
