// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/patterns.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <set>

namespace writ::scan {
namespace {

const std::string month_names =
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:"
    "ober)?|"
    "Nov(?:ember)?|Dec(?:ember)?)";
const std::string rank_names =
    "(?:(?:Supervisory )?Special Agent|Detective(?: "
    "Sergeant)?|Det\\.|Sergeant|Sgt\\.?|Lieutenant|Lt\\.|Captain|Capt\\.|"
    "Chief Investigator|Investigator|Inspector|Trooper|Deputy(?: "
    "Sheriff)?|Officer|Agent|Corporal|Cpl\\.|Analyst)";
const std::string name_words = "[A-Z][a-z'’\\-]+(?:[ ]+[A-Z]\\.)?\\s[A-Z][A-Za-z'’\\-]*[a-z]";

int number(std::string_view s) {
  int n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return n;
}

int month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                           "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string p = plain(name).substr(0, 3);
  const auto it = std::find(months.begin(), months.end(), p);
  return it == months.end() ? 0 : static_cast<int>(it - months.begin()) + 1;
}

std::optional<std::string> day_text(int y, int m, int d) {
  const std::chrono::year_month_day day{std::chrono::year{y}, std::chrono::month{static_cast<unsigned>(m)},
                                        std::chrono::day{static_cast<unsigned>(d)}};
  if (!day.ok() || y < 1900 || y > 2199) return std::nullopt;
  return fmt::format("{:04}-{:02}-{:02}", y, m, d);
}

void with_hour(std::string_view text, DateHit& d) {
  static const RE2 hour(R"((?i)\s*(?:,|at|@)?\s*(?:at\s)?\s*(\d{1,2})[:.](\d{2})\s*([ap])\.?\s?m\b)");
  re2::StringPiece g[4];
  const re2::StringPiece all(text.data(), text.size());
  if (!hour.Match(all, d.span.end, std::min(text.size(), d.span.end + 40), RE2::ANCHOR_START, g, 4)) return;
  int h = number({g[1].data(), g[1].size()});
  const int m = number({g[2].data(), g[2].size()});
  if (h < 1 || h > 12 || m > 59) return;
  h = h % 12 + ((g[3][0] | 0x20) == 'p' ? 12 : 0);
  d.value += fmt::format("T{:02}:{:02}", h, m);
  d.span.end = static_cast<std::size_t>(g[0].data() + g[0].size() - text.data());
}

}  // namespace

std::vector<Match> find_all(std::string_view text, const RE2& pattern, Span within) {
  std::vector<Match> out;
  const int n = pattern.NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> g(static_cast<std::size_t>(n));
  const re2::StringPiece all(text.data(), text.size());
  std::size_t at = within.begin;
  while (at < within.end && pattern.Match(all, at, within.end, RE2::UNANCHORED, g.data(), n)) {
    const auto offset = [&](const re2::StringPiece& p) {
      return p.data() == nullptr ? Span{}
                                 : Span{static_cast<std::size_t>(p.data() - text.data()),
                                        static_cast<std::size_t>(p.data() - text.data()) + p.size()};
    };
    Match m;
    m.span = offset(g[0]);
    for (std::size_t i = 1; i < g.size(); ++i) {
      m.groups.emplace_back(g[i].data() == nullptr ? std::string() : std::string(g[i].data(), g[i].size()));
      m.spans.push_back(offset(g[i]));
    }
    at = std::max(m.span.end, at + 1);
    if (!m.span.empty()) out.push_back(std::move(m));
  }
  return out;
}

std::vector<Match> find_all(std::string_view text, const RE2& pattern) {
  return find_all(text, pattern, {0, text.size()});
}

bool found(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

std::vector<DateHit> find_dates(std::string_view text) {
  static const RE2 month_first("(?i)\\b(" + month_names +
                               R"()\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s*[,.]?\s+(\d{4})\b)");
  static const RE2 day_first(R"((?i)\b(\d{1,2})\s?(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?()" + month_names +
                             R"()\.?,?\s+(\d{4})\b)");
  static const RE2 slashes(R"(\b(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b)");
  static const RE2 iso(R"(\b(\d{4})-(\d{2})-(\d{2})\b)");
  std::vector<DateHit> out;
  const auto add = [&](const Match& m, int y, int mo, int d) {
    if (const auto day = day_text(y, mo, d)) out.push_back({m.span, *day});
  };
  for (const Match& m : find_all(text, month_first))
    add(m, number(m.groups[2]), month_of(m.groups[0]), number(m.groups[1]));
  for (const Match& m : find_all(text, day_first))
    add(m, number(m.groups[2]), month_of(m.groups[1]), number(m.groups[0]));
  for (const Match& m : find_all(text, slashes))
    add(m, number(m.groups[2]), number(m.groups[0]), number(m.groups[1]));
  for (const Match& m : find_all(text, iso))
    add(m, number(m.groups[0]), number(m.groups[1]), number(m.groups[2]));
  std::sort(out.begin(), out.end(),
            [](const DateHit& a, const DateHit& b) { return a.span.begin < b.span.begin; });
  for (DateHit& d : out) with_hour(text, d);
  return out;
}

std::vector<PhoneHit> find_phones(std::string_view text) {
  static const RE2 phone(
      R"((?:\+?1[\s.\-]{1,2})?\(?\b([2-9]\d{2})\)?[\s.\-]{0,3}([2-9]\d{2})[\s.\-]{1,2}(\d{4})\b)");
  std::vector<PhoneHit> out;
  for (const Match& m : find_all(text, phone))
    out.push_back({m.span, "+1" + m.groups[0] + m.groups[1] + m.groups[2]});
  return out;
}

std::string AddressHit::line() const {
  return fmt::format("{} {}, {}, {} {}", building, street, city, state, zip);
}

std::vector<AddressHit> find_addresses(std::string_view text) {
  static const RE2 address(
      R"(\b(\d{1,6}[A-Z]?)\s+([A-Z][\w.'’\-]*(?:\s+[A-Z0-9][\w.'’\-]*){1,4}(?:,\s*(?:Suite|Room|Floor|Apt\.?|Unit|Ste\.?)\s+[\w\-]+)?),?\s+([A-Z][A-Za-z.']+(?:\s[A-Z][A-Za-z.']+){0,2}),\s*([A-Z]{2})\s+(\d{5}(?:-\d{4})?)\b)");
  std::vector<AddressHit> out;
  for (const Match& m : find_all(text, address))
    out.push_back(
        {m.span, m.groups[0], one_line(m.groups[1]), one_line(m.groups[2]), m.groups[3], m.groups[4]});
  return out;
}

std::vector<StatuteHit> find_statutes(std::string_view text) {
  // The section sign comes out of a recogniser as $, 8, S or B.
  static const RE2 federal(
      R"(\b(\d{1,2})\s*U\.?\s?[Ss][.,]?\s?C[.,]?(?:\s?A\.)?\s*(?:[Ss]ections?|Secs?\.|(?:§|\$|8|S|B)(?:\s?(?:§|\$|8|S|B))?\s)?\s*(?:§\s*)*(\d{3,5}[A-Z]?(?:-\d+)?)((?:\s?\([a-zA-Z0-9]{1,4}\))*))");
  static const RE2 state(
      R"(((?:[A-Z][A-Za-z]*\.?\s)?(?:[A-Z][A-Za-z]*\.?\s)?(?:O\.C\.G\.A\.|Code|Stat\.|Statutes?|Laws?|Penal Code))\s*(?:Ann\.\s*)?(?:§|\$|[Ss]ections?|Sec\.)+\s*(\d[\w.:\-]*\w(?:\([a-z0-9]+\))*))");
  std::vector<StatuteHit> out;
  for (const Match& m : find_all(text, federal)) {
    std::string parts = m.groups[2];
    std::erase(parts, ' ');
    out.push_back({m.span, m.groups[0] + " USC " + m.groups[1] + parts, true});
  }
  for (const Match& m : find_all(text, state)) {
    std::string name = one_line(m.groups[0]);
    for (const char* lead : {"Under ", "under ", "The ", "To ", "And "})
      if (name.starts_with(lead)) name.erase(0, std::string_view(lead).size());
    out.push_back({m.span, name + " " + m.groups[1], false});
  }
  std::sort(out.begin(), out.end(),
            [](const StatuteHit& a, const StatuteHit& b) { return a.span.begin < b.span.begin; });
  return out;
}

namespace {

bool is_no_name(std::string_view name) {
  static const std::set<std::string> others = {
      "united",   "states",    "county",   "district", "court",   "police",   "department", "office",
      "attorney", "judge",     "superior", "state",    "general", "division", "records",    "response",
      "special",  "chief",     "dear",     "hotel",    "inn",     "voice",    "legal",      "grand",
      "jury",     "order",     "subpoena", "warrant",  "request", "date",     "badge",      "return",
      "very",     "yours",     "bureau",   "page",     "sheriff", "circuit",  "supreme",    "clerk",
      "quay",     "telephone", "task",     "force"};
  const std::string p = plain(name);
  std::size_t at = 0;
  while (at < p.size()) {
    const std::size_t end = std::min(p.find(' ', at), p.size());
    if (others.contains(p.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

std::vector<NameHit> find_ranked_names(std::string_view text) {
  static const RE2 ranked("\\b(?:" + rank_names + "[ \t:]+)*(" + rank_names + ")[ \t:]+(" + name_words +
                          ")\\b");
  std::vector<NameHit> out;
  for (const Match& m : find_all(text, ranked)) {
    const std::string name = one_line(m.groups[1]);
    if (!is_no_name(name)) out.push_back({m.spans[1], name, m.groups[0]});
  }
  return out;
}

std::optional<NameHit> as_name(std::string_view line) {
  static const RE2 whole("^\\W*(?:/s/ *)?(?:(" + rank_names +
                         ")\\s+|Hon(?:orable|\\.)?\\s+|The Honorable\\s+)?(" + name_words +
                         ")\\s*(?:[,(].*)?$");
  re2::StringPiece rank, name;
  if (!RE2::FullMatch(re2::StringPiece(line.data(), line.size()), whole, &rank, &name)) return std::nullopt;
  NameHit h;
  h.name = one_line({name.data(), name.size()});
  if (is_no_name(h.name)) return std::nullopt;
  if (rank.data() != nullptr) h.rank = std::string(rank.data(), rank.size());
  h.span.begin = static_cast<std::size_t>(name.data() - line.data());
  h.span.end = h.span.begin + name.size();
  return h;
}

std::string in_title_case(std::string_view s) {
  static const std::set<std::string> small = {"OF", "THE", "AND", "FOR", "IN", "TO"};
  if (std::any_of(s.begin(), s.end(), [](char c) { return c >= 'a' && c <= 'z'; })) return std::string(s);
  std::string out, word;
  const auto flush = [&] {
    if (word.empty()) return;
    const bool keep_small = !out.empty() && small.contains(word);
    for (std::size_t i = keep_small ? 0 : 1; i < word.size(); ++i)
      if (word[i] >= 'A' && word[i] <= 'Z') word[i] = static_cast<char>(word[i] - 'A' + 'a');
    out += word;
    word.clear();
  };
  for (const char c : s) {
    if (c == ' ') {
      flush();
      out += c;
    } else {
      word += c;
    }
  }
  flush();
  return out;
}

}  // namespace writ::scan
