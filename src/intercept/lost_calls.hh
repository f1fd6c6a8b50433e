// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that were up when the probe lost what it knew of them (it was killed, or its disk was full, or its
// parser died with all its copies). It says that moment, under calls_lost, and knows no more which calls
// these were: the evidence does. Such a call is attached again by a later message of it, its media only when
// that message, or one after it, says where they are.
#pragma once
#include <vector>

#include "intercept/calls.hh"

namespace writ::intercept {

struct LostCall {
  std::uint32_t number = 0;  // that it had when it was lost
  // From the loss until its media, or its end, were seen again; where nothing is, until the evidence ends. Of
  // a grant that takes no packets: until it was attached again.
  Gap gap;
};

// Of one grant; `events` in the order in which they were sealed: by their times, a clock that is a little off
// would put a call that is attached again before its loss.
std::vector<LostCall> lost_calls(const std::vector<Event>& events,
                                 const std::vector<EvidencePacket>& packets);

}  // namespace writ::intercept
