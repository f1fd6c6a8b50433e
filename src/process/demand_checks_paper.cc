// SPDX-License-Identifier: GPL-3.0-or-later
// V1 V2 V3 V17 V18 V19 V29 V30 V37 V38 V39 V40: what a document must bear, who sent it, and how it came.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "process/demand_checks.hh"

namespace writ::process {
namespace {

// ISO 3166-2:US, the States, the District and the inhabited territories; "US": a court or agency of the
// United States.
constexpr std::array<std::string_view, 57> jurisdictions{
    "US", "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN",
    "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH",
    "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT",
    "VT", "VA", "WA", "WV", "WI", "WY", "DC", "PR", "GU", "VI", "AS", "MP"};

bool is_walk_in(const Paper& x) { return x.kind.id == "walk-in"; }

// Kinds that only speak of an earlier process.
bool follows_another(const Paper& x) {
  return x.kind.id == "extension" || x.kind.id == "modification" || x.kind.id == "withdrawal";
}

Maybe v1_verified(const Paper& x) {
  return Finding{x.receipt.requester_verified, x.receipt.requester_verified
                                                   ? "called back on a number of the carrier's own directory"
                                                   : "no call-back is recorded in this matter"};
}

Maybe v2_signed(const Paper& x) {
  const Demand& d = x.d;
  Faults faults;
  signed_and_dated(d.is_signed, d.issued, faults);
  faults.add_blanks({{"issuer", d.issuer}});
  // Letters bear no number of their own; what a court or a statute stands behind does.
  if (x.kind.needs_court || x.kind.needs_statute) faults.add_blanks({{"number", d.instrument}});
  if (x.kind.needs_return_date && d.return_by == Instant{}) faults.add("not stated: return date");
  if (d.issued > x.received())
    faults.add(fmt::format("it is dated {}, after it was received", rfc3339_seconds(d.issued)));
  if (d.return_by != Instant{} && d.issued != Instant{} && d.return_by <= d.issued)
    faults.add(fmt::format("its return date {} is not after its date", rfc3339_seconds(d.return_by)));
  if (follows_another(x)) faults.add_blanks({{"the earlier matter", d.of_matter}});
  return faults.finding(fmt::format("{} signed, dated {}, {}", d.instrument.empty() ? "letter" : d.instrument,
                                    rfc3339_seconds(d.issued), d.issuer));
}

Maybe v3_court(const Paper& x) {
  if (!x.kind.needs_court) return std::nullopt;
  const Demand& d = x.d;
  Faults faults;
  faults.add_blanks({{"court", d.court}, {"jurisdiction", d.jurisdiction}});
  if (!blank(d.jurisdiction) &&
      std::find(jurisdictions.begin(), jurisdictions.end(), d.jurisdiction) == jurisdictions.end())
    faults.add(fmt::format("'{}' is no jurisdiction of the United States", d.jurisdiction));
  for (const std::string& term : x.p.wording.lesser_courts)
    if (holds_words(d.court, term))
      faults.add(fmt::format("a {} has no general criminal jurisdiction", term));
  const bool federal = holds_words(d.court, "United States") || holds_words(d.court, "U.S");
  if (federal && d.jurisdiction != "US")
    faults.add(fmt::format("{} is a court of the United States, not of {}", d.court, d.jurisdiction));
  return faults.finding(fmt::format("{}, {}", d.court, d.jurisdiction));
}

Maybe v17_statute(const Paper& x) {
  if (!x.kind.needs_statute) return std::nullopt;
  Faults faults;
  faults.add_blanks({{"statute", x.d.statute}});
  return faults.finding(fmt::format("issued under {}", x.d.statute));
}

Maybe v18_contact(const Paper& x) {
  const Requester& o = x.d.requester;
  return contact_stated(o.name, o.badge, o.agency, o.phone, o.return_address);
}

Maybe v19_fax(const Paper& x) {
  return fax_confirmed(x.d.requester.fax, x.d.requester.fax_confirmed || x.receipt.fax_verified);
}

Maybe v29_coordinated(const Paper& x) {
  if (!x.kind.needs_coordination) return std::nullopt;
  return coordinated(x.d.coordinated_before);
}

// S58: where the plan's schedule of fees has a price (S60-S63).
Maybe v30_cost(const Paper& x) {
  if (!x.kind.needs_coordination && !is_cycle(x.kind, Cycle::recurring)) return std::nullopt;
  return cost_agreed(x.d.cost_agreement);
}

// Who walks in with process has process; who walks in without it is refused.
Maybe v37_walk_in(const Paper& x) {
  if (is_walk_in(x)) return Finding{false, "guest records are demanded on the spot, without process"};
  if (x.d.delivery != "walk-in") return std::nullopt;
  return Finding{true, fmt::format("handed over on the spot, as {}", x.kind.title)};
}

Maybe v38_repeats(const Paper& x) {
  if (!x.receipt.repeats.empty())
    return Finding{false, fmt::format("{}", fmt::join(x.receipt.repeats, "; "))};
  return Finding{true, "no other matter has this document or instrument, and no known domain is imitated"};
}

Maybe v39_requester(const Paper& x) {
  Faults faults;
  const bool is_private = is_of_private_party(x.d);
  const std::string& counsel = x.receipt.binds_by;
  if (is_private && counsel.empty())
    faults.add("the requester is a private or civil party: counsel decides whether it binds");
  if (x.d.requester.is_foreign) faults.add("the requester is foreign: it takes the treaty channel");
  return faults.finding(is_private ? fmt::format("a private or civil party; by the opinion of {} it binds "
                                                 "the carrier",
                                                 counsel)
                                   : "a public authority of the United States");
}

Maybe v40_state(const Paper& x) {
  if (!x.d.state_service_needed) return std::nullopt;
  return Finding{x.d.served_in_state,
                 x.d.served_in_state ? "served in its State of origin" : "not served in its State of origin"};
}

constexpr DocumentCheck paper_table[] = {
    {"V1", v1_verified},  {"V2", v2_signed},    {"V3", v3_court},         {"V17", v17_statute},
    {"V18", v18_contact}, {"V19", v19_fax},     {"V29", v29_coordinated}, {"V30", v30_cost},
    {"V37", v37_walk_in}, {"V38", v38_repeats}, {"V39", v39_requester},   {"V40", v40_state}};

}  // namespace

std::span<const DocumentCheck> paper_checks() { return paper_table; }

}  // namespace writ::process
