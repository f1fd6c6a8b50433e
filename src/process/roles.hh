// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of roles in the tables of this room.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "authority/person.hh"

namespace writ::process {

inline bool has(const std::vector<authority::Role>& roles, authority::Role r) {
  return std::find(roles.begin(), roles.end(), r) != roles.end();
}

// "counsel or officer"
inline std::string role_text(const std::vector<authority::Role>& roles) {
  std::string out;
  for (const authority::Role r : roles) out += (out.empty() ? "" : " or ") + std::string(to_string(r));
  return out;
}

}  // namespace writ::process
