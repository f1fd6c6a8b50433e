// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/pump.hh"

#include <algorithm>

namespace writ::capture {
namespace {

constexpr std::chrono::seconds tick_every{1};  // of packet time

}  // namespace

Pump::Pump(const std::vector<authority::VerifiedGrant>& grants, Spool& spool, const Watch& still_valid,
           const RunSettings& settings)
    : grants_(grants), spool_(spool), still_valid_(still_valid), engine_(grants, spool, settings.engine) {
  if (settings.drop_duplicates) duplicates_.emplace();
}

Status Pump::begin() {
  last_watch_ = Monotonic::now();
  return still_valid_();
}

Status Pump::feed(const wire::RawPacket& p) {
  if (duplicates_ && duplicates_->seen(p)) return {};
  if (!engine_.pass(p)) WRIT_CHECK(engine_.on_packet(p));
  if (p.at - last_tick_ < tick_every && p.at >= last_tick_) return {};
  last_tick_ = p.at;
  return engine_.tick(p.at);
}

intercept::Passed Pump::pass_over(wire::CaptureReader& reader, std::uint64_t most) {
  if (duplicates_) return {};  // these look at every packet
  return engine_.pass_over(reader, last_tick_, last_tick_ + tick_every, most);
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
  const intercept::EngineStats& s = engine_.stats();
  RunProgress& p = spool_.progress();
  p.packets = s.packets;
  p.bytes = s.bytes;
  p.packets_isolated = s.packets_isolated;
  p.calls_isolated = s.calls_isolated;
  p.reviews = s.reviews;
}

Status Pump::gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) {
  spool_.progress().dropped += packets;
  const bool moment = from == until;
  for (std::size_t g = 0; g < grants_.size(); ++g) {
    // Events lie within the window of their grant. A moment before it is said at its beginning.
    const Instant f = std::max(from, grants_[g].from());
    const Instant u = moment ? f : std::min(until, grants_[g].until() - Nanos{1});
    if (f >= grants_[g].until() || u < f) continue;
    Json detail{{"why", why}, {"from", rfc3339(f)}, {"until", rfc3339(u)}};
    if (packets > 0) detail["packets"] = packets;
    WRIT_CHECK(spool_.event(g, {intercept::EventType::gap, u, 0, "", std::move(detail)}));
  }
  return {};
}

Result<RunResult> Pump::end(RunResult r, const Status& worked) {
  tell_progress();
  // What was acquired under authority is kept, whatever ended the run.
  Status closed = spool_.close();
  if (!worked) return tl::unexpected(worked.error());
  if (!closed) return tl::unexpected(std::move(closed).error());
  r.stats = engine_.stats();
  if (duplicates_) r.duplicates = duplicates_->removed();
  r.spool_bytes = spool_.bytes_written();
  for (std::size_t g = 0; g < spool_.grants(); ++g) r.records_resumed += spool_.counts(g).resumed;
  return r;
}

}  // namespace writ::capture
