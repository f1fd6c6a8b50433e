// SPDX-License-Identifier: GPL-3.0-or-later
// The capture pipeline: source -> engine -> sealed spool. Authority is judged at packet time (engine) and at
// wall time (here, before the first packet and at least once a second): a run stops by itself when the last
// grant ends, is revoked, or when the wall clock goes back behind its persisted high-water mark
// (Exit::expired / Exit::refused).
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "capture/spool.hh"

namespace writ::capture {

struct RunResult {
  intercept::EngineStats stats;
  std::uint64_t spool_bytes = 0;
  bool source_truncated = false;
  std::string source_problem;        // "packet record at byte 1234 is broken", empty when none
  std::uint64_t kernel_dropped = 0;  // live only
  // Resumed capture files: records already sealed by an earlier, killed run of the same source are not sealed
  // twice.
  std::uint64_t records_resumed = 0;
};

// `still_valid`: called at least once a second; an error ends the run in good order (spool closed) and is
// returned.
using Watch = std::function<Status()>;
// The spool must have been opened with source_identity(capture), or without a source when nothing is to be
// resumed.
Result<RunResult> run_file(const fs::path& capture, const std::vector<authority::VerifiedGrant>& grants,
                           Spool& spool, const Watch& still_valid);

// A live interface through libpcap. Opening needs CAP_NET_RAW; running needs no privilege at all, so that the
// caller drops what it has in between.
class LiveSource {
 public:
  static Result<LiveSource> open(const std::string& interface);
  LiveSource(LiveSource&&) noexcept;
  ~LiveSource();
  struct Impl;
  Impl& impl() { return *i_; }

 private:
  explicit LiveSource(std::unique_ptr<Impl> i);
  std::unique_ptr<Impl> i_;
};
// Stops in good order when stop_flag is not 0 (SIGINT, SIGTERM), or when still_valid fails.
Result<RunResult> run_live(LiveSource& source, const std::vector<authority::VerifiedGrant>& grants,
                           Spool& spool, const Watch& still_valid, const volatile int& stop_flag);

}  // namespace writ::capture
