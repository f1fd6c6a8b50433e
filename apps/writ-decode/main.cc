// SPDX-License-Identifier: GPL-3.0-or-later
// The codec worker: at standard input it is asked for copies of itself (src/worker/program.hh), and each copy
// answers frames with PCM (src/media/worker.hh). Not meant to be run by hand.
#include <unistd.h>

#include "media/worker.hh"
#include "worker/program.hh"

int main() {
  // Nothing that the parent left open is kept.
  if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) return static_cast<int>(writ::Exit::unit);
  return writ::worker::serve_copies(STDIN_FILENO, writ::media::run_worker);
}
