// SPDX-License-Identifier: GPL-3.0-or-later
// Words for status codes from our own table: a reason phrase on the wire is text that a party wrote, so it is
// content.
#pragma once
#include <string>

namespace writ::intercept {

std::string cause_text(int status);  // "486 Busy Here", "699" when the code has no name

}  // namespace writ::intercept
