// SPDX-License-Identifier: GPL-3.0-or-later
// AMR and AMR-WB in RTP (RFC 4867): a payload cut into codec frames as the storage format has them (section
// 5), which is what decoders take.
#pragma once
#include <string_view>
#include <vector>

#include "base/bytes.hh"

namespace writ::wire {

struct AmrLayout {
  bool wide = false;           // AMR-WB: 16 kHz
  bool octet_aligned = false;  // a=fmtp octet-align=1; else bandwidth-efficient
  bool crc = false;            // crc=1: a check of each frame, which is passed over
  bool readable = true;        // false: interleaving or robust sorting, or several channels
};
AmrLayout amr_layout(bool wide, std::string_view fmtp, unsigned channels);

struct AmrFrame {
  Bytes stored;         // header octet (type, quality) and speech bits, padded to octets
  bool speech = false;  // false: comfort noise, or nothing was sent for its 20 ms
};
inline constexpr std::size_t amr_frames_max = 64;
// Empty when the payload is broken. Devices that announce one layout and send the other are read by what
// fits.
std::vector<AmrFrame> split_amr(const AmrLayout& layout, View payload);

}  // namespace writ::wire
