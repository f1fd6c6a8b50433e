// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: an instant as RFC 3339 writes it.
#pragma once
#include <string_view>

#include "base/time.hh"

namespace writ::test {

inline Instant at(std::string_view rfc3339) { return *parse_rfc3339(rfc3339); }

}  // namespace writ::test
