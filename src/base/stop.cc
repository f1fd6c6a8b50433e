// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/stop.hh"

#include <csignal>

namespace writ {
namespace {

StopFlag signalled{false};  // a signal handler can reach nothing but this
void on_stop_signal(int) { signalled = true; }

}  // namespace

const StopFlag& stop_on_signals() {
  struct sigaction act {};
  act.sa_handler = on_stop_signal;
  ::sigaction(SIGINT, &act, nullptr);
  ::sigaction(SIGTERM, &act, nullptr);
  return signalled;
}

}  // namespace writ
