// SPDX-License-Identifier: GPL-3.0-or-later
// Input: a line that is a page as the worker writes it (JSON), or lines of text: words stand where the text
// has them, each with a confidence and a place that its bytes give.
#include "base/utf8.hh"
#include "fuzz/check.hh"
#include "scan/proposer.hh"

using namespace writ;

namespace {

scan::Page page_of(std::string_view text) {
  scan::Page p;
  p.width = 2550;
  p.height = 3300;
  p.ink_columns = 85;
  p.ink_rows = 110;
  p.ink.assign(85 * 110, '1');
  int y = 60;
  for (std::size_t at = 0; at < text.size() && y < 3200;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    int x = 100;
    for (std::size_t w = at; w < end && x < 2400;) {
      const std::size_t stop = std::min(text.find(' ', w), end);
      const std::string word(text.substr(w, std::min<std::size_t>(stop - w, 60)));
      const int wide = std::min(2540 - x, static_cast<int>(word.size()) * 20);
      if (!word.empty() && is_utf8(word) && wide > 0)
        p.words.push_back({{x, y + word[0] % 7, x + wide, y + 36}, 20 + word.back() % 80, word});
      x += wide + (word.size() % 5 == 4 ? 90 : 14);
      w = stop + 1;
    }
    y += 50;
    at = end + 1;
  }
  return p;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View all(data, size);
  std::vector<scan::Page> pages;
  if (auto p = scan::page_from_json(all)) pages.push_back(std::move(*p));
  const std::string_view text = text_of(all);
  for (std::size_t at = 0; at <= text.size() && pages.size() < 3;) {
    const std::size_t end = std::min(text.find('\f', at), text.size());
    pages.push_back(page_of(text.substr(at, end - at)));
    at = end + 1;
  }
  std::string last;
  for (const scan::Proposal& p : scan::propose_fields(pages)) {
    fuzz::check(last < p.field);  // sorted, each once
    last = p.field;
    fuzz::check(p.page >= 1 && static_cast<std::size_t>(p.page) <= pages.size());
    const scan::Page& on = pages[static_cast<std::size_t>(p.page) - 1];
    fuzz::check(p.region.x0 >= 0 && p.region.y0 >= 0 && p.region.x1 <= on.width && p.region.y1 <= on.height);
    fuzz::check(p.confidence >= 0 && p.confidence <= 100 && !p.value.empty() && !p.text.empty());
    if (p.field == "pages") (void)scan::missing_pages(p.value);
  }
  return 0;
}
