// SPDX-License-Identifier: GPL-3.0-or-later
// What every source shares: engine, ticks by packet time, group commit, the watch over authority, gaps, the
// end.
#pragma once
#include <chrono>
#include <string>

#include "capture/run.hh"

namespace writ::capture {

class Pump {
 public:
  Pump(const std::vector<authority::VerifiedGrant>& grants, Spool& spool, const Watch& still_valid);
  Status begin();  // before the first packet
  Status feed(const wire::RawPacket& p);
  Status housekeeping();  // every few hundred packets or milliseconds
  Status finish() { return engine_.finish(); }
  // Tells every grant that something may be missing.
  Status gap(Instant from, Instant until, const std::string& why, std::uint64_t packets);
  // Closes the spool and sums up.
  Result<RunResult> end(RunResult r, const Status& worked);

 private:
  void tell_progress();  // to the spool, where whoever watches reads it
  using Monotonic = std::chrono::steady_clock;
  Spool& spool_;
  const Watch& still_valid_;
  intercept::Engine engine_;
  Monotonic::time_point last_watch_{};
  Instant last_tick_{};
};

}  // namespace writ::capture
