// SPDX-License-Identifier: GPL-3.0-or-later
// The requester: who asks, for which agency, and how to reach them.
#include <algorithm>
#include <cstdlib>

#include "scan/draft.hh"

namespace writ::scan {
namespace {

const RE2& agency_words() {
  static const RE2 words(
      R"((?i)\b(?:police|sheriff(?:'s|’s)?|bureau|department|division|task force|attorney(?:'s|’s)? office|office of|agency|investigations?|administration|clearinghouse|marshals?|patrol|constabulary)\b)");
  return words;
}

bool in_letterhead(const Draft& d, const Segment& g) {
  return g.page == 0 && g.box.y0 < d.pages[0].height * 15 / 100;
}

bool is_labelled(const Draft& d, Span s) {
  static const RE2 label(
      R"((?:agent|officer|affiant|investigator|questions|return to|requested by|request of|contact|attention|attn|prepared by)[^.]{0,12}:?$)");
  return d.cued(s, label, 40);
}

// The person's name and where it stands.
std::optional<NameHit> requester_name(const Draft& d) {
  static const RE2 badge(R"((?i)\b(?:badge|shield|serial|credential|id ?#))");
  static const RE2 asks(R"((?:requests this|requested by|at the request of|contact person)[^.]{0,40}:?$)");
  const NameHit* best = nullptr;
  int most = 0;
  for (const NameHit& n : d.names) {
    int score = 70;
    if (found(d.after(n.span.end, 60), badge)) score += 15;
    if (is_labelled(d, n.span)) score += 12;
    if (score > most) {
      most = score;
      best = &n;
    }
  }
  if (most > 70) return *best;
  for (const Segment& g : d.sheet.segments)
    if (auto n = as_name(d.sheet.of(g.span)))
      if (is_labelled(d, g.span) || found(d.before(g.span.begin, 60), asks)) {
        n->span = {g.span.begin + n->span.begin, g.span.begin + n->span.end};
        return n;
      }
  if (best != nullptr) return *best;
  return std::nullopt;
}

// How far a thing stands from the requester's name, in segments; far when it is on another page.
int distance(const Draft& d, const Segment& g, const Segment* from) {
  if (from == nullptr || from->page != g.page) return 1000;
  return std::abs(static_cast<int>(&g - d.sheet.segments.data()) -
                  static_cast<int>(from - d.sheet.segments.data()));
}

std::string agency_text(std::string_view s) {
  static const RE2 lead(R"((?i)^.*?(?:badge|shield|serial|credential)[^,]*,\s*)"),
      label(R"((?i)^\W*(?:[a-z/ ]{0,24}:)\s*)");
  std::string out = one_line(s);
  RE2::Replace(&out, lead, "");
  RE2::Replace(&out, label, "");
  while (!out.empty() && (out.back() == ',' || out.back() == '.' || out.back() == ';')) out.pop_back();
  return in_title_case(out);
}

void propose_agency(Draft& d, const Segment* person) {
  static const RE2 label(R"((?i)^\W*(?:requesting agency|agency|department|unit|office)\b\s*:?)");
  static const RE2 address_label(R"((?i)^\W*(?:agency|office|department) address)");
  static const RE2 not_agency(
      R"((?i)court\b|custodian|^\W*to:|legal response|attention|summons|subpoena|warrant|order\b|request\b|signature|clerk)");
  for (const Segment& g : d.sheet.segments) {
    const std::string_view text = d.sheet.of(g.span);
    const auto m = find_all(text, label);
    if (m.empty() || d.is_prose(g) || found(text, address_label)) continue;
    const bool marked = text.find(':') != std::string_view::npos || m[0].span.end == text.size();
    const Span v = d.value_of(g, g.span.begin + m[0].span.end);
    if (marked && !v.empty()) return d.add("requester.agency", agency_text(d.sheet.of(v)), v, 94);
  }
  const Proposal* issuer_title = d.get("issuer_title");
  const Segment* best = nullptr;
  int most = 0;
  for (const Segment& g : d.sheet.segments) {
    const std::string_view text = d.sheet.of(g.span);
    if (!found(text, agency_words()) || found(text, not_agency)) continue;
    if (issuer_title != nullptr && issuer_title->text.find(one_line(text)) != std::string::npos) continue;
    int score = 0;
    if (const int far = distance(d, g, person); far <= 4)
      score = 90 - far;
    else if (in_letterhead(d, g))
      score = 75 + g.box.height() / 10;
    if (d.is_prose(g) && !in_letterhead(d, g)) score -= 20;
    if (score > most) {
      most = score;
      best = &g;
    }
  }
  if (best != nullptr && most > 50)
    d.add("requester.agency", agency_text(d.sheet.of(best->span)), best->span, std::min(most, 88));
}

void propose_badge(Draft& d) {
  static const RE2 badge(
      R"((?i)\b(?:badge|shield|serial|credential|employee id|id)\b(?: ?/ ?id)?\s*(?:no\b\.?|number\b)?[\s:#.]*([A-Z]{0,3}-?\d{1,6})\b)");
  for (const Match& m : find_all(d.sheet.text, badge))
    return d.add("requester.badge", m.groups[0], m.spans[0], 93);
}

void propose_email(Draft& d) {
  static const RE2 mail(
      R"(([A-Za-z0-9][A-Za-z0-9._%+\-]*)\s?@\s?([A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,})\b)");
  for (const Match& m : find_all(d.sheet.text, mail))
    return d.add("requester.email", m.groups[0] + "@" + m.groups[1], m.span, 90);
}

void propose_return_address(Draft& d, const Segment* person) {
  static const RE2 label(
      R"((?:mail(?:ing)?(?: address| to)?|return address|address|send(?: responses)? to|return to)\s*:?$)");
  static const RE2 addressee(
      R"((?:\bto: ?|attn|custodian|served upon|legal response|recipient|provider|place: ?)[^@]{0,110}$)");
  static const RE2 sender(R"(badge|shield|agent|detective|sergeant|agency|requested|request of)");
  static const RE2 subject(R"((?:served at|located at|property at|premises at|\bat)$)");
  const AddressHit* best = nullptr;
  int most = 0;
  for (const AddressHit& a : d.addresses) {
    const Segment* g = d.sheet.segment_at(a.span.begin);
    if (g == nullptr) continue;
    const std::string lead = d.before(a.span.begin, 130);
    int score = 0;
    if (d.cued(a.span, label, 26))
      score = 94;
    else if (found(lead, subject) || (found(lead, addressee) && !found(lead, sender)))
      score = 0;
    else if (distance(d, *g, person) <= 5)
      score = 90;
    else if (in_letterhead(d, *g))
      score = 84;
    if (score > most) {
      most = score;
      best = &a;
    }
  }
  if (best != nullptr) d.add("requester.return_address", best->line(), best->span, most);
}

}  // namespace

void propose_contact(Draft& d) {
  const auto name = requester_name(d);
  const Segment* person = nullptr;
  if (name) {
    d.add("requester.name", name->name, name->span, 88);
    person = d.sheet.segment_at(name->span.begin);
  } else if (const Proposal* issuer = d.get("issuer")) {  // who signs a letter asks
    const std::size_t at = d.sheet.text.find(issuer->text);
    if (at != std::string::npos) {
      d.add("requester.name", issuer->value, {at, at + issuer->text.size()}, 75);
      person = d.sheet.segment_at(at);
    }
  }
  propose_agency(d, person);
  propose_badge(d);
  propose_email(d);
  propose_return_address(d, person);
}

}  // namespace writ::scan
