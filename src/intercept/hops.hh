// SPDX-License-Identifier: GPL-3.0-or-later
// One voice on both sides of a relay (an SBC, rtpengine, a PBX that stays in the media): under another SSRC
// or codec nothing in the packets says so, but who announced the endpoints does.
#pragma once
#include "intercept/streams.hh"

namespace writ::intercept {

// Fills `nearer`: whoever announced the end that hears a stream announced the end that sends another one on,
// to the same side of the call.
void mark_hops(std::vector<MediaStream>& streams, const SdpTimeline& sdp);

}  // namespace writ::intercept
