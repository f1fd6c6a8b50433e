// SPDX-License-Identifier: GPL-3.0-or-later
// The capture pipeline: source -> engine -> sealed spool. Authority is judged at packet time (engine) and at wall time (here,
// before the first packet and at least once a second): a run stops by itself when the last grant ends, is revoked, or when
// the wall clock goes back behind its persisted high-water mark (Exit::expired / Exit::refused).
#pragma once
#include <functional>
#include <string>

#include "capture/spool.hh"

namespace writ::capture {

struct RunResult {
  intercept::EngineStats stats;
  std::uint64_t spool_bytes = 0;
  bool source_truncated = false;
  std::string source_problem;       // "packet record at byte 1234 is broken", empty when none
  std::uint64_t kernel_dropped = 0;  // live only
  // Resumed capture files: packets already sealed by an earlier, killed run of the same source are not sealed twice.
  std::uint64_t packets_skipped = 0;
};

// `still_valid`: called at least once a second; an error ends the run in good order (spool closed) and is returned.
using Watch = std::function<Status()>;
Result<RunResult> run_file(const fs::path& capture, const std::vector<authority::VerifiedGrant>& grants, Spool& spool,
                           const Watch& still_valid);
// libpcap; stops on SIGINT/SIGTERM (flag) or when still_valid fails.
Result<RunResult> run_live(const std::string& interface, const std::vector<authority::VerifiedGrant>& grants, Spool& spool,
                           const Watch& still_valid, const volatile int& stop_flag);

}  // namespace writ::capture
