// SPDX-License-Identifier: GPL-3.0-or-later
// What a PDF says, read by programs that are not ours.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>

#include "produce/sample.hh"

namespace writ::cases {

// With every run of white space as one space; fails the test when qpdf finds the file damaged.
inline std::string paper_text(const fs::path& file) {
  const std::string checked = produce::sample::output_of("qpdf --check " + file.string() + " 2>&1");
  EXPECT_NE(checked.find("No syntax or stream encoding errors found"), std::string::npos) << checked;
  const std::string raw = produce::sample::output_of("pdftotext -layout " + file.string() + " - 2>/dev/null");
  std::string flowing =
      produce::sample::output_of("pdftotext -raw " + file.string() + " - 2>/dev/null") + raw;
  std::string out;
  for (const char c : flowing)
    if (c != '\n' && c != '\r' && c != '\f' && c != ' ')
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  return out;
}

}  // namespace writ::cases
