// SPDX-License-Identifier: GPL-3.0-or-later
// The pipeline in one process: matcher, spool with its group commit, the watch over authority.
#pragma once
#include <chrono>

#include "capture/intake.hh"
#include "capture/matcher.hh"
#include "capture/run.hh"

namespace writ::capture {

class Pump final : public Intake {
 public:
  Pump(const std::vector<authority::VerifiedGrant>& grants, Spool& spool, const Watch& still_valid,
       const RunSettings& settings);
  Status begin() override;
  void at(std::uint64_t place) override { spool_.at(place); }
  Status feed(const wire::RawPacket& p) override { return matcher_.feed(p); }
  intercept::Passed pass_over(wire::CaptureReader& reader, std::uint64_t most) override {
    return matcher_.pass_over(reader, most);
  }
  Status gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) override;
  void deaf(std::uint32_t sources) override { spool_.progress().tell_deaf(sources); }
  Status housekeeping() override;
  Status finish() override { return matcher_.finish(); }
  // Closes the spool and sums up.
  Result<RunResult> end(RunResult r, const Status& worked);

 private:
  void tell_progress();  // to the spool, where whoever watches reads it
  using Monotonic = std::chrono::steady_clock;
  Spool& spool_;
  const Watch& still_valid_;
  Matcher matcher_;
  Monotonic::time_point last_watch_{};
};

}  // namespace writ::capture
