// SPDX-License-Identifier: GPL-3.0-or-later
// What may have been injected into a call is kept apart, or at least said.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "intercept/calls.hh"

namespace writ::intercept {

struct StreamTrace {                                            // of a stream, beside what is shown of it
  bool announced = false;                                       // its source, by the call's SDP
  std::uint16_t first_number = 0, last_number = 0;              // RTP sequence numbers
  std::vector<std::pair<std::int64_t, std::uint32_t>> seconds;  // of the clock, with its packets in each
};

// Streams from an address that the call did not announce, where one that is the call's sends to the same end:
// marked as foreign, and said. Not meant are a phone behind NAT that is alone on its way, or answered; one
// whose numbers go on from the other source (a NAT or ICE that changed its way); another port of the same
// host, unless both send at once.
void mark_foreign(std::vector<MediaStream>& streams, const std::vector<StreamTrace>& traces);

// Two SSRCs at once on one way: one of them may be injected under the true source's address. Both are in the
// recording, and that is said.
void say_two_at_once(const std::vector<MediaStream>& streams, const std::vector<StreamTrace>& traces,
                     std::vector<std::string>& anomalies);

}  // namespace writ::intercept
