// SPDX-License-Identifier: GPL-3.0-or-later
// What a source gives its packets to: the pipeline itself (pump.hh), or the process that holds the pipeline
// (probe/ring_owner.hh, probe/file_reader.hh).
#pragma once
#include <functional>
#include <string>

#include "base/result.hh"
#include "base/time.hh"
#include "intercept/engine.hh"

namespace writ::capture {

class Intake {
 public:
  virtual ~Intake() = default;
  virtual Status begin() = 0;  // before the first packet
  // The place (1, 2, ...) of what comes next in a source that can be read again.
  virtual void at(std::uint64_t) {}
  virtual Status feed(const wire::RawPacket& p) = 0;
  // May take packets at the front of a capture file, `most` at most, without their being fed.
  virtual intercept::Passed pass_over(wire::CaptureReader&, std::uint64_t) { return {}; }
  // Something may be missing from here to there, `packets` of them when that is known (else 0).
  // from == until: from that moment on.
  virtual Status gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) = 0;
  // How many live sources hear nothing at present.
  virtual void deaf(std::uint32_t) {}
  // To be asked while it waits and takes nothing: what the source lost since it was asked before. That is
  // shown at once; its gap comes when it is taken again. An empty one when the source ends.
  virtual void while_waiting(const std::function<std::uint64_t()>& /*newly_lost*/) {}
  virtual Status housekeeping() = 0;  // every few hundred packets or milliseconds; an error ends the run
  virtual Status finish() = 0;        // the source has ended
};

}  // namespace writ::capture
