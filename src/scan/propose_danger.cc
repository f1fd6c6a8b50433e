// SPDX-License-Identifier: GPL-3.0-or-later
// Emergency letters (18 USC 2702(b)(8), (c)(4)): the nature, the circumstances, the danger, word for word.
#include "scan/draft.hh"

namespace writ::scan {
namespace {

// From a label to the next one or the end of the paragraph.
Span told_after(const Draft& d, const RE2& label) {
  static const RE2 end(
      R"((?i)\n\n|\f|\n(?:circumstances|information requested|nature of|describe|i (?:attest|certify|declare)|sincerely|signature))");
  for (const Match& m : find_all(d.sheet.text, label)) {
    Span s{m.span.end, d.sheet.text.size()};
    while (s.begin < s.end &&
           (d.sheet.text[s.begin] == ' ' || d.sheet.text[s.begin] == '\n' || d.sheet.text[s.begin] == '\t'))
      ++s.begin;
    const auto ends = find_all(d.sheet.text, end, s);
    if (!ends.empty()) s.end = ends[0].span.begin;
    if (!s.empty()) return s;
  }
  return {};
}

}  // namespace

void propose_danger(Draft& d) {
  static const RE2 nature(R"((?i)nature of (?:the )?emergency[^:.]{0,60}:)"),
      circumstances(R"((?i)circumstances[^:.]{0,80}:)");
  static const RE2 danger(R"((?i)danger\s+of\s+death\s+or\s+serious\s+(?:physical|bodily)\s+injury)");
  if (!d.is_kind("emergency-disclosure")) return;
  for (const auto& [field, label] :
       {std::pair{"nature", &nature}, std::pair{"circumstances", &circumstances}})
    if (const Span s = told_after(d, *label); !s.empty()) d.add(field, one_line(d.sheet.of(s)), s, 85);
  for (const Match& m : find_all(d.sheet.text, danger)) return d.add("danger_to_person", "yes", m.span, 85);
}

}  // namespace writ::scan
