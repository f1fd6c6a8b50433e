// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/proposer.hh"

#include <algorithm>

#include "scan/draft.hh"

namespace writ::scan {
namespace {

constexpr double prose_share = 0.55;  // of the page's width

}  // namespace

Draft::Draft(const std::vector<Page>& p)
    : pages(p),
      sheet(lay_out(p)),
      dates(find_dates(sheet.text)),
      phones(find_phones(sheet.text)),
      addresses(find_addresses(sheet.text)),
      statutes(find_statutes(sheet.text)),
      names(find_ranked_names(sheet.text)) {}

std::string Draft::before(std::size_t offset, std::size_t n) const {
  const std::size_t from = offset > n ? offset - n : 0;
  return plain(std::string_view(sheet.text).substr(from, offset - from));
}

std::string Draft::after(std::size_t offset, std::size_t n) const {
  return plain(std::string_view(sheet.text).substr(std::min(offset, sheet.text.size()), n));
}

std::vector<std::string> Draft::labels(Span s) const {
  const Segment* g = sheet.segment_at(s.begin);
  if (g == nullptr) return {};
  const std::string own = plain(sheet.of({g->span.begin, s.begin}));
  if (own.size() > 3) return {own};
  std::vector<std::string> found_labels;
  if (const Segment* l = sheet.left_of(*g)) found_labels.push_back(plain(sheet.of(l->span)));
  if (const Segment* a = sheet.above(*g)) found_labels.push_back(plain(sheet.of(a->span)));
  return found_labels;
}

bool Draft::cued(Span s, const RE2& cue, std::size_t n) const {
  if (found(before(s.begin, n), cue)) return true;
  const auto all = labels(s);
  return std::any_of(all.begin(), all.end(), [&](const std::string& l) { return found(l, cue); });
}

Span Draft::value_of(const Segment& g, std::size_t label_end) const {
  std::size_t at = label_end;
  while (at < g.span.end && std::string_view(" \t:.#-|").find(sheet.text[at]) != std::string_view::npos) ++at;
  if (at < g.span.end) return {at, g.span.end};
  if (const Segment* r = sheet.right_of(g)) return r->span;
  if (const Segment* b = sheet.below(g)) return b->span;
  return {};
}

bool Draft::is_prose(const Segment& g) const {
  return g.box.width() > prose_share * pages[static_cast<std::size_t>(g.page)].width;
}

void Draft::add(const std::string& field, const std::string& value, Span from, int certainty) {
  if (value.empty() || get(field) != nullptr) return;
  const auto [first, last] = sheet.words_of(from);
  if (first >= last) return;
  Proposal p{
      field, value, sheet.words[first].page + 1, sheet.words[first].word.box, 0, one_line(sheet.of(from))};
  int lowest = 100;
  std::size_t sum = 0;
  for (std::size_t i = first; i < last; ++i) {
    const auto& w = sheet.words[i];
    lowest = std::min(lowest, w.word.confidence);
    sum += static_cast<std::size_t>(w.word.confidence);
    if (w.page + 1 == p.page) p.region = join(p.region, w.word.box);
  }
  const int mean = static_cast<int>(sum / (last - first));
  p.confidence = (lowest + mean) / 2 * certainty / 100;
  out.push_back(std::move(p));
}

const Proposal* Draft::get(std::string_view field) const {
  const auto it = std::find_if(out.begin(), out.end(), [&](const Proposal& p) { return p.field == field; });
  return it == out.end() ? nullptr : &*it;
}

bool Draft::is_kind(std::string_view kind) const {
  const Proposal* p = get("kind");
  return p != nullptr && p->value == kind;
}

std::vector<Proposal> propose_fields(const std::vector<Page>& pages) {
  Draft d(pages);
  for (const auto propose : {propose_pages, propose_kind, propose_issue, propose_dates, propose_contact,
                             propose_subjects, propose_items, propose_danger})
    propose(d);
  std::sort(d.out.begin(), d.out.end(),
            [](const Proposal& a, const Proposal& b) { return a.field < b.field; });
  return std::move(d.out);
}

}  // namespace writ::scan
