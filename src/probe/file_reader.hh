// SPDX-License-Identifier: GPL-3.0-or-later
// The process that reads a capture file and finds what grants name: it has the file's bytes and no key. What
// it missed, or a run that was killed, is made good by reading again, so that nobody stands by for it.
#pragma once
#include "base/stop.hh"
#include "capture/intake.hh"
#include "capture/matcher.hh"
#include "probe/findings.hh"

namespace writ::probe {

class FileReader final : public capture::Intake {
 public:
  // All outlive it. `stop`: not 0 ends the reading. `sealer`: the process that seals, our child.
  FileReader(Stage& stage, const std::vector<authority::VerifiedGrant>& grants,
             const capture::RunSettings& settings, const StopFlag& stop, int sealer);
  Status begin() override { return {}; }
  void at(std::uint64_t place) override { findings_.at(place); }
  Status feed(const wire::RawPacket& p) override;
  intercept::Passed pass_over(wire::CaptureReader& reader, std::uint64_t most) override {
    return matcher_.pass_over(reader, most);
  }
  Status gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) override;
  Status housekeeping() override;
  Status finish() override;
  // After an error: what was found so far is all; calls that are up are not ended, since the next run reads
  // on.
  Status abandon();
  bool sealer_ended() const { return sealer_status_ >= 0; }
  // How it ended; waits for it.
  int sealer_status();

 private:
  bool sealer_is_there();
  Status told_all();
  Board& board_;
  Findings findings_;
  capture::Matcher matcher_;
  const StopFlag& stop_;
  int sealer_, sealer_status_ = -1;
};

}  // namespace writ::probe
