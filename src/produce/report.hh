// SPDX-License-Identifier: GPL-3.0-or-later
// Papers that are headings, paragraphs and tables: the SSI plan, the register of certifications, the
// transparency report. Same input, same bytes.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "policy/policy.hh"
#include "produce/pdf.hh"

namespace writ::produce {

struct ReportTable {
  std::vector<std::pair<std::string, int>> columns;  // head, width in points; 484 fill the page
  std::vector<std::vector<std::string>> rows;
};
struct ReportSection {
  std::string title, rule;  // rule: the citation, printed under the title
  std::vector<std::string> paragraphs;
  std::vector<ReportTable> tables;
};
struct Report {
  std::string title, subtitle, subject, footer;
  Instant created{};
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<ReportSection> sections;
  std::string signature_below;  // "" : no line to sign on
};

// Letterhead, title, facts and sections.
Result<std::string> render_report(const policy::Policy& p, const Report& r);
void put_section(Paper& p, const ReportSection& s);

}  // namespace writ::produce
