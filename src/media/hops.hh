// SPDX-License-Identifier: GPL-3.0-or-later
// A call that is seen on several hops has each voice several times: it is mixed once.
#pragma once
#include "intercept/calls.hh"
#include "media/packets.hh"

namespace writ::media {

// The streams of other hops that carry the voice of stream k, nearer to the target; each as the stream that
// its copies name.
std::vector<std::size_t> carriers(const intercept::CallRecord& call, std::size_t k);
// After decryption: the same stream under another key, or under none, is a copy.
void mark_opened_copies(intercept::CallRecord& call, const Packets& packets);
// Of a voice that a relay sends on under another SSRC the hop next to the target is heard: what others carry
// at the same time is left out, and said. What only they carry stays.
void leave_out_carried(intercept::CallRecord& call, Packets& packets);

}  // namespace writ::media
