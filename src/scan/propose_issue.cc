// SPDX-License-Identifier: GPL-3.0-or-later
// Who issued it: the court by the caption, the number by its label, the person by the name under the ink.
#include <algorithm>

#include "scan/draft.hh"

namespace writ::scan {
namespace {

// --- court ----------------------------------------------------------------------------------------

bool is_caption(const Draft& d, const Segment& g) {
  return g.page == 0 && g.box.y0 < d.pages[0].height * 2 / 5;
}

std::string without_lead(std::string s) {
  static const RE2 lead(R"((?i)^(?:in the|in|the)\s+)"), trail(R"((?i)[\s,]*(?:for the|for|case no.*|\))*$)");
  RE2::Replace(&s, lead, "");
  RE2::Replace(&s, trail, "");
  return s;
}

void propose_court(Draft& d) {
  static const RE2 court(R"((?i)\bcourt\b)"),
      other(R"((?i)clerk|courthouse|this court|the court\b.*,|by the court|court officer|\bv\.)");
  static const RE2 district(
      R"((?i)((?:(?:northern|southern|eastern|western|middle|central)\s+)?district of [a-z ]+))");
  static const RE2 county(R"((?i)\b(county of [a-z]+(?: [a-z]+)?))");
  for (const Segment& g : d.sheet.segments) {
    const std::string text = one_line(d.sheet.of(g.span));
    if (!is_caption(d, g) || d.is_prose(g) || !found(text, court) || found(text, other)) continue;
    std::string name = in_title_case(without_lead(text));
    Span from = g.span;
    const bool federal = plain(name).find("united states") != std::string::npos;
    const RE2& more = federal ? district : county;
    const Segment* n = d.sheet.next(g);
    for (int i = 0; i < 5 && n != nullptr && n->page == 0; ++i, n = d.sheet.next(*n)) {
      std::string part;
      const std::string line(d.sheet.of(n->span));
      if (d.is_prose(*n) || !RE2::PartialMatch(line, more, &part)) continue;
      if (federal || plain(name).find("county") == std::string::npos)
        name += (federal ? " for the " : ", ") + in_title_case(one_line(part));
      from.end = federal ? n->span.end : from.end;
      break;
    }
    d.add("court", name, from, 88);
    if (federal) d.add("jurisdiction", "US", from, 85);
    return;
  }
}

void propose_jurisdiction(Draft& d) {
  static const RE2 state(R"((?i)\b(?:state|commonwealth) of ((?:new |north |south |west |rhode )?[a-z]+))");
  for (const Match& m : find_all(d.sheet.text, state)) {
    const Segment* g = d.sheet.segment_at(m.span.begin);
    if (g != nullptr && is_caption(d, *g))
      return d.add("jurisdiction", in_title_case(m.groups[0]), m.spans[0], 80);
  }
}

// --- instrument -----------------------------------------------------------------------------------

struct NumberLabel {
  const char* pattern;
  int weight;
};
constexpr const char* number_mark = R"(\s*(?:(?:no|number|num|id)\b\.?|#|:)\s*[:#.]*)";
constexpr NumberLabel number_labels[] = {
    {R"(\b(?:subpoena|warrant|order|summons))", 10},
    {R"(\b(?:docket|cause|index|misc\.?|control|civil action(?: file)?|our file|file|reference))", 8},
    {R"(\bcybertipline report)", 9},
    {R"(\b(?:case(?: ?/ ?incident)?|incident|report|matter|request))", 6},
    {R"((?:^|\s))", 3},
};

bool of_another(std::string_view label) {
  static const RE2 other(
      R"((?i)badge|shield|account|telephone|phone|fax|room|serial|credential|form|tax|extension|direct)");
  return found(label, other);
}

void propose_instrument(Draft& d) {
  static const RE2 value(
      R"(^\W{0,2}(\d{2} [A-Z]{2} \d{2,6}|[A-Za-z0-9]*[A-Za-z0-9:/\-]*\d[A-Za-z0-9:/\-]*))");
  static const RE2 reference(R"((?i)\b(?:our )?reference\s+()[A-Z]{1,4}-\d)");
  Span best;
  int most = 0;
  for (const NumberLabel& l : number_labels) {
    const RE2 label(std::string("(?i)") + l.pattern + number_mark);
    for (const Segment& g : d.sheet.segments) {
      if (l.weight <= most) break;
      const std::string_view text = d.sheet.of(g.span);
      for (const Match& m : find_all(text, label)) {
        const std::size_t end = g.span.begin + m.span.end;
        if (of_another(text.substr(0, m.span.end)) || l.weight <= most) continue;
        const Span v = d.value_of(g, end);
        const auto hit = find_all(d.sheet.of(v), value);
        if (hit.empty() || hit[0].groups[0].size() < 3) continue;
        best = {v.begin + hit[0].spans[0].begin, v.begin + hit[0].spans[0].end};
        most = l.weight;
      }
    }
  }
  if (most < 8)
    for (const Match& m : find_all(d.sheet.text, reference)) {
      const auto hit = find_all(std::string_view(d.sheet.text).substr(m.spans[0].begin), value);
      if (!hit.empty()) {
        best = {m.spans[0].begin + hit[0].spans[0].begin, m.spans[0].begin + hit[0].spans[0].end};
        most = 8;
        break;
      }
    }
  if (most > 0) d.add("instrument", std::string(d.sheet.of(best)), best, 60 + 3 * most);
}

// --- issuer ---------------------------------------------------------------------------------------

// Ink that is no print, in tenths of cells, within a box of the page.
int ink_within(const Draft& d, int page, Box b) {
  const Page& p = d.pages[static_cast<std::size_t>(page)];
  const auto covered = [&](int x, int y) {
    const Box cell{x * ink_cell_pixels, y * ink_cell_pixels, (x + 1) * ink_cell_pixels,
                   (y + 1) * ink_cell_pixels};
    return std::any_of(p.words.begin(), p.words.end(), [&](const Word& w) {
      return w.confidence >= 60 && w.box.x0 < cell.x1 && w.box.x1 > cell.x0 && w.box.y0 < cell.y1 &&
             w.box.y1 > cell.y0;
    });
  };
  int sum = 0;
  const int y1 = std::min(p.ink_rows, b.y1 / ink_cell_pixels + 1),
            x1 = std::min(p.ink_columns, b.x1 / ink_cell_pixels + 1);
  for (int y = std::max(0, b.y0 / ink_cell_pixels); y < y1; ++y)
    for (int x = std::max(0, b.x0 / ink_cell_pixels); x < x1; ++x) {
      const int ink = p.ink[static_cast<std::size_t>(y * p.ink_columns + x)] - '0';
      if (ink > 0 && !covered(x, y)) sum += ink;
    }
  return sum;
}

constexpr int signature_ink_min = 8;
constexpr int signature_wide = 750, signature_high = 260;  // 2.5 x 0.9 inches

Box above_of(const Box& b) { return {b.x0 - 30, b.y0 - signature_high, b.x0 + signature_wide, b.y0 - 4}; }

struct Issuer {
  Span name, title;
  std::string person, office;
  int score = 0;
  const Segment* at = nullptr;
};

int office_weight(const std::string& title) {
  static const RE2 bench(R"(\b(?:judge|magistrate|justice)\b)"),
      high(R"(\b(?:clerk|attorney|in charge|chief|sheriff|commissioner|director|general)\b)"),
      any(R"(\b(?:investigator|analyst|counsel|inspector|detective|officer|agent|deputy)\b)");
  const std::string p = plain(title);
  return found(p, bench) ? 5 : found(p, high) ? 4 : found(p, any) ? 2 : 0;
}

std::string office_text(std::string_view s) {
  static const RE2 badge(R"((?i)[\s,(]*(?:badge|shield|id)\b.*$)");
  std::string out = one_line(s);
  RE2::Replace(&out, badge, "");
  while (!out.empty() && (out.back() == ',' || out.back() == '.')) out.pop_back();
  return in_title_case(out);
}

Issuer as_issuer(const Draft& d, const Segment& g) {
  static const RE2 requester(
      R"((?:requested by|request of|who requests this|officer|agent|affiant|contact|questions|attention|attn|to|return to)[^.]{0,30}[:,]?$|are:$)");
  static const RE2 closing(
      R"(sincerely|respectfully|yours|by the court|so ordered|witness my hand|given under)");
  Issuer out;
  const auto name = as_name(d.sheet.of(g.span));
  if (!name) return out;
  out.at = &g;
  out.person = name->name;
  out.name = {g.span.begin + name->span.begin, g.span.begin + name->span.end};
  const Span rest{std::min(out.name.end + 1, g.span.end), g.span.end};
  const Segment* b = d.sheet.below(g);
  if (office_weight(std::string(d.sheet.of(rest))) > 0)
    out.title = rest;
  else if (b != nullptr && !d.is_prose(*b) && office_weight(std::string(d.sheet.of(b->span))) > 0)
    out.title = b->span;
  out.office = office_text(d.sheet.of(out.title));
  if (out.office.empty() && !name->rank.empty()) {
    out.office = name->rank;
    out.title = g.span;
  }
  out.score = office_weight(out.office);
  if (ink_within(d, g.page, above_of(g.box)) >= signature_ink_min) out.score += 3;
  if (found(d.before(g.span.begin, 110), closing)) out.score += 3;
  if (found(d.before(g.span.begin, 60), requester)) out.score -= 5;
  return out;
}

void propose_signed(Draft& d, const Issuer& issuer) {
  static const RE2 mark(R"((?i)\bsignature\b)");
  const auto say = [&](int page, const Box& where, Span from) {
    const bool is_signed = ink_within(d, page, where) >= signature_ink_min;
    d.add("signed", is_signed ? "yes" : "no", from, is_signed ? 85 : 70);
    for (Proposal& p : d.out)
      if (p.field == "signed") {  // the region is where ink was looked for, not the name beside it
        const Page& on = d.pages[static_cast<std::size_t>(page)];
        p.region = {std::clamp(where.x0, 0, on.width - 1), std::clamp(where.y0, 0, on.height - 1),
                    std::clamp(where.x1, 1, on.width), std::clamp(where.y1, 1, on.height)};
      }
  };
  if (issuer.at != nullptr && issuer.score >= 3 &&
      ink_within(d, issuer.at->page, above_of(issuer.at->box)) >= signature_ink_min)
    return say(issuer.at->page, above_of(issuer.at->box), issuer.name);
  for (const Segment& g : d.sheet.segments) {
    if (!found(d.sheet.of(g.span), mark) || d.is_prose(g)) continue;
    const bool label = d.sheet.of(g.span).find(':') != std::string_view::npos;
    const Box beside{g.box.x1, g.box.y0 - 130, g.box.x1 + signature_wide, g.box.y1 + 20};
    return say(g.page, label ? beside : above_of(g.box), g.span);
  }
  if (issuer.at != nullptr) say(issuer.at->page, above_of(issuer.at->box), issuer.name);
}

void propose_issuer(Draft& d) {
  static const RE2 office_alone(R"((?i)^\W*(clerk of (?:the )?courts?|foreperson)\W*$)");
  Issuer best;
  for (const Segment& g : d.sheet.segments) {
    Issuer i = as_issuer(d, g);
    if (i.score > best.score) best = std::move(i);
  }
  if (best.score >= 3) {
    d.add("issuer", best.person, best.name, std::min(95, 60 + best.score * 4));
    d.add("issuer_title", best.office, best.title, std::min(92, 60 + best.score * 4));
  } else {
    for (const Segment& g : d.sheet.segments)
      if (found(d.sheet.of(g.span), office_alone))
        d.add("issuer_title", in_title_case([&] {
                const std::string t = one_line(d.sheet.of(g.span));
                return t;
              }()),
              g.span, 70);
  }
  propose_signed(d, best);
}

}  // namespace

void propose_issue(Draft& d) {
  propose_court(d);
  propose_jurisdiction(d);
  propose_instrument(d);
  propose_issuer(d);
}

}  // namespace writ::scan
