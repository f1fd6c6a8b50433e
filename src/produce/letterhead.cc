// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/letterhead.hh"

#include <fmt/format.h>

#include <algorithm>

namespace writ::produce {

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const std::string& s : parts) {
    if (s.empty()) continue;
    if (!out.empty()) out += between;
    out += s;
  }
  return out;
}

std::string clean_block(const std::string& s) {
  std::string out;
  for (std::size_t at = 0; at <= s.size();) {
    const std::size_t end = std::min(s.find('\n', at), s.size());
    out += (at == 0 ? "" : "\n") + clean_text(s.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string custodian_title(const policy::Policy& policy) {
  const std::string& t = policy.service_of_process.title;
  return t.empty() ? "Custodian of Records" : clean_text(t);
}

void letterhead(Paper& p, const policy::Policy& policy) {
  const policy::Contact& c = policy.service_of_process;
  const std::string right = joined(
      {custodian_title(policy), clean_block(c.address), clean_text(c.phone), clean_text(c.email)}, "\n");
  const Style name{Style::Face::serif, 17, true, false, 0.08, Style::Align::left};
  const Style side{Style::Face::sans, 7.5, false, false, 0.3, Style::Align::right};
  p.pair(clean_text(policy.carrier), name, right, side, p.width() * 0.58, 5);
  p.rule(1.4, 0.15);
  p.space(14);
}

void title_block(Paper& p, const std::string& title, const std::string& subtitle) {
  p.text(title, {Style::Face::serif, 14, true, false, 0, Style::Align::center}, 2);
  if (!subtitle.empty())
    p.text(subtitle, {Style::Face::serif, 9.5, false, true, 0.2, Style::Align::center}, 2);
  p.space(8);
}

void label_rows(Paper& p, const std::vector<std::pair<std::string, std::string>>& rows, double label_width) {
  const Style label{Style::Face::sans, 8.2, true, false, 0.25, Style::Align::left};
  const Style value{Style::Face::sans, 8.6, false, false, 0, Style::Align::left};
  for (const auto& [k, v] : rows)
    if (!v.empty()) p.pair(k, label, v, value, label_width, 2.2);
}

Status save_pdf(const fs::path& file, Result<std::string> pdf) {
  if (!pdf) return tl::unexpected(std::move(pdf).error());
  return write_file(file, *pdf);
}

}  // namespace writ::produce
