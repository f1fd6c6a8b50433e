// SPDX-License-Identifier: GPL-3.0-or-later
// What is left of a page after it was read: words with their boxes, and where else ink stands. Pixels are
// those of the page made upright at 300 dots an inch in both directions (a fax has 204 x 196 or 204 x 98).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hh"
#include "base/json.hh"

namespace writ::scan {

inline constexpr int page_dpi = 300;
inline constexpr int ink_cell_pixels = 30;  // a tenth of an inch

struct Box {  // pixels, half open
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int width() const { return x1 - x0; }
  int height() const { return y1 - y0; }
  auto operator<=>(const Box&) const = default;
};
Box join(const Box& a, const Box& b);

struct Word {
  Box box;
  int confidence = 0;  // 0-100, the recogniser's own
  std::string text;    // UTF-8, not empty
};

struct Page {
  int width = 0, height = 0;  // pixels
  int skew_centidegrees = 0;  // by which it was turned to stand upright
  std::vector<Word> words;    // in the recogniser's order
  // Ink in cells of ink_cell_pixels, row by row: '0' none to '9' nine tenths and more; rules are left out.
  int ink_columns = 0, ink_rows = 0;
  std::string ink;
};

struct Reading {
  std::string reader;       // programs that read it, with their versions
  std::vector<Page> pages;  // of the file, in its order
};

Json to_json(const Page& p);
// From the worker, who may have been taken over by what it read: sizes, boxes, confidence and UTF-8 are
// checked; Exit::partial.
Result<Page> page_from_json(View text);

}  // namespace writ::scan
