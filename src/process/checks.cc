// SPDX-License-Identifier: GPL-3.0-or-later
// The checks of requirements section 4 that concern interceptions. Each is one small function in a table; it
// says what the document says. Severity, message, rule and cure come from the policy alone.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "process/check_parts.hh"
#include "process/neighbours.hh"

namespace writ::process {
namespace {

bool is_wiretap(const Request& r) { return r.kind == "wiretap"; }

std::string days_text(Nanos d) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(d).count();
  std::string out = fmt::format("{} days", minutes / (24 * 60));
  if (minutes % (24 * 60) != 0) out += fmt::format(" {} h {} min", minutes / 60 % 24, minutes % 60);
  return out;
}

// The period itself; true when there is one to measure.
bool check_period(const Request& r, Nanos cap, const std::string& cap_text, Faults& faults) {
  if (r.start == Instant{} || r.end == Instant{}) {
    faults.add(fmt::format(
        "the authorized period is not stated ({})",
        r.start == Instant{} ? (r.end == Instant{} ? "no start, no end" : "no start") : "no end"));
    return false;
  }
  const std::string window = fmt::format("{} to {}", rfc3339_seconds(r.start), rfc3339_seconds(r.end));
  if (r.end <= r.start) {
    faults.add(fmt::format("the period {} ends before it starts", window));
  } else if (r.end - r.start > cap) {
    faults.add(
        fmt::format("the period {} is {}, longer than {}", window, days_text(r.end - r.start), cap_text));
  }
  return true;
}

void check_contents(const Request& r, const std::vector<policy::StatutoryItem>& items, Faults& faults) {
  for (const auto& item : items)
    if (std::find(r.contents.begin(), r.contents.end(), item.name) == r.contents.end())
      faults.add(fmt::format("'{}' is not stated: {}, {}", item.name, item.text, item.citation));
  for (const std::string& c : r.contents)
    if (std::none_of(items.begin(), items.end(), [&](const auto& i) { return i.name == c; }))
      faults.add(fmt::format("'{}' is not the name of a statutory content of this kind of order", c));
}

std::string fine_period(const Request& r) {
  return fmt::format("{} to {}, {}", rfc3339_seconds(r.start), rfc3339_seconds(r.end),
                     days_text(r.end - r.start));
}

Finding emergency_period(const Request& r, const policy::Policy& p) {
  Faults faults;
  check_period(r, std::chrono::hours{p.emergency_hours_max}, fmt::format("{} hours", p.emergency_hours_max),
               faults);
  return faults.finding("emergency: " + fine_period(r));
}

Maybe v2_signed(const Request& r, const policy::Policy&) {
  Faults faults;
  signed_and_dated(r.is_signed, r.issued, faults);
  // In an emergency there is no court's order yet; who decided is V28.
  if (!r.emergency) faults.add_blanks({{"number", r.instrument}, {"court", r.court}, {"judge", r.judge}});
  return faults.finding(fmt::format("{} signed, dated {}{}", r.instrument, rfc3339_seconds(r.issued),
                                    r.emergency ? "" : fmt::format(", {}, {}", r.court, r.judge)));
}

Maybe v18_contact(const Request& r, const policy::Policy&) {
  const auto& o = r.officer;
  return contact_stated(o.name, o.badge, o.agency, o.phone, o.return_address);
}

Maybe v19_fax(const Request& r, const policy::Policy&) {
  return fax_confirmed(r.officer.fax, r.officer.fax_confirmed);
}

Maybe v24_pen_trap(const Request& r, const policy::Policy& p) {
  if (is_wiretap(r)) return std::nullopt;
  if (r.emergency) return emergency_period(r, p);
  Faults faults;
  check_contents(r, p.pen_trap_items, faults);
  check_period(r, std::chrono::days{p.pen_trap_days_max}, fmt::format("{} days", p.pen_trap_days_max),
               faults);
  return faults.finding(
      fmt::format("all {} contents are stated; {}", p.pen_trap_items.size(), fine_period(r)));
}

Maybe v25_pen_trap_reach(const Request& r, const policy::Policy&) {
  if (is_wiretap(r)) return std::nullopt;
  std::vector<std::string> beyond;
  for (const std::string& s : r.seeks)
    if (s != "call-identifying") beyond.push_back(s);
  if (!beyond.empty())
    return Finding{false, fmt::format("the {} order seeks: {}", r.kind, fmt::join(beyond, ", "))};
  return Finding{true, "only call-identifying information is sought"};
}

Maybe v26_carrier(const Request& r, const policy::Policy& p) {
  if (is_wiretap(r) || r.emergency) return std::nullopt;
  if (r.carrier_named) return Finding{true, fmt::format("the order names {}", p.carrier)};
  return Finding{r.certification_3123,
                 fmt::format("the order does not name {}; {} written certification came with it", p.carrier,
                             r.certification_3123 ? "a" : "no")};
}

Maybe v27_wiretap(const Request& r, const policy::Policy& p) {
  if (!is_wiretap(r)) return std::nullopt;
  if (r.emergency) return emergency_period(r, p);
  Faults faults;
  check_contents(r, p.wiretap_items, faults);
  const std::chrono::days cap{p.wiretap_days_max};
  const bool stated = check_period(r, cap, fmt::format("{} days", p.wiretap_days_max), faults);
  const Instant last = r.issued + std::chrono::days{p.wiretap_start_days_max} + cap;
  if (stated && r.issued != Instant{} && r.end > last)
    faults.add(fmt::format("the period ends {}; counted from {} days after the order of {} it must end by {}",
                           rfc3339_seconds(r.end), p.wiretap_start_days_max, rfc3339_seconds(r.issued),
                           rfc3339_seconds(last)));
  return faults.finding(
      fmt::format("all {} contents are stated; {}", p.wiretap_items.size(), fine_period(r)));
}

Maybe v28_official(const Request& r, const policy::Policy&) {
  if (!r.emergency) return std::nullopt;
  if (blank(r.designated_official)) return Finding{false, "no designated official is named"};
  return Finding{true, fmt::format("decided by {}", r.designated_official)};
}

Maybe v29_coordinated(const Request& r, const policy::Policy&) { return coordinated(r.coordinated_before); }

Maybe v30_cost(const Request& r, const policy::Policy&) { return cost_agreed(r.cost_agreement); }

using OrderCheck = Maybe (*)(const Request&, const policy::Policy&);
constexpr struct {
  const char* id;
  OrderCheck check;
} document_checks[] = {{"V2", v2_signed},     {"V18", v18_contact},        {"V19", v19_fax},
                       {"V24", v24_pen_trap}, {"V25", v25_pen_trap_reach}, {"V26", v26_carrier},
                       {"V27", v27_wiretap},  {"V28", v28_official},       {"V29", v29_coordinated},
                       {"V30", v30_cost}};

Result<Maybe> v4_served(const Request& r, const records::Catalogue& book) {
  return each_served(r.targets, book);
}

Result<Maybe> v11_property(const Request& r, const records::Catalogue& book) {
  Faults faults;
  std::size_t judged = 0;
  for (const TargetRequest& t : r.targets) {
    WRIT_TRY(shared, shared_with_neighbours(t, r, book));
    if (shared) {
      ++judged;
      faults.add(*shared);
      continue;
    }
    if (t.type != "extension") continue;
    ++judged;
    if (blank(t.property)) {
      faults.add(no_property(t.value));
      continue;
    }
    if (!records::canonical_value(t.type, t.value)) continue;  // V4 says so
    WRIT_TRY(holders, book.who_holds(t.type, t.value, t.property, {r.start, r.end, {}}));
    if (std::all_of(holders.begin(), holders.end(), [](const records::Holder& h) { return h.hosts.empty(); }))
      faults.add(fmt::format("extension {} of {}: no hosts of the property are on record in the period",
                             t.value, t.property));
  }
  if (judged == 0) return Maybe{};
  return Maybe{faults.finding(fmt::format("{} extensions, each with its property", judged))};
}

using RecordCheck = Result<Maybe> (*)(const Request&, const records::Catalogue&);
constexpr struct {
  const char* id;
  RecordCheck check;
} record_checks[] = {{"V4", v4_served}, {"V11", v11_property}};

}  // namespace

std::vector<CheckResult> check_document(const Request& r, const policy::Policy& p) {
  std::vector<CheckResult> out;
  for (const auto& row : document_checks)
    if (const Maybe f = row.check(r, p)) out.push_back(result_of(row.id, *f, p));
  return out;
}

Result<std::vector<CheckResult>> check_records(const Request& r, const policy::Policy& p,
                                               const records::Catalogue& book) {
  std::vector<CheckResult> out;
  for (const auto& row : record_checks) {
    WRIT_TRY(f, row.check(r, book));
    if (f) out.push_back(result_of(row.id, *f, p));
  }
  return out;
}

}  // namespace writ::process
