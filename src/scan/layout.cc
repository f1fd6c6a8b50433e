// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/layout.hh"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace writ::scan {
namespace {

// Of a line's height: a wider gap parts columns, a higher one parts paragraphs.
constexpr double column_gap = 1.7, paragraph_gap = 1.0;
constexpr int edge_pixels = 45;   // left edges that near are one edge
constexpr int near_pixels = 130;  // a label stands at most two lines above its value
constexpr int garbage_confidence = 50;

bool has_letter(const std::string& s) {
  return std::any_of(s.begin(), s.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
  });
}

struct Row {
  std::vector<Word> words;
  double top = 0, bottom = 0;  // means over its words
  void add(const Word& w) {
    const auto n = static_cast<double>(words.size());
    top = (top * n + w.box.y0) / (n + 1);
    bottom = (bottom * n + w.box.y1) / (n + 1);
    words.push_back(w);
  }
};

std::vector<Row> rows_of(const Page& p) {
  std::vector<Word> words;
  for (const Word& w : p.words)  // strokes of rules and stamps come out as lone signs
    if (has_letter(w.text) || w.confidence >= garbage_confidence) words.push_back(w);
  std::stable_sort(words.begin(), words.end(),
                   [](const Word& a, const Word& b) { return a.box.y0 + a.box.y1 < b.box.y0 + b.box.y1; });
  std::vector<Row> rows;
  for (const Word& w : words) {
    const double middle = (w.box.y0 + w.box.y1) / 2.0;
    if (rows.empty() || middle > rows.back().bottom || middle < rows.back().top) rows.emplace_back();
    rows.back().add(w);
  }
  for (Row& r : rows)
    std::stable_sort(r.words.begin(), r.words.end(),
                     [](const Word& a, const Word& b) { return a.box.x0 < b.box.x0; });
  return rows;
}

void add_row(Sheet& s, const Row& r, int page, int row) {
  const double height = std::max(12.0, r.bottom - r.top);
  for (std::size_t i = 0; i < r.words.size(); ++i) {
    const Word& w = r.words[i];
    const bool fresh = i == 0 || w.box.x0 - r.words[i - 1].box.x1 > column_gap * height;
    if (i > 0) s.text += fresh ? '\t' : ' ';
    if (fresh) s.segments.push_back({page, row, w.box, {s.text.size(), s.text.size()}});
    s.words.push_back({page, w, s.text.size()});
    s.text += w.text;
    Segment& g = s.segments.back();
    g.box = join(g.box, w.box);
    g.span.end = s.text.size();
  }
}

}  // namespace

Sheet lay_out(const std::vector<Page>& pages) {
  Sheet s;
  int row = 0;
  for (std::size_t p = 0; p < pages.size(); ++p) {
    if (p > 0) s.text += '\f';
    const std::vector<Row> rows = rows_of(pages[p]);
    for (std::size_t i = 0; i < rows.size(); ++i, ++row) {
      if (i > 0) {
        const double height = rows[i - 1].bottom - rows[i - 1].top;
        s.text += rows[i].top - rows[i - 1].bottom > paragraph_gap * height ? "\n\n" : "\n";
      }
      add_row(s, rows[i], static_cast<int>(p), row);
    }
  }
  return s;
}

std::pair<std::size_t, std::size_t> Sheet::words_of(Span span) const {
  const auto ends_before = [](const Placed& w, std::size_t at) { return w.begin + w.word.text.size() <= at; };
  const auto begins_before = [](const Placed& w, std::size_t at) { return w.begin < at; };
  const auto first = std::lower_bound(words.begin(), words.end(), span.begin, ends_before);
  const auto last = std::lower_bound(first, words.end(), span.end, begins_before);
  return {static_cast<std::size_t>(first - words.begin()), static_cast<std::size_t>(last - words.begin())};
}

const Segment* Sheet::segment_at(std::size_t offset) const {
  const auto it = std::upper_bound(segments.begin(), segments.end(), offset,
                                   [](std::size_t at, const Segment& g) { return at < g.span.begin; });
  if (it == segments.begin()) return nullptr;
  const Segment& g = *(it - 1);
  return offset < g.span.end ? &g : nullptr;
}

const Segment* Sheet::left_of(const Segment& s) const {
  return &s > segments.data() && (&s)[-1].row == s.row ? &s - 1 : nullptr;
}
const Segment* Sheet::next(const Segment& s) const {
  return &s + 1 < segments.data() + segments.size() ? &s + 1 : nullptr;
}
const Segment* Sheet::right_of(const Segment& s) const {
  const Segment* n = next(s);
  return n != nullptr && n->row == s.row ? n : nullptr;
}

const Segment* Sheet::above(const Segment& s) const {
  for (const Segment* g = &s; g-- > segments.data();) {
    if (g->page != s.page || g->box.y1 < s.box.y0 - near_pixels) return nullptr;
    if (g->row != s.row && std::abs(g->box.x0 - s.box.x0) < edge_pixels) return g;
  }
  return nullptr;
}

const Segment* Sheet::below(const Segment& s) const {
  for (const Segment* g = &s + 1; g < segments.data() + segments.size(); ++g) {
    if (g->page != s.page || g->box.y0 > s.box.y1 + near_pixels) return nullptr;
    if (g->row != s.row && std::abs(g->box.x0 - s.box.x0) < edge_pixels) return g;
  }
  return nullptr;
}

std::string one_line(std::string_view s) {
  std::string out;
  for (const char c : s) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string plain(std::string_view s) {
  std::string out = one_line(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace writ::scan
