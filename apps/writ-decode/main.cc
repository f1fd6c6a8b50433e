// SPDX-License-Identifier: GPL-3.0-or-later
// The codec worker: frames on standard input, PCM on standard output (src/media/worker.hh). Not meant to be
// run by hand.
#include <unistd.h>

#include "media/worker.hh"

int main() {
  // Nothing that the parent left open is kept.
  if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) return static_cast<int>(writ::Exit::unit);
  // _exit: nothing is run at the end that the filter would kill.
  ::_exit(writ::media::run_worker(STDIN_FILENO, STDOUT_FILENO));
}
