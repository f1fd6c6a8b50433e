// SPDX-License-Identifier: GPL-3.0-or-later
// A line that others share is no target: its calls are the neighbours' as well.
#pragma once
#include <optional>
#include <string>

#include "process/request.hh"

namespace writ::process {

inline constexpr const char* neighbours_cure =
    "name the target's own number or SIP address; where the records are wrong, import the line without its "
    "mark "
    "as a trunk, or with hosts that its property has alone (docs/records-csv.md)";

// By the records of the order's period: a shared trunk, or an extension that another property has at the same
// host. None: the target's own, or not a value that can be looked up (V4).
Result<std::optional<std::string>> shared_with_neighbours(const TargetRequest& t, const Request& r,
                                                          const records::Catalogue& book);

}  // namespace writ::process
