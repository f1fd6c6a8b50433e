// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a packet socket still hears the interface that it was opened for. The kernel binds a socket to one
// interface, not to a name: one that is deleted and made again under its name is another one, and the socket
// hears nothing until it is bound anew. That needs no privilege, the socket being there.
#pragma once
#include <string>

namespace writ::capture {

class InterfaceWatch {
 public:
  // `hardware`: ARPHRD_* of what the socket was opened for; one of another kind has other frames, and is not
  // followed. 0: the interface is not there yet, and the socket is bound to nothing; it takes what a ring can
  // read.
  InterfaceWatch(std::string name, unsigned short hardware) : name_(std::move(name)), hardware_(hardware) {}
  // Asked once in a while. Empty while it hears, and did since the last time; else why not ("eth0 is down").
  std::string look(int socket);
  unsigned short hardware() const { return hardware_; }
  // Of what `name` is now; 0: there is none.
  static unsigned short hardware_of(int socket, const std::string& name);
  // Ethernet, and what has no header below IP (tun).
  static bool ring_reads(unsigned short hardware);

 private:
  bool follow(int socket, int index);
  std::string name_;
  unsigned short hardware_;
};

}  // namespace writ::capture
