// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/packets.hh"

namespace writ::media {

std::optional<View> Packets::payload(std::size_t i) const {
  if (i >= evidence_.size()) return std::nullopt;
  if (const auto it = clear_.find(i); it != clear_.end())
    return it->second.empty() ? std::optional<View>{} : View{it->second};
  if (!evidence_[i].datagram.empty()) return evidence_[i].datagram;
  const wire::Decoded d = wire::decode(evidence_[i].raw);
  if (d.verdict != wire::Verdict::udp) return std::nullopt;
  return d.udp.payload;
}

std::optional<wire::RtpPacket> Packets::rtp(std::size_t i) const {
  const auto p = payload(i);
  return p ? wire::parse_rtp(*p) : std::nullopt;
}

bool Packets::left_out(std::size_t i) const {
  const auto it = clear_.find(i);
  return it != clear_.end() && it->second.empty();
}

}  // namespace writ::media
