// SPDX-License-Identifier: GPL-3.0-or-later
// Names of methods and header fields; compact forms (RFC 3261 7.3.3 and the IANA registry).
#pragma once
#include "wire/sip.hh"

namespace writ::wire {

Header header_of(std::string_view name);
Method method_of(std::string_view name);  // Method::other when not known
// Is this header line named `long_name`, in full or in its compact form?
bool header_named(std::string_view written, std::string_view long_name);

}  // namespace writ::wire
