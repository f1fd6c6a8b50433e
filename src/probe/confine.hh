// SPDX-License-Identifier: GPL-3.0-or-later
// What the probe's processes give up, each for good, before it reads the first byte of a stranger.
//
// All of them: capabilities, programs, other processes, the network, namespaces, users, clocks, by system
// call filter (seccomp(2)). The parser and the sender more: a list of what
// they may, and death (or an error) for anything else. Files by
// Landlock where the kernel has it, else by the rights of the probe's own user.
#pragma once
#include <optional>
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
  // Binds a socket that it has: to an interface that was made again. New sockets it cannot make.
  bool binds = false;
};
// After all is open: no capability, and the system call filter.
Status close_the_door(const Door& door);
// Files beneath `write` may be made, changed and removed, those beneath `read` read, no others even opened.
// With `port`, where the kernel can say so, no other is connected to and none bound. True when the kernel has
// Landlock.
Result<bool> restrict_files(const std::vector<fs::path>& write, const std::vector<fs::path>& read,
                            std::optional<std::uint16_t> port = {});

// The parser's: no descriptor is left open.
Status confine_parser();

// The sender's, which alone of the probe's processes reaches a network: a list, too, but a call that is not
// on it fails, and so does the sender. Nothing is lost by that: the segments stay in the spool.
Status confine_sender();

}  // namespace writ::probe
