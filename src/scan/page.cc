// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/page.hh"

#include <algorithm>

#include "base/utf8.hh"
#include "scan/protocol.hh"

namespace writ::scan {
namespace {

tl::unexpected<Error> senseless(const char* what) {
  return fail(Exit::partial, std::string("the page reader's answer makes no sense: ") + what);
}

bool is_text(const std::string& s) {
  return !s.empty() && s.size() <= word_bytes_max && is_utf8(s) &&
         std::none_of(s.begin(), s.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<Word> word_from(const Json& j, const Page& p) {
  if (!j.is_array() || j.size() != 6) return senseless("a word has six parts");
  Word w;
  int* const parts[] = {&w.box.x0, &w.box.y0, &w.box.x1, &w.box.y1, &w.confidence};
  for (std::size_t i = 0; i < 5; ++i) {
    if (!j[i].is_number_integer()) return senseless("a number is none");
    const auto n = j[i].get<std::int64_t>();
    if (n < 0 || n > page_side_pixels_max) return senseless("a number is out of range");
    *parts[i] = static_cast<int>(n);
  }
  if (w.box.x0 >= w.box.x1 || w.box.y0 >= w.box.y1 || w.box.x1 > p.width || w.box.y1 > p.height ||
      w.confidence > 100)
    return senseless("a word lies outside its page");
  if (!j[5].is_string()) return senseless("a word's text is none");
  w.text = j[5].get<std::string>();
  if (!is_text(w.text)) return senseless("a word's text is none");
  return w;
}

}  // namespace

Box join(const Box& a, const Box& b) {
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

Json to_json(const Page& p) {
  Json words = Json::array();
  for (const Word& w : p.words)
    words.push_back(Json::array({w.box.x0, w.box.y0, w.box.x1, w.box.y1, w.confidence, w.text}));
  return {{"width", p.width}, {"height", p.height},           {"skew_centidegrees", p.skew_centidegrees},
          {"words", words},   {"ink_columns", p.ink_columns}, {"ink_rows", p.ink_rows},
          {"ink", p.ink}};
}

Result<Page> page_from_json(View text) {
  WRIT_TRY(j, parse_canonical(text, "page"));
  Page p;
  WRIT_TRY(width, field<int>(j, "width", "page"));
  WRIT_TRY(height, field<int>(j, "height", "page"));
  WRIT_TRY(skew, field<int>(j, "skew_centidegrees", "page"));
  WRIT_TRY(columns, field<int>(j, "ink_columns", "page"));
  WRIT_TRY(rows, field<int>(j, "ink_rows", "page"));
  WRIT_TRY(ink, field<std::string>(j, "ink", "page"));
  if (width < 1 || height < 1 || width > page_side_pixels_max || height > page_side_pixels_max)
    return senseless("the page's size");
  p.width = width;
  p.height = height;
  p.skew_centidegrees = skew;
  if (columns != (width + ink_cell_pixels - 1) / ink_cell_pixels ||
      rows != (height + ink_cell_pixels - 1) / ink_cell_pixels ||
      ink.size() != static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows) ||
      !std::all_of(ink.begin(), ink.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return senseless("the ink");
  p.ink_columns = columns;
  p.ink_rows = rows;
  p.ink = std::move(ink);
  const auto words = j.find("words");
  if (words == j.end() || !words->is_array() || words->size() > words_per_page_max)
    return senseless("the words");
  for (const Json& w : *words) {
    WRIT_TRY(word, word_from(w, p));
    p.words.push_back(std::move(word));
  }
  return p;
}

}  // namespace writ::scan
