// SPDX-License-Identifier: GPL-3.0-or-later
// What every source shares: duplicates, engine, ticks by packet time, group commit, the watch over authority,
// gaps, the end.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "capture/duplicates.hh"
#include "capture/run.hh"

namespace writ::capture {

class Pump {
 public:
  Pump(const std::vector<authority::VerifiedGrant>& grants, Spool& spool, const Watch& still_valid,
       const RunSettings& settings);
  Status begin();  // before the first packet
  Status feed(const wire::RawPacket& p);
  // Passes what is plain media of nobody's at the front of a capture file; feed() is for the rest.
  intercept::Passed pass_over(wire::CaptureReader& reader, std::uint64_t most);
  Status housekeeping();  // every few hundred packets or milliseconds
  Status finish() { return engine_.finish(); }
  // Tells every grant whose window the time falls into that something may be missing. from == until: from
  // that moment on.
  Status gap(Instant from, Instant until, const std::string& why, std::uint64_t packets);
  // Closes the spool and sums up.
  Result<RunResult> end(RunResult r, const Status& worked);

 private:
  void tell_progress();  // to the spool, where whoever watches reads it
  using Monotonic = std::chrono::steady_clock;
  const std::vector<authority::VerifiedGrant>& grants_;
  Spool& spool_;
  const Watch& still_valid_;
  intercept::Engine engine_;
  std::optional<Duplicates> duplicates_;
  Monotonic::time_point last_watch_{};
  Instant last_tick_{};
};

}  // namespace writ::capture
