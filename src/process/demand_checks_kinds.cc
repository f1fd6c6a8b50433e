// SPDX-License-Identifier: GPL-3.0-or-later
// V20 V21 V22 V23 V31 V32 V33 V34 V35 V36: preservations, emergencies, national security process.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "process/demand_checks.hh"

namespace writ::process {
namespace {

// S30, S32: the office of the profile through which national security process comes (policy::Office::id).
constexpr std::string_view national_security_office = "fbi-field-office";

bool preserves(const Paper& x) {
  return is_cycle(x.kind, Cycle::preservation) || (x.kind.id == "extension" && x.receipt.earlier);
}
bool is_national(const Paper& x) { return is_cycle(x.kind, Cycle::national_security); }

Maybe v20_future(const Paper& x) {
  if (!preserves(x)) return std::nullopt;
  Faults faults;
  if (x.d.future_data) faults.add("records that are not yet in being are to be preserved");
  if (x.d.records_until > x.received())
    faults.add(fmt::format("its period ends {}, after it was received", rfc3339_seconds(x.d.records_until)));
  return faults.finding("records in being");
}

Maybe v21_extension(const Paper& x) {
  if (!x.receipt.earlier) return std::nullopt;
  const EarlierPreservation& e = *x.receipt.earlier;
  Faults faults;
  if (e.extended) faults.add(fmt::format("{} was extended once already", e.matter));
  if (x.received() >= e.ends)
    faults.add(fmt::format("{} ended {}; the extension came {}", e.matter, rfc3339_seconds(e.ends),
                           rfc3339_seconds(x.received())));
  return faults.finding(
      fmt::format("the first extension of {}, before {}", e.matter, rfc3339_seconds(e.ends)));
}

Maybe v22_release(const Paper& x) {
  if (!preserves(x) && !is_cycle(x.kind, Cycle::backup_preservation)) return std::nullopt;
  return Finding{!x.d.asks_release,
                 x.d.asks_release ? "it asks that records be released" : "nothing is asked to be released"};
}

Maybe v23_underlying(const Paper& x) {
  if (!is_cycle(x.kind, Cycle::backup_preservation)) return std::nullopt;
  Faults faults;
  faults.add_blanks({{"the subpoena or order of 18 USC 2703(b)(2)", x.d.underlying_process}});
  return faults.finding(fmt::format("it came with {}", x.d.underlying_process));
}

Maybe v31_letter(const Paper& x) {
  if (!is_cycle(x.kind, Cycle::emergency)) return std::nullopt;
  Faults faults;
  faults.add_blanks({{"nature of the request", x.d.nature}, {"circumstances", x.d.circumstances}});
  return faults.finding("nature and circumstances are stated");
}

Maybe v32_danger(const Paper& x) {
  if (!is_cycle(x.kind, Cycle::emergency)) return std::nullopt;
  return Finding{x.d.danger_to_person, x.d.danger_to_person
                                           ? "immediate danger of death or serious physical injury is stated"
                                           : "no danger to a person is stated"};
}

Maybe v33_by_hand(const Paper& x) {
  if (!x.kind.by_hand) return std::nullopt;
  const auto office = std::find_if(x.p.offices.begin(), x.p.offices.end(),
                                   [](const policy::Office& o) { return o.id == national_security_office; });
  Faults faults;
  if (x.d.delivery != "hand")
    faults.add(
        fmt::format("it came by {}", x.d.delivery.empty() ? "a way that is not stated" : x.d.delivery));
  if (office == x.p.offices.end())
    faults.add(fmt::format("the profile names no office '{}'", national_security_office));
  else if (x.d.office != office->id && x.d.office != office->title)
    faults.add(fmt::format("it came through {}, not through '{}' ({})",
                           x.d.office.empty() ? "an office that is not stated" : "'" + x.d.office + "'",
                           office->id, office->title));
  faults.add_blanks({{"who delivered it", x.d.delivered_by}});
  return faults.finding(fmt::format("by hand of {}", x.d.delivered_by));
}

// 18 USC 2709(b): who may certify, and what the letter must name. Its four items are V34 for each item.
Maybe v34_letter(const Paper& x) {
  if (x.kind.column != "nsl") return std::nullopt;
  Faults faults;
  faults.add_blanks({{"certifier", x.d.certifier}, {"rank of the certifier", x.d.certifier_rank}});
  const auto& ranks = x.p.wording.nsl_certifiers;
  // "Special Agent in Charge, Example Field Office"; not "Assistant Special Agent in Charge".
  const std::string rank = x.d.certifier_rank.substr(0, x.d.certifier_rank.find(','));
  const auto may = [&](const std::string& r) { return rank.size() == r.size() && holds_words(rank, r); };
  if (!blank(x.d.certifier_rank) && std::none_of(ranks.begin(), ranks.end(), may))
    faults.add(
        fmt::format("'{}' may not certify; these may: {}", x.d.certifier_rank, fmt::join(ranks, ", ")));
  if (x.d.subjects.empty()) faults.add("no person, entity, telephone number or account is named");
  for (const DemandSubject& s : x.d.subjects)
    if (s.kind == "street-address")
      faults.add("a street address is no specific selector: it names no person, entity, number or account");
  return faults.finding(fmt::format("certified by {}", x.d.certifier_rank));
}

bool cites(const Paper& x, std::string_view words) {
  return holds_words(x.d.statute, words) || holds_words(x.d.authority, words) ||
         holds_words(x.d.wording, words) || holds_words(x.d.instrument, words);
}

// S31: dead authorities, by their id or by the section's name wherever the document has it.
Maybe v35_sunset(const Paper& x) {
  Faults faults;
  for (const policy::Authority& a : x.p.authorities)
    if (a.never && a.id == x.d.authority) faults.add(fmt::format("it cites {}", a.title));
  for (const char* section : {"105A", "105B"})
    if (cites(x, section)) faults.add(fmt::format("it cites section {}", section));
  if (faults.none() && !is_national(x)) return std::nullopt;
  return faults.finding("neither 105A nor 105B is cited");
}

bool is_dead(const Paper& x, const std::string& authority) {
  return std::any_of(x.p.authorities.begin(), x.p.authorities.end(),
                     [&](const policy::Authority& a) { return a.never && a.id == authority; });
}

Maybe v36_authority(const Paper& x) {
  const std::string& authority = authority_of(x.kind, x.d);
  if (authority.empty()) {
    if (x.kind.authority == "cited") return Finding{false, "no authority is cited"};
    return std::nullopt;
  }
  if (is_dead(x, authority)) return std::nullopt;  // V35
  const std::string why = policy::why_not_in_force(x.p, authority, x.now);
  return Finding{why.empty(), why.empty() ? fmt::format("{} is in force", authority) : why};
}

constexpr DocumentCheck kind_table[] = {{"V20", v20_future},     {"V21", v21_extension}, {"V22", v22_release},
                                        {"V23", v23_underlying}, {"V31", v31_letter},    {"V32", v32_danger},
                                        {"V33", v33_by_hand},    {"V34", v34_letter},    {"V35", v35_sunset},
                                        {"V36", v36_authority}};

}  // namespace

std::span<const DocumentCheck> kind_checks() { return kind_table; }

}  // namespace writ::process
