// SPDX-License-Identifier: GPL-3.0-or-later
// From the words of a document to what its fields probably say. Nothing here decides: a person accepts or
// corrects every field (src/cases/page_intake.hh).
//
// Fields are named as in the process file (docs/process-file.md), with these forms of value:
//   kind ...                 text; dates "2026-04-16" or "2026-04-16T09:30"; numbers "+14045550142"; flags
//   "yes", "no" records_until            the last day, as the paper says it subjects.1 ...           "number
//   +14045550142", "extension 214", "account HB-1001", "tenant-name James Doe",
//                            "street-address 410|Harbor Road|Port Example|GA|30410"
//   items.<item>, expressly.<item>   "yes"
//   pages                    "2 of 2", or "2 of 3, missing 2": what the pages say of themselves
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "scan/page.hh"

namespace writ::scan {

struct Proposal {
  std::string field, value;
  int page = 0;        // of the file, from 1
  Box region;          // on that page
  int confidence = 0;  // 0-100: how well it was read, times how sure the place is
  std::string text;    // what it was read from
};

// Sorted by field; each field at most once.
std::vector<Proposal> propose_fields(const std::vector<Page>& pages);

// Pages that the document numbers but the file lacks: {2} for "2 of 3, missing 2".
std::vector<int> missing_pages(std::string_view pages_value);

}  // namespace writ::scan
