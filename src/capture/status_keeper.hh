// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps a run's status file. A status that cannot be written stops no capture: whoever watches sees it grow
// stale.
#pragma once
#include <deque>

#include "capture/run_status.hh"
#include "capture/spool.hh"

namespace writ::capture {

class StatusKeeper {
 public:
  // Takes the last alarm over from the run before. `wall`, `boot` and `grants` outlive it; these may grow.
  StatusKeeper(fs::path probe_dir, const std::vector<authority::VerifiedGrant>& grants, bool live,
               Clock& wall, Clock& boot);
  // At most once a second; cheap in between. The run has just judged its grants.
  void look(Spool& spool);
  void office_unheard(Instant since) { status_.unheard_since = since; }  // zero: it is heard
  // The run is over.
  void end(Spool& spool, int exit);
  const RunStatus& status() const { return status_; }

 private:
  void list_grants();
  void take(Spool& spool);
  void clocks(Instant wall, Instant boot);
  void rates(Instant boot);
  void write();
  struct Sample {
    Instant boot;
    std::uint64_t bytes;
  };
  fs::path dir_;
  const std::vector<authority::VerifiedGrant>& grants_;
  Clock& wall_;
  Clock& boot_;
  RunStatus status_;
  Instant started_boot_, told_boot_{};
  std::uint64_t told_packets_ = 0;
  std::deque<Sample> samples_;  // of the spool's bytes, one in ten seconds, ten minutes
};

// The highest time that a run in this directory has seen (wall_guard.hh); zero when there is none.
Instant clock_mark_of(const fs::path& probe_dir);
// nullopt: there was no run yet.
Result<std::optional<RunStatus>> read_run_status(const fs::path& probe_dir);

}  // namespace writ::capture
