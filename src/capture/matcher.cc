// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/matcher.hh"

#include <algorithm>
#include <utility>

namespace writ::capture {
namespace {

constexpr std::chrono::seconds tick_every{1};  // of packet time

}  // namespace

Matcher::Matcher(const std::vector<authority::VerifiedGrant>& grants, intercept::Sink& sink,
                 const RunSettings& settings)
    : grants_(grants), sink_(sink), engine_(grants, sink, settings.engine) {
  if (settings.drop_duplicates) duplicates_.emplace();
}

Status Matcher::feed(const wire::RawPacket& p) {
  if (duplicates_ && duplicates_->seen(p)) return {};
  if (std::exchange(looked_at_, false) || !engine_.pass(p)) WRIT_CHECK(engine_.on_packet(p));
  if (p.at - last_tick_ < tick_every && p.at >= last_tick_) return {};
  last_tick_ = p.at;
  return engine_.tick(p.at);
}

intercept::Passed Matcher::pass_over(wire::CaptureReader& reader, std::uint64_t most) {
  if (duplicates_) return {};  // these look at every packet
  const intercept::Passed passed = engine_.pass_over(reader, last_tick_, last_tick_ + tick_every, most);
  looked_at_ = passed.looked;
  return passed;
}

Status Matcher::gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) {
  Json detail{{"why", why}};
  if (packets > 0) detail["packets"] = packets;
  return say_gap(from, until, detail);
}

Status Matcher::calls_lost(Instant at, const std::string& why) {
  return say_gap(at, at, {{"why", why}, {intercept::calls_lost, true}});
}

Status Matcher::say_gap(Instant from, Instant until, const Json& detail) {
  const bool moment = from == until;
  for (std::size_t g = 0; g < grants_.size(); ++g) {
    // Events lie within the window of their grant. A moment before it is said at its beginning.
    const Instant f = std::max(from, grants_[g].from());
    const Instant u = moment ? f : std::min(until, grants_[g].until() - Nanos{1});
    if (f >= grants_[g].until() || u < f) continue;
    Json said = detail;
    said.update({{"from", rfc3339(f)}, {"until", rfc3339(u)}});
    WRIT_CHECK(sink_.event(g, {intercept::EventType::gap, u, 0, "", std::move(said)}));
  }
  return {};
}

}  // namespace writ::capture
