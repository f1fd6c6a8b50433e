// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/rtp.hh"

namespace writ::wire {

std::optional<RtpPacket> parse_rtp(View v) {
  if (v.size() < 12 || v[0] >> 6 != 2) return std::nullopt;
  std::size_t header = 12 + 4u * (v[0] & 0x0fu);
  if (header > v.size()) return std::nullopt;
  if (v[0] & 0x10) {
    if (header + 4 > v.size()) return std::nullopt;
    header += 4 + 4u * load_be16(v.data() + header + 2);
    if (header > v.size()) return std::nullopt;
  }
  std::size_t end = v.size();
  if (v[0] & 0x20) {
    // A count of zero breaks RFC 3550 but is sent: nothing is cut then.
    const std::size_t padding = end > header ? v[end - 1] : 0;
    if (padding > end - header) return std::nullopt;
    end -= padding;
  }
  RtpPacket p;
  p.payload_type = v[1] & 0x7f;
  p.marker = (v[1] & 0x80) != 0;
  p.sequence = load_be16(v.data() + 2);
  p.timestamp = load_be32(v.data() + 4);
  p.ssrc = load_be32(v.data() + 8);
  p.payload = v.subspan(header, end - header);
  return p;
}

bool is_rtcp(View v) { return v.size() >= 8 && v[0] >> 6 == 2 && v[1] >= 192 && v[1] <= 223; }

std::optional<TelephoneEvent> parse_telephone_event(View v) {
  if (v.size() < 4) return std::nullopt;
  return TelephoneEvent{v[0], (v[1] & 0x80) != 0, static_cast<std::uint8_t>(v[1] & 0x3f),
                        load_be16(v.data() + 2)};
}

char event_digit(std::uint8_t event) {
  constexpr std::string_view digits = "0123456789*#ABCD!";
  return event < digits.size() ? digits[event] : '\0';
}

}  // namespace writ::wire
