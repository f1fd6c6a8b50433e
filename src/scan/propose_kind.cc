// SPDX-License-Identifier: GPL-3.0-or-later
// The kind by its title and its words, and the statute that it is issued under.
#include <algorithm>
#include <map>

#include "scan/draft.hh"
#include "scan/vocabulary.hh"

namespace writ::scan {
namespace {

// The text in lower case with every byte in its place, so that spans hold for both.
std::string lowered(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '\n' || c == '\t' || c == '\f') c = ' ';
  }
  return out;
}

struct Score {
  int points = 0, best = 0;
  Span from;
};

// A title stands in the upper part of the first page, and weighs in full; a mention elsewhere a third.
std::map<std::string, Score> kind_scores(const Draft& d) {
  static const std::vector<std::unique_ptr<RE2>> patterns = [] {
    std::vector<std::unique_ptr<RE2>> out;
    for (const KindWord& k : kind_words()) out.push_back(std::make_unique<RE2>(k.pattern));
    return out;
  }();
  std::map<std::string, Score> scores;
  const std::string text = lowered(d.sheet.text);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const KindWord& k = kind_words()[i];
    int best = 0;
    Span from;
    for (const Match& m : find_all(text, *patterns[i])) {
      const Segment* g = d.sheet.segment_at(m.span.begin);
      const bool title =
          g != nullptr && g->page == 0 && g->box.y0 < d.pages[0].height * 2 / 5 && !d.is_prose(*g);
      const int points = title ? k.weight : std::max(1, k.weight / 3);
      if (points > best) {
        best = points;
        from = m.span;
      }
    }
    Score& s = scores[k.kind];
    s.points += best;
    if (best > s.best) {
      s.best = best;
      s.from = from;
    }
  }
  return scores;
}

// What a kind is usually issued under, so that a paper that cites several says which it means.
bool is_usual(std::string_view kind, std::string_view statute) {
  static const std::multimap<std::string, std::string, std::less<>> usual = {
      {"court-order", "18 USC 2703(d)"},
      {"preservation", "18 USC 2703(f)"},
      {"extension", "18 USC 2703(f)"},
      {"emergency-disclosure", "18 USC 2702"},
      {"pen-trap", "18 USC 3123"},
      {"pen-register", "18 USC 3123"},
      {"trap-and-trace", "18 USC 3123"},
      {"wiretap", "18 USC 2518"},
      {"ncmec-report", "18 USC 2258A"},
      {"search-warrant", "18 USC 2703(a)"},
      {"backup-preservation", "18 USC 2704"},
      {"nsl", "18 USC 2709"},
      {"grand-jury-subpoena", "18 USC 2703(c)"}};
  const auto [a, b] = usual.equal_range(kind);
  return std::any_of(a, b, [&](const auto& u) { return statute.starts_with(u.second); });
}

void propose_statute(Draft& d) {
  static const RE2 cue(
      R"((?:pursuant to|under|authority (?:of|vested in me under|under)|authority|in accordance with)(?: the| section)?:?$)");
  const StatuteHit* best = nullptr;
  int best_score = 0;
  const Proposal* kind = d.get("kind");
  for (const StatuteHit& s : d.statutes) {
    if (s.value.starts_with("18 USC 2705")) continue;  // of the gag, not of the process
    int score = 2;
    if (d.cued(s.span, cue, 40)) score += 3;
    if (kind != nullptr && is_usual(kind->value, s.value)) score += 4;
    if (s.federal) score += 1;
    if (score > best_score) {
      best_score = score;
      best = &s;
    }
  }
  if (best != nullptr) d.add("statute", best->value, best->span, best_score > 4 ? 95 : 75);
}

}  // namespace

void propose_kind(Draft& d) {
  const auto scores = kind_scores(d);
  std::string best;
  int most = 0, second = 0;
  for (const auto& [kind, s] : scores) {
    if (s.points > most) {
      second = most;
      most = s.points;
      best = kind;
    } else {
      second = std::max(second, s.points);
    }
  }
  if (most > 0) d.add("kind", best, scores.at(best).from, std::min(98, 55 + (most - second) * 5));
  propose_statute(d);
}

}  // namespace writ::scan
