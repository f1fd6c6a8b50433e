// SPDX-License-Identifier: GPL-3.0-or-later
// Signalling on TCP or TLS is not read by this build; so that it is not passed over in silence, segments that
// carry it are counted.
#pragma once
#include "wire/packet.hh"

namespace writ::intercept {

// A TCP segment with data whose port is 5060 or 5061, or whose data begin like SIP.
bool tcp_looks_like_sip(const wire::RawPacket& p);

}  // namespace writ::intercept
