// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/rtcp_facts.hh"

#include <algorithm>

#include "wire/rtcp.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t streams_said_max = 1024;

}  // namespace

void RtcpFacts::add(Instant at, const wire::UdpPacket& udp) {
  const wire::Rtcp r = wire::parse_rtcp(udp.payload);
  const auto of = [&](const wire::Address& sender, std::uint32_t ssrc) -> Said* {
    if (said_.size() >= streams_said_max && !said_.contains({sender, ssrc})) return nullptr;
    return &said_[{sender, ssrc}];
  };
  for (const wire::RtcpSender& s : r.senders)
    if (Said* x = of(udp.src.ip, s.ssrc)) x->sent = std::max<std::uint64_t>(x->sent.value_or(0), s.packets);
  for (const wire::RtcpReport& b : r.reports)
    if (Said* x = of(udp.dst.ip, b.ssrc)) x->lost = b.lost;
  for (const std::uint32_t ssrc : r.bye)
    if (Said* x = of(udp.src.ip, ssrc)) x->bye = at;
}

void RtcpFacts::tell(MediaStream& s) const {
  const auto it = said_.find({s.src.ip, s.ssrc});
  if (it == said_.end() || s.encrypted) return;
  s.rtcp_sent = it->second.sent;
  s.rtcp_lost = it->second.lost;
  s.rtcp_bye = it->second.bye;
}

}  // namespace writ::intercept
