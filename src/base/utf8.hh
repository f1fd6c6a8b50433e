// SPDX-License-Identifier: GPL-3.0-or-later
// Text of unknown encoding at the edge: signalling, files and names are UTF-8 inside the house, whatever a
// device sends.
#pragma once
#include <string>
#include <string_view>

namespace writ {

// Well-formed by the Unicode standard's table 3-7: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view s);

// `s` itself when it is UTF-8; else its well-formed parts, and every other byte as \xhh, so that it can be
// read and searched and no byte is silently gone.
std::string utf8_or_escaped(std::string_view s);

}  // namespace writ
