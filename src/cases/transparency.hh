// SPDX-License-Identifier: GPL-3.0-or-later
// How many legal demands a year brought, by kind and outcome, and how many accounts they reached; for
// publication. National security process is counted in the bands and periods of 50 USC 1874 only, which the
// policy holds as data, and only out of compartments that were opened to a named person: for everybody else
// the figures are the same whether such matters exist or not.
#pragma once
#include <map>
#include <optional>
#include <span>

#include "desk/case_book.hh"
#include "produce/report.hh"

namespace writ::cases {

struct TransparencyRow {
  std::string kind, title;
  std::map<std::string, std::int64_t> outcomes;  // by transparency_outcomes()
  std::int64_t total = 0;
  std::int64_t accounts = 0;  // distinct subjects of those answered, preserved or activated
};
struct NationalBand {
  Instant from{}, until{};         // half open
  std::string process, selectors;  // "0-249"; "" before `publishable`
  Instant publishable{};
};
struct Transparency {
  int year = 0;
  Instant as_of{};
  std::vector<TransparencyRow> rows;                         // by title
  const policy::TransparencyStructure* structure = nullptr;  // the profile's; nullptr: it publishes none
  std::string counted_for;                                   // whose compartments; "": nobody's
  std::vector<NationalBand> national;
};

// "answered" "preserved" "activated" "returned" "refused" "withdrawn" "pending"
std::span<const char* const> transparency_outcomes();
std::string band(std::int64_t n, std::int64_t width);  // 250 of 250: "250-499"
// `compartments`: those that the person may open; counting is noted in each one's own log. The year is that
// of the carrier's zone.
Result<Transparency> transparency(desk::Carrier& c, int year, const std::string& person = {},
                                  std::span<desk::Carrier* const> compartments = {});
// With every compartment that this person opens: the bands of somebody who is named in few count few.
Result<Transparency> transparency_for(desk::Carrier& c, int year, const desk::Acting& who);
Json to_json(const Transparency& t);                                              // "writ.transparency/1"
std::vector<std::vector<std::string>> transparency_table(const Transparency& t);  // head first: CSV
produce::Report transparency_report(const policy::Policy& p, const Transparency& t);

}  // namespace writ::cases
