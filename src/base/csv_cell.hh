// SPDX-License-Identifier: GPL-3.0-or-later
// CSV that a spreadsheet does not run: RFC 4180, and a cell that would start a formula (= + - @ or a control
// character first) gets an apostrophe before it. Telephone numbers (+ and digits only) stay as they are: a
// spreadsheet takes them as numbers, and no other program must strip anything.
#pragma once
#include <string>
#include <vector>

namespace writ {

std::string csv_cell(const std::string& text);
std::string csv_line(const std::vector<std::string>& cells);  // with CRLF

}  // namespace writ
