// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/pump.hh"

namespace writ::capture {

Pump::Pump(const std::vector<authority::VerifiedGrant>& grants, Spool& spool, const Watch& still_valid,
           const RunSettings& settings)
    : spool_(spool), still_valid_(still_valid), matcher_(grants, spool, settings) {}

Status Pump::begin() {
  last_watch_ = Monotonic::now();
  return still_valid_();
}

Status Pump::housekeeping() {
  WRIT_CHECK(spool_.maybe_commit());
  const auto now = Monotonic::now();
  // A stay's end must stop the probe within a second of the hotel's message: the desk takes a part of that.
  if (now - last_watch_ < std::chrono::milliseconds{200}) return {};
  last_watch_ = now;
  tell_progress();
  return still_valid_();
}

void Pump::tell_progress() {
  const intercept::EngineStats& s = matcher_.stats();
  RunProgress& p = spool_.progress();
  p.packets = s.packets;
  p.bytes = s.bytes;
  p.packets_isolated = s.packets_isolated;
  p.calls_isolated = s.calls_isolated;
  p.reviews = s.reviews;
}

Status Pump::gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) {
  spool_.progress().dropped += packets;
  return matcher_.gap(from, until, why, packets);
}

Result<RunResult> Pump::end(RunResult r, const Status& worked) {
  tell_progress();
  // What was acquired under authority is kept, whatever ended the run.
  Status closed = spool_.close();
  if (!worked) return tl::unexpected(worked.error());
  if (!closed) return tl::unexpected(std::move(closed).error());
  r.stats = matcher_.stats();
  r.duplicates = matcher_.duplicates();
  r.deaf_times = spool_.progress().deaf_times;
  r.spool_bytes = spool_.bytes_written();
  for (std::size_t g = 0; g < spool_.grants(); ++g) r.records_resumed += spool_.counts(g).resumed;
  return r;
}

}  // namespace writ::capture
