// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked for, as items of the disclosure matrix: the nouns of clauses that ask, each with the party
// that stands nearest to it.
#include <algorithm>
#include <memory>

#include "scan/draft.hh"
#include "scan/vocabulary.hh"

namespace writ::scan {
namespace {

struct Clause {
  Span span;
  bool listed = false;   // "(a) ...", "1. ...", "[X] ..."
  bool goes_on = false;  // behind a semicolon or colon
};

// Sentences, list entries and parts between semicolons.
std::vector<Clause> clauses_of(std::string_view text) {
  static const RE2 edge(
      R"(;|:\s|[a-z0-9)]\.\s|\n\n|\f|\n\s*(?:\([a-z0-9]{1,3}\)|[0-9]{1,2}[.)]|[A-Z][.)]|[^\w\s]{1,2}|\[?[Xx]\]|LX\])\s)");
  static const RE2 marker(
      R"(^\s*(?:\([a-z0-9]{1,3}\)|[0-9]{1,2}[.)]|[A-Z][.)]|[^\w\s("']{1,2}|\[?[Xx]\]|LX\])\s)");
  std::vector<Clause> out;
  std::size_t at = 0;
  bool listed = false, goes_on = false;
  const auto add = [&](std::size_t end) {
    const Span s{at, end};
    if (end > at) {
      const bool marked = found(text.substr(s.begin, end - s.begin), marker) &&
                          (at == 0 || text[at] == '\n' || text[at - 1] == '\n');
      listed = marked || (listed && goes_on);
      out.push_back({s, listed, goes_on});
    }
  };
  for (const Match& m : find_all(text, edge)) {
    const char first = text[m.span.begin];
    const std::size_t end =
        first == ';' || first == ':' || first == '\f' || first == '\n' ? m.span.begin : m.span.begin + 2;
    add(end);
    goes_on = first == ';' || first == ':';
    at = std::max(at, first == '\n' ? m.span.begin : end);
    if (goes_on) ++at;
  }
  add(text.size());
  return out;
}

bool asks(const std::string& clause) {
  static const RE2 cue(
      R"(\b(?:disclose[ds]?|furnish|produce|provide|preserv\w+|seize|state|bring|records?|information (?:requested|needed)|following|requested|items)\b)");
  return found(clause, cue);
}

// Sentences about the requester, the court or the reader's duties name names and addresses too.
bool is_about_other(const std::string& clause) {
  static const RE2 other(
      R"(who requests|united states attorney|\bmy hand|signature|printed name|return (?:the records|address)|\bagency|certif|\be-?mail|facsimile|telephone:|do not disclose|not disclose|testif|appear)");
  return found(clause, other);
}

// "subscriber" or "tenant" for the noun at [begin, end) of the clause; `usual` when none stands in it.
std::string party_of(const std::string& clause, std::size_t begin, std::size_t end,
                     const std::string& usual) {
  static const RE2 subscriber(subscriber_words), tenant(tenant_words);
  struct Seen {
    std::size_t at, to;
    const char* who;
  };
  std::vector<Seen> seen;
  for (const Match& m : find_all(clause, subscriber))
    seen.push_back({m.span.begin, m.span.end, "subscriber"});
  for (const Match& m : find_all(clause, tenant)) seen.push_back({m.span.begin, m.span.end, "tenant"});
  std::string best = usual;
  std::size_t nearest = std::string::npos;
  for (const Seen& s : seen) {
    // "guest home address": before, within three words; "name of the guest": behind "of".
    const bool ahead = s.to <= begin;
    const std::string_view between = ahead
                                         ? std::string_view(clause).substr(s.to, begin - s.to)
                                         : std::string_view(clause).substr(end, s.at > end ? s.at - end : 0);
    const bool linked = !ahead && (between.find(" of ") != std::string_view::npos ||
                                   between.find(" for ") != std::string_view::npos);
    const std::size_t far =
        between.size() + (ahead || linked ? 0 : 40) + (between.find(',') == std::string_view::npos ? 0 : 15);
    if (far < nearest) {
      nearest = far;
      best = s.who;
    }
  }
  return best;
}

struct Items {
  Draft& d;
  void take(const Clause& c, const std::string& lower, const std::string& party);
};

void Items::take(const Clause& c, const std::string& lower, const std::string& usual) {
  static const std::vector<std::unique_ptr<RE2>> patterns = [] {
    std::vector<std::unique_ptr<RE2>> out;
    for (const ItemWord& w : item_words()) out.push_back(std::make_unique<RE2>(w.pattern));
    return out;
  }();
  static const RE2 not_party_address(R"((?:network|ip|protocol|e-?mail|internet|my)\s*$)");
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const ItemWord& w = item_words()[i];
    for (const Match& m : find_all(lower, *patterns[i])) {
      if (std::string_view(w.item) == "address" && found(lower.substr(0, m.span.begin), not_party_address))
        continue;
      const std::string item =
          w.of_party ? party_of(lower, m.span.begin, m.span.end, usual) + "-" + w.item : w.item;
      const Span from{c.span.begin + m.span.begin, c.span.begin + m.span.end};
      d.add("items." + item, "yes", from, c.listed ? 92 : 84);
      if (std::string_view(w.item) == "ssn") d.add("expressly." + item, "yes", from, 85);
    }
  }
}

std::string lower_in_place(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '\n' || c == '\t' || c == '\f') c = ' ';
  }
  return out;
}

}  // namespace

void propose_items(Draft& d) {
  static const RE2 tenant_heading(R"((?:about|of|for) the (?:guest|tenant|occupant)\W*$)"),
      subscriber_heading(R"((?:about|of|for) the (?:customer|subscriber|account)[a-z ]*\W*$)");
  static const RE2 letterhead_end(R"((?i)you are|hereby|request|order|to be produced|information)");
  // An interception delivers what its order says; it releases no item of the matrix.
  for (const char* kind : {"pen-trap", "pen-register", "trap-and-trace", "wiretap", "withdrawal"})
    if (d.is_kind(kind)) return;
  Items items{d};
  std::string usual = "subscriber";
  bool asked = false;  // by this clause, or by the one that introduced the list
  Span wording;
  for (const Clause& c : clauses_of(d.sheet.text)) {
    const std::string lower = lower_in_place(d.sheet.of(c.span));
    if (lower.size() < 3) continue;
    if (found(lower, tenant_heading)) usual = "tenant";
    if (found(lower, subscriber_heading)) usual = "subscriber";
    const bool other = is_about_other(lower);
    // "For account number 17:" between a heading that asks and its list takes nothing away.
    const bool introduces = c.span.end < d.sheet.text.size() && d.sheet.text[c.span.end] == ':';
    if (!c.listed && !c.goes_on && !introduces) asked = false;
    if (!other && asks(lower)) asked = true;
    if (other || !asked) continue;
    const std::size_t had = d.out.size();
    items.take(c, lower, usual);
    if (d.out.size() > had) wording = {wording.empty() ? c.span.begin : wording.begin, c.span.end};
  }
  if (!wording.empty()) d.add("wording", one_line(d.sheet.of(wording)), wording, 70);
}

}  // namespace writ::scan
