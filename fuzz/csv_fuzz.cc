// SPDX-License-Identifier: GPL-3.0-or-later
// Subscriber files: every row is either fields or a problem with its line, and lines only go up.
#include <cstdlib>

#include "records/catalogue.hh"
#include "records/csv.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace writ;
  records::CsvReader reader(text_of({data, size}));
  records::CsvRow row;
  std::size_t line = 0;
  while (reader.next(row)) {
    if (row.line <= line || (row.problem.empty() == row.fields.empty())) std::abort();
    line = row.line;
    if (!row.fields.empty()) (void)records::to_e164(row.fields.front());
  }
  return 0;
}
