// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 4180 as spreadsheets really write it: CRLF, LF or CR, byte order mark, quoted line breaks.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace writ::records {

struct CsvRow {
  std::size_t line = 0;  // where the row begins, 1-based
  std::vector<std::string> fields;
  std::string problem;  // not empty: the row cannot be read; `fields` is then empty
};

class CsvReader {
 public:
  explicit CsvReader(std::string_view text);
  // False at the end. Empty lines are passed over.
  bool next(CsvRow& row);

 private:
  enum class Stop { field, row, open_quote, after_quote };
  Stop read_field(std::string& field);
  Stop read_quoted(std::string& field);
  void end_line();
  void skip_line();
  bool at_line_end() const { return i_ >= s_.size() || s_[i_] == '\n' || s_[i_] == '\r'; }

  std::string_view s_;
  std::size_t i_ = 0, line_ = 1;
};

}  // namespace writ::records
