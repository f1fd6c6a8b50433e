// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/rtcp_facts.hh"

#include <algorithm>

#include "wire/rtcp.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t streams_said_max = 1024;
constexpr Nanos beside_min = std::chrono::seconds{1};

// For how long both were sending.
Nanos together(const MediaStream& a, const MediaStream& b) {
  return std::min(a.last, b.last) - std::max(a.first, b.first);
}

// Does the end that hears this stream send to where it comes from?
bool answered(const std::vector<MediaStream>& streams, const MediaStream& s) {
  return std::any_of(streams.begin(), streams.end(),
                     [&](const MediaStream& x) { return x.src == s.dst && x.dst == s.src; });
}

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

void mark_foreign(std::vector<MediaStream>& streams, const std::vector<bool>& announced) {
  for (std::size_t i = 0; i < streams.size(); ++i) {
    MediaStream& s = streams[i];
    if (s.kind != "audio" || s.copy_of || announced[i]) continue;
    for (std::size_t j = 0; j < streams.size(); ++j) {
      const MediaStream& t = streams[j];
      if (i == j || t.kind != "audio" || t.copy_of || t.foreign || t.dst != s.dst || t.src == s.src) continue;
      // Of two that nobody announced, the one that is answered is the call's: media go back through its NAT.
      // Where that tells nothing, the first one: its NAT was there before.
      const bool known = announced[j] || (answered(streams, t) && !answered(streams, s));
      const bool of_the_call = known || t.first < s.first;
      const Nanos least = known ? Nanos{0} : beside_min;
      if (!of_the_call || together(s, t) < least) continue;
      s.foreign = true;
      s.why += (s.why.empty() ? "" : "; ") + std::string("it comes from ") + s.src.text() +
               ", which the call did not announce, beside stream " + std::to_string(j) + " from " +
               t.src.text() + ": kept apart from the recording";
      break;
    }
  }
}

}  // namespace writ::intercept
