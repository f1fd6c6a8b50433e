// SPDX-License-Identifier: GPL-3.0-or-later
// What the probe's processes give up, each for good, before it reads the first byte of a stranger.
//
// All of them: capabilities, programs, other processes, the network, namespaces, users, clocks, by system
// call filter (seccomp(2)). The parser more: a list of what it may, and death for anything else. Files by
// Landlock where the kernel has it, else by the rights of the probe's own user.
#pragma once
#include <vector>

#include "base/io.hh"

namespace writ::probe {

// First thing in a run: become the owner of the probe's directory (when started as root) and keep CAP_NET_RAW
// alone, if `net_raw` and if it was there.
Status become_owner(const fs::path& dir, bool net_raw);

// Into a network that has no interface, unless the system forbids it; what is open stays open. `makes_files`:
// only where that leaves the process its user.
void leave_the_network(bool makes_files);

struct Door {
  bool accepts = false;  // takes connections on a socket that listens already
  bool forks = false;    // makes copies of itself
  bool files = true;     // opens files
};
// After all is open: no capability, and the system call filter.
Status close_the_door(const Door& door);
// Files beneath `write` may be made, changed and removed, those beneath `read` read, no others even opened.
// True when the kernel has Landlock.
Result<bool> restrict_files(const std::vector<fs::path>& write, const std::vector<fs::path>& read);

// The parser's: no descriptor is left open.
Status confine_parser();

}  // namespace writ::probe
