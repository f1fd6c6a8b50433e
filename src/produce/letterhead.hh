// SPDX-License-Identifier: GPL-3.0-or-later
// What the three papers have in common: the carrier's letterhead and small rows of "label: value".
#pragma once
#include <string>
#include <vector>

#include "base/io.hh"
#include "policy/policy.hh"
#include "produce/pdf.hh"

namespace writ::produce {

inline const Style body_style{Style::Face::serif, 9.5, false, false, 0, Style::Align::justify};
inline const Style plain_style{Style::Face::serif, 9.5, false, false, 0, Style::Align::left};
inline const Style small_style{Style::Face::sans, 8, false, false, 0.2, Style::Align::left};
inline const Style mono_style{Style::Face::mono, 7, false, false, 0.15, Style::Align::left};

void letterhead(Paper& p, const policy::Policy& policy);
// A title between two thin rules, for the certification and the invoice.
void title_block(Paper& p, const std::string& title, const std::string& subtitle);
void label_rows(Paper& p, const std::vector<std::pair<std::string, std::string>>& rows,
                double label_width = 112);
std::string joined(const std::vector<std::string>& parts, const char* between);
std::string clean_block(const std::string& s);  // clean_text line by line, for addresses
std::string custodian_title(const policy::Policy& policy);
Status save_pdf(const fs::path& file, Result<std::string> pdf);

}  // namespace writ::produce
