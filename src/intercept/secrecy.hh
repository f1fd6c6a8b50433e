// SPDX-License-Identifier: GPL-3.0-or-later
// Whether media between two ends are encrypted, by the lines of SDP that are in force at them (null: none
// is).
#pragma once
#include <string>

#include "wire/sdp.hh"

namespace writ::intercept {

// Under RTP/AVP an offer of keys that the other side passes over in silence leaves the media plain.
bool is_encrypted(const wire::SdpMedia* to, const wire::SdpMedia* from);
// Why no key for it can be known; "" when keys stand in the signalling, or nothing says how they are agreed.
std::string why_closed(const wire::SdpMedia* to, const wire::SdpMedia* from);

}  // namespace writ::intercept
