// SPDX-License-Identifier: GPL-3.0-or-later
// From the values of a page (field -> text) to a process file: local dates become instants by the carrier's
// own hours, flags become flags, subjects their parts.
#pragma once
#include <map>
#include <string>

#include "policy/policy.hh"

namespace writ::cases {

using PageValues = std::map<std::string, std::string>;

// Canonical "writ.demand/1"; "writ.request/1" when the kind's order is one for an interception. Exit::usage
// names the field.
Result<Json> process_file_of(const PageValues& values, const policy::Hours& hours,
                             const std::string& read_from);

}  // namespace writ::cases
