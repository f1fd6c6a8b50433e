// SPDX-License-Identifier: GPL-3.0-or-later
// RTCP (RFC 3550 section 6): what sender and receiver say of a stream. Nobody authenticates it: it informs,
// and ends or changes nothing.
#pragma once
#include <vector>

#include "base/bytes.hh"

namespace writ::wire {

struct RtcpSender {  // SR
  std::uint32_t ssrc = 0;
  std::uint64_t ntp = 0;            // seconds since 1900 in 32.32 bits
  std::uint32_t rtp_timestamp = 0;  // of the same instant
  std::uint32_t packets = 0;        // sent since the stream began
};
struct RtcpReport {  // a block of SR or RR
  std::uint32_t reporter = 0, ssrc = 0;
  std::int32_t lost = 0;      // packets since the stream began; negative with duplicates
  std::uint32_t highest = 0;  // extended sequence number
};

struct Rtcp {
  std::vector<RtcpSender> senders;
  std::vector<RtcpReport> reports;
  std::vector<std::uint32_t> bye;
  bool whole = false;  // the compound's lengths fit
};
inline constexpr std::size_t rtcp_items_max = 64;
// Packets up to the first one that is broken. Of SRTCP only the first SSRC would be true: not to be asked.
Rtcp parse_rtcp(View udp_payload);

}  // namespace writ::wire
