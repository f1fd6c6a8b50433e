// SPDX-License-Identifier: GPL-3.0-or-later
// Pages of words as lines of text: rows from the boxes, segments where a row has a wide gap (columns,
// tables), and one running text in reading order in which patterns look. Every span of it leads back to its
// words.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "scan/page.hh"

namespace writ::scan {

struct Span {  // of the running text, half open
  std::size_t begin = 0, end = 0;
  bool empty() const { return begin >= end; }
};

struct Segment {
  int page = 0, row = 0;  // page from 0; row counted through the document
  Box box;
  Span span;
};

struct Sheet {
  // Words are parted by a space, segments of a row by a tab, rows by a line end, paragraphs by two, pages by
  // a form feed.
  std::string text;
  std::vector<Segment> segments;  // in reading order

  struct Placed {
    int page = 0;
    Word word;
    std::size_t begin = 0;  // in `text`
  };
  std::vector<Placed> words;  // in reading order

  std::string_view of(Span s) const { return std::string_view(text).substr(s.begin, s.end - s.begin); }
  // The words that a span touches: first and one past the last.
  std::pair<std::size_t, std::size_t> words_of(Span s) const;
  const Segment* segment_at(std::size_t offset) const;  // nullptr: none there
  const Segment* left_of(const Segment& s) const;       // in the same row
  const Segment* right_of(const Segment& s) const;
  const Segment* above(const Segment& s) const;  // near, and beginning at the same left edge
  const Segment* below(const Segment& s) const;
  const Segment* next(const Segment& s) const;  // in reading order
};

Sheet lay_out(const std::vector<Page>& pages);

// Lower case (ASCII), white space as single spaces: what cues are looked for in.
std::string plain(std::string_view s);
// White space as single spaces, none at the ends.
std::string one_line(std::string_view s);

}  // namespace writ::scan
