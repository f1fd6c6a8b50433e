// SPDX-License-Identifier: GPL-3.0-or-later
// Packets in their order -> what grants name. No file, no clock but that of the packets: the same packets
// give the same records.
#pragma once
#include <optional>
#include <string>

#include "capture/duplicates.hh"
#include "intercept/engine.hh"

namespace writ::capture {

struct RunSettings {
  intercept::EngineOptions engine;
  bool drop_duplicates = false;  // copies of one packet that a mirror shows twice (duplicates.hh)
  bool one_input = false;        // a file or stream came in at engine.inputs[0] as a whole
};

class Matcher {
 public:
  // All outlive the matcher.
  Matcher(const std::vector<authority::VerifiedGrant>& grants, intercept::Sink& sink,
          const RunSettings& settings);
  // Errors come from the sink only.
  Status feed(const wire::RawPacket& p);
  // The grants have grown at their end: those count from the next packet on.
  void grants_added() { engine_.grants_added(); }
  // Tells every grant whose window the time falls into (Intake::gap).
  Status gap(Instant from, Instant until, const std::string& why, std::uint64_t packets);
  // The same for one who knew of calls that were up, and is gone: from that moment on.
  Status calls_lost(Instant at, const std::string& why);
  Status finish() { return engine_.finish(); }
  // Passes what is plain media of nobody's at the front of a capture file; feed() is for the rest.
  intercept::Passed pass_over(wire::CaptureReader& reader, std::uint64_t most);
  void skip(std::uint64_t packets) { engine_.skip(packets); }
  const intercept::EngineStats& stats() const { return engine_.stats(); }
  std::uint64_t duplicates() const { return duplicates_ ? duplicates_->removed() : 0; }

 private:
  Status say_gap(Instant from, Instant until, const Json& detail);
  const std::vector<authority::VerifiedGrant>& grants_;
  intercept::Sink& sink_;
  intercept::Engine engine_;
  std::optional<Duplicates> duplicates_;
  Instant last_tick_{};
  bool looked_at_ = false;  // the next packet: it is not to be passed over
};

}  // namespace writ::capture
