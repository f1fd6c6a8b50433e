// SPDX-License-Identifier: GPL-3.0-or-later
// What legal papers write in fixed forms: dates, telephone numbers, statutes, addresses, names. Matching is
// by RE2, whose time is linear in the text: a hostile page cannot make it run away or overflow a stack.
#pragma once
#include <re2/re2.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/layout.hh"

namespace writ::scan {

struct Match {
  Span span;                        // of the whole
  std::vector<std::string> groups;  // "" when it took no part
  std::vector<Span> spans;          // of the groups
};
// All that do not overlap, in order, within `within`.
std::vector<Match> find_all(std::string_view text, const RE2& pattern, Span within);
std::vector<Match> find_all(std::string_view text, const RE2& pattern);
bool found(std::string_view text, const RE2& pattern);

struct DateHit {
  Span span;
  std::string value;  // "2026-04-16", or "2026-04-16T09:30" when an hour stands beside it
  std::string day() const { return value.substr(0, 10); }
};
std::vector<DateHit> find_dates(std::string_view text);  // in order; impossible days are none

struct PhoneHit {
  Span span;
  std::string value;  // "+14045550142"
};
std::vector<PhoneHit> find_phones(std::string_view text);  // of the North American plan

struct AddressHit {
  Span span;
  std::string building, street, city, state, zip;
  std::string line() const;  // "410 Harbor Road, Port Example, GA 30410"
};
std::vector<AddressHit> find_addresses(std::string_view text);

struct StatuteHit {
  Span span;
  std::string value;  // "18 USC 2703(c)(2)", "O.C.G.A. 24-13-21"
  bool federal = false;
};
std::vector<StatuteHit> find_statutes(std::string_view text);

struct NameHit {
  Span span;
  std::string name, rank;  // rank "" when none stands before it
};
std::vector<NameHit> find_ranked_names(std::string_view text);
// The line as a person's name, with or without a rank, honorific or badge; nothing when it is none.
std::optional<NameHit> as_name(std::string_view line);

// "EXAMPLE COUNTY SHERIFF'S OFFICE" -> "Example County Sheriff's Office"; text with small letters stays.
std::string in_title_case(std::string_view s);

}  // namespace writ::scan
