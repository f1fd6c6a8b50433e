// SPDX-License-Identifier: GPL-3.0-or-later
// What a pen register may show of a dialled string: the number called, and not the keys that are to be sent
// once the call is up ("12125550188,,77393#"), which are content.
#pragma once
#include <string>

#include "base/json.hh"

namespace writ::intercept {

// A party as identity text, without the keys after the number.
std::string without_later_keys(const std::string& party);
// The same of each party in an event's detail, at any depth.
void hide_later_keys(Json& detail);

}  // namespace writ::intercept
