// SPDX-License-Identifier: GPL-3.0-or-later
// How a connection says that it will speak SIP over WebSocket (RFC 6455 4, RFC 7118 4.1).
#pragma once
#include "base/bytes.hh"

namespace writ::wire {

// The head of a request of HTTP, or of a response 101, that names the subprotocol "sip". What does not begin
// as one of them costs a look at its first bytes.
bool upgrades_to_sip(View v);
// Begins with a line of HTTP.
bool is_http_head(View v);

}  // namespace writ::wire
