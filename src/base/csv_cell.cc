// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/csv_cell.hh"

namespace writ {
namespace {

bool is_number(const std::string& s) {
  const std::size_t from = s[0] == '+' || s[0] == '-' ? 1 : 0;
  return s.size() > from && s.find_first_not_of("0123456789", from) == std::string::npos;
}

}  // namespace

std::string csv_cell(const std::string& text) {
  if (text.empty()) return text;
  const bool would_run = std::string_view("=+-@\t\r\n").find(text[0]) != std::string_view::npos;
  std::string s = would_run && !is_number(text) ? "'" + text : text;
  if (s.find_first_of(",\"\r\n") == std::string::npos) return s;
  std::string out = "\"";
  for (const char ch : s) {
    if (ch == '"') out += '"';
    out += ch;
  }
  return out + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + csv_cell(cells[i]);
  return out + "\r\n";
}

}  // namespace writ
