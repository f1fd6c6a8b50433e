// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/rtcp_facts.hh"

#include <algorithm>

#include "wire/rtcp.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t streams_said_max = 1024;

}  // namespace

void RtcpFacts::add(Instant at, const wire::Address& sender, const wire::Address& receiver, View rtcp) {
  const wire::Rtcp r = wire::parse_rtcp(rtcp);
  const auto of = [&](const wire::Address& host, std::uint32_t ssrc) -> Said* {
    if (said_.size() >= streams_said_max && !said_.contains({host, ssrc})) return nullptr;
    return &said_[{host, ssrc}];
  };
  for (const wire::RtcpSender& s : r.senders)
    if (Said* x = of(sender, s.ssrc)) x->sent = std::max<std::uint64_t>(x->sent.value_or(0), s.packets);
  for (const wire::RtcpReport& b : r.reports)
    if (Said* x = of(receiver, b.ssrc)) x->lost = b.lost;
  for (const std::uint32_t ssrc : r.bye)
    if (Said* x = of(sender, ssrc)) x->bye = at;
}

void RtcpFacts::tell(MediaStream& s) const {
  const auto it = said_.find({s.src.ip, s.ssrc});
  if (it == said_.end() || s.encrypted) return;
  s.rtcp_sent = it->second.sent;
  s.rtcp_lost = it->second.lost;
  s.rtcp_bye = it->second.bye;
}

}  // namespace writ::intercept
