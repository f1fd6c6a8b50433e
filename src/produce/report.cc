// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/report.hh"

#include "produce/letterhead.hh"

namespace writ::produce {
namespace {

const Style rule_style{Style::Face::sans, 7.4, false, true, 0.35, Style::Align::left};

void put_table(Paper& p, const ReportTable& t) {
  std::vector<Paper::Column> columns;
  for (const auto& [head, width] : t.columns)
    columns.push_back({clean_text(head), static_cast<double>(width), Style::Align::left});
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : t.rows) {
    auto& out = rows.emplace_back();
    for (const std::string& cell : row) out.push_back(clean_block(cell));
  }
  p.table(columns, rows);
}

}  // namespace

void put_section(Paper& p, const ReportSection& s) {
  p.heading(clean_text(s.title));
  if (!s.rule.empty()) p.text(clean_text(s.rule), rule_style, 3);
  for (const std::string& text : s.paragraphs) p.text(clean_text(text), body_style, 4);
  for (const ReportTable& t : s.tables) put_table(p, t);
}

Result<std::string> render_report(const policy::Policy& policy, const Report& r) {
  const PdfInfo info{
      clean_text(r.title), clean_text(r.subject), clean_text(policy.carrier), clean_text(r.footer),
      r.created,           policy.sandbox};
  return render_pdf(info, [&](Paper& p) {
    letterhead(p, policy);
    title_block(p, clean_text(r.title), clean_text(r.subtitle));
    std::vector<std::pair<std::string, std::string>> facts;
    for (const auto& [label, value] : r.facts) facts.emplace_back(clean_text(label), clean_block(value));
    label_rows(p, facts);
    for (const ReportSection& s : r.sections) put_section(p, s);
    if (!r.signature_below.empty()) {
      p.keep(70);
      p.space(36);
      p.signature_line(clean_block(r.signature_below), 0, 250);
    }
  });
}

}  // namespace writ::produce
