// SPDX-License-Identifier: GPL-3.0-or-later
// "Page 1 of 3" at the head or the foot of each page: which pages the sender has and this file lacks.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "scan/draft.hh"
#include "scan/protocol.hh"

namespace writ::scan {
namespace {

struct Numbered {
  int n = 0, of = 0;
  Span span;
};

// A single 1 is the digit that recognisers mistake most.
int page_number(std::string s) {
  for (char& c : s)
    if (std::string_view("ilI|t!").find(c) != std::string_view::npos) c = '1';
  int n = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return 0;
    n = n * 10 + (c - '0');
  }
  return n > static_cast<int>(pages_max) * 10 ? 0 : n;
}

std::optional<Numbered> number_on(const Draft& d, int page) {
  static const RE2 numbered(R"((?i)(?:\bpage\s+)([\dilt!|]{1,3})\s*(?:of|/)\s*([\dilt!|]{1,3})\b)");
  static const RE2 bare(R"((?i)^\W*(\d{1,3})\s*(?:of|/)\s*(\d{1,3})\W*$)");
  const int high = d.pages[static_cast<std::size_t>(page)].height;
  for (const Segment& g : d.sheet.segments) {
    if (g.page != page || (g.box.y0 > high / 8 && g.box.y1 < high - high / 8)) continue;
    for (const RE2* p : {&numbered, &bare})
      for (const Match& m : find_all(d.sheet.of(g.span), *p)) {
        const Numbered n{page_number(m.groups[0]), page_number(m.groups[1]), g.span};
        if (n.n >= 1 && n.n <= n.of) return n;
      }
  }
  return std::nullopt;
}

}  // namespace

void propose_pages(Draft& d) {
  std::vector<std::optional<Numbered>> on;
  std::map<int, int> votes;  // for how many pages there are
  for (std::size_t p = 0; p < d.pages.size(); ++p) {
    on.push_back(number_on(d, static_cast<int>(p)));
    if (on.back()) ++votes[on.back()->of];
  }
  if (votes.empty()) return;
  const int of = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
                   return a.second < b.second;
                 })->first;
  std::set<int> seen;
  std::size_t unread = 0;
  Span from;
  for (const auto& n : on) {
    if (n && n->of == of) {
      seen.insert(n->n);
      if (from.empty()) from = n->span;
    } else {
      ++unread;
    }
  }
  std::string missing;
  for (int n = 1; n <= of; ++n)
    if (!seen.contains(n)) missing += (missing.empty() ? "" : " ") + std::to_string(n);
  // A page whose number cannot be read may be any of those not seen: as many unread as unseen, none is
  // missing.
  const bool complete = missing.empty() || static_cast<int>(unread) >= of - static_cast<int>(seen.size());
  d.add("pages", fmt::format("{} of {}{}", d.pages.size(), of, complete ? "" : ", missing " + missing), from,
        unread == 0 ? 95 : 60);
}

std::vector<int> missing_pages(std::string_view pages_value) {
  std::vector<int> out;
  const std::size_t at = pages_value.find("missing ");
  if (at == std::string_view::npos) return out;
  static const RE2 digits(R"((\d{1,3}))");
  for (const Match& m : find_all(pages_value.substr(at), digits)) out.push_back(page_number(m.groups[0]));
  return out;
}

}  // namespace writ::scan
