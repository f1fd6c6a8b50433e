// SPDX-License-Identifier: GPL-3.0-or-later
// A sender's sampling clock against the probe's: both sides of a call drift apart when a telephone's crystal
// is off, and after half an hour one answers before the other has asked.
#pragma once
#include <cstdint>
#include <vector>

namespace writ::media {

struct ClockPoint {       // a packet
  std::int64_t sent = 0;  // nanoseconds by the RTP clock, of any origin
  std::int64_t late = 0;  // nanoseconds: arrival less `sent`, of any origin
};

// Seconds of the probe's clock to a second of the sender's: 1.0005 for a sender that is 500 ppm slow. Exactly
// 1.0 when the difference would not be heard (below a tenth of a second over the stream), when the stream is
// shorter than a minute, or when its lateness is no straight line. Jumps and changes of route are no drift:
// they are taken out before, and what is straight in pieces of one slope is a drift all the same.
double clock_stretch(const std::vector<ClockPoint>& points);

}  // namespace writ::media
