// SPDX-License-Identifier: GPL-3.0-or-later
// RTP (RFC 3550), RTCP recognition (RFC 5761 section 4), RFC 4733 telephone events.
#pragma once
#include <optional>

#include "base/bytes.hh"

namespace writ::wire {

struct RtpPacket {
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  View payload;  // CSRC list, extension and padding removed
};
// Nothing when it is not version 2 or lengths do not fit.
std::optional<RtpPacket> parse_rtp(View udp_payload);
bool is_rtcp(View udp_payload);  // version 2, packet type 192..223 by RFC 5761

struct TelephoneEvent {
  std::uint8_t event = 0;  // 0-9, 10 '*', 11 '#', 12-15 A-D, 16 flash
  bool end = false;
  std::uint8_t volume = 0;
  std::uint16_t duration = 0;
};
std::optional<TelephoneEvent> parse_telephone_event(View rtp_payload);
char event_digit(std::uint8_t event);  // '0'..'9','*','#','A'..'D','!' (flash), 0 when not a digit

}  // namespace writ::wire
