// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/csv.hh"

namespace writ::records {

CsvReader::CsvReader(std::string_view text) : s_(text) {
  if (s_.substr(0, 3) == "\xEF\xBB\xBF") i_ = 3;
}

void CsvReader::end_line() {
  if (i_ < s_.size()) {
    if (s_[i_] == '\r' && i_ + 1 < s_.size() && s_[i_ + 1] == '\n') ++i_;
    ++i_;
    ++line_;
  }
}

void CsvReader::skip_line() {
  while (!at_line_end()) ++i_;
  end_line();
}

CsvReader::Stop CsvReader::read_quoted(std::string& field) {
  for (++i_; i_ < s_.size(); ++i_) {
    const char c = s_[i_];
    if (c != '"') {
      field += c;
      if (c == '\n' || (c == '\r' && (i_ + 1 >= s_.size() || s_[i_ + 1] != '\n'))) ++line_;
    } else if (i_ + 1 < s_.size() && s_[i_ + 1] == '"') {
      field += '"';
      ++i_;
    } else {
      ++i_;
      if (at_line_end()) return Stop::row;
      return s_[i_] == ',' ? Stop::field : Stop::after_quote;
    }
  }
  return Stop::open_quote;
}

CsvReader::Stop CsvReader::read_field(std::string& field) {
  if (i_ < s_.size() && s_[i_] == '"') return read_quoted(field);
  for (; !at_line_end(); ++i_) {
    if (s_[i_] == ',') return Stop::field;
    field += s_[i_];
  }
  return Stop::row;
}

bool CsvReader::next(CsvRow& row) {
  while (i_ < s_.size() && at_line_end()) end_line();
  if (i_ >= s_.size()) return false;
  row = CsvRow{line_, {}, {}};
  const std::size_t begin = i_;
  for (;;) {
    std::string field;
    const Stop stop = read_field(field);
    if (stop == Stop::open_quote || stop == Stop::after_quote) {
      row.fields.clear();
      row.problem = stop == Stop::open_quote ? "a quote is opened and never closed"
                                             : "text stands behind a closing quote";
      // Nothing behind the first line of a broken row is given up: the reader resumes on the next line of the
      // file.
      i_ = begin;
      line_ = row.line;
      skip_line();
      return true;
    }
    row.fields.push_back(std::move(field));
    if (stop == Stop::row) break;
    ++i_;
  }
  end_line();
  return true;
}

}  // namespace writ::records
