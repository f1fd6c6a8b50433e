// SPDX-License-Identifier: GPL-3.0-or-later
// Which date is which: by the words before it, by its label, or by its company (two dates with "through").
#include <algorithm>
#include <set>

#include "scan/draft.hh"

namespace writ::scan {
namespace {

using Used = std::set<std::size_t>;  // indices of dates that have their role

bool is_stamp(const Draft& d, const DateHit& date) {
  static const RE2 stamp(R"(\b(?:received|filed|faxed|entered on|endorsed)\b)");
  const Segment* g = d.sheet.segment_at(date.span.begin);
  if (g == nullptr || d.is_prose(*g)) return false;
  const Segment* a = d.sheet.above(*g);
  return found(d.before(date.span.begin, 24), stamp) ||
         (a != nullptr && found(plain(d.sheet.of(a->span)), stamp));
}

void propose_period(Draft& d, Used& used) {
  static const RE2 joint(
      R"(^[,]?\s*(?:through|thru|to|until|and|and ending|ending|up to(?: and including)?|-|–|—)(?: and including)?$)");
  static const RE2 range(
      R"((?:from|between|period|period of|for|dates?|dates? covered:?|during|frame of|runs from|effective|beginning|made|of)(?: the)?(?: dates?| period)?:?$)");
  static const RE2 starts(
      R"(\b(?:begin|beginning|commence|commencing|effective|start|starting)\b[^.]{0,20}$)");
  static const RE2 stops(
      R"(\b(?:terminate|end|ending|expire|until|no later than|in any event)\b[^.]{0,20}$)");
  int best = 0;
  std::size_t from = 0, until = 0;
  for (std::size_t i = 0; i + 1 < d.dates.size(); ++i) {
    const DateHit &a = d.dates[i], &b = d.dates[i + 1];
    if (a.day() > b.day() || b.span.begin < a.span.end) continue;
    const std::string between = plain(d.sheet.of({a.span.end, b.span.begin}));
    const std::string lead = d.before(a.span.begin, 60);
    int score = 0;
    if (found(between, joint))
      score = found(lead, range) || found(lead, starts) ? 95 : 60;
    else if (between.size() < 160 && found(lead, starts) && found(between, stops))
      score = 80;
    if (score > best) {
      best = score;
      from = i;
      until = i + 1;
    }
  }
  if (best == 0) return;
  d.add("records_from", d.dates[from].day(), d.dates[from].span, best);
  d.add("records_until", d.dates[until].day(), d.dates[until].span, best);
  used.insert({from, until});
}

void propose_silence(Draft& d, Used& used) {
  static const RE2 gag(
      R"((?:not disclose|nondisclosure|non-disclosure|prohibited from (?:notifying|disclosing)|2705 ?\(b\))[^.]{0,200}(?:until|before|through|expires? on)(?: the)?$)");
  for (std::size_t i = 0; i < d.dates.size(); ++i) {
    if (used.contains(i) || !found(d.before(d.dates[i].span.begin, 260), gag)) continue;
    d.add("non_disclosure_until", d.dates[i].day(), d.dates[i].span, 88);
    used.insert(i);
    return;
  }
}

// The role whose cue stands before a date, for the best of those not yet used.
void propose_one(Draft& d, Used& used, const char* field, const RE2& strong, const RE2& weak,
                 bool with_hour) {
  for (const auto& [cue, certainty] : {std::pair{&strong, 92}, std::pair{&weak, 72}})
    for (std::size_t i = 0; i < d.dates.size(); ++i) {
      const DateHit& date = d.dates[i];
      if (used.contains(i) || is_stamp(d, date)) continue;
      if (!d.cued(date.span, *cue, 60)) continue;
      d.add(field, with_hour ? date.value : date.day(), date.span, certainty);
      used.insert(i);
      return;
    }
}

// A letter's date stands alone on its line, near the head of the first page.
void propose_letter_date(Draft& d, Used& used) {
  for (std::size_t i = 0; i < d.dates.size(); ++i) {
    const Segment* g = d.sheet.segment_at(d.dates[i].span.begin);
    if (used.contains(i) || g == nullptr || g->page != 0 || is_stamp(d, d.dates[i])) continue;
    const bool alone = g->span.end - g->span.begin <= d.dates[i].span.end - d.dates[i].span.begin + 4;
    if (!alone || g->box.y0 > d.pages[0].height / 2) continue;
    d.add("issued", d.dates[i].day(), d.dates[i].span, 85);
    used.insert(i);
    return;
  }
}

}  // namespace

void propose_dates(Draft& d) {
  static const RE2 due(
      R"((?:on or before|no later than|not later than|\bdue(?: date)?(?: is)?(?: by| on)?|return(?:able)?(?: date)?|compliance date|deadline|respond by|response due|date and time|reply by)(?: the)?[:.]?\s*$)");
  static const RE2 by(R"(\bby\s*$)");
  static const RE2 dated(
      R"((?:\bdated?|\bissued?(?: on)?|date (?:of )?(?:issued|issuance|issue)|issue date|signed(?: on)?|entered|date of (?:request|order)|date and time issued|done|ordered|given under my hand|witness my hand)[ ,]*(?:this|on this|on)?(?: the)?[:.]?\s*$)");
  static const RE2 this_day(R"(\bthis\s*$)");
  static const RE2 never(R"(\b\B)");
  Used used;
  propose_period(d, used);
  propose_silence(d, used);
  // "Date and time issued" is no return date though "date and time" is one.
  static const RE2 time_issued(R"(date and time issued:?\s*$)");
  propose_one(d, used, "issued", time_issued, never, false);
  propose_one(d, used, "return_by", due, by, true);
  propose_one(d, used, "issued", dated, this_day, false);
  propose_letter_date(d, used);
}

}  // namespace writ::scan
