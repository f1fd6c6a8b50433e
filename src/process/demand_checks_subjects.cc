// SPDX-License-Identifier: GPL-3.0-or-later
// V5 V7 V10 V11 V13 V14, and the items V15 V16 V34: whom a document names, what it asks, and in which words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "process/demand_checks.hh"

namespace writ::process {
namespace {

bool names(const Paper& x, const char* kind) {
  return std::any_of(x.d.subjects.begin(), x.d.subjects.end(),
                     [&](const DemandSubject& s) { return s.kind == kind; });
}

std::vector<std::string> missing_of_five(const records::StreetAddress& a) {
  return blanks({{"building number", a.building},
                 {"street", a.street},
                 {"city", a.city},
                 {"State", a.state},
                 {"ZIP", a.zip}});
}

bool city_and_state(const records::StreetAddress& a) { return !blank(a.city) && !blank(a.state); }

// S9: the address, or account number + city + State.
Maybe v5_account_name(const Paper& x) {
  if (!names(x, "account-name")) return std::nullopt;
  Faults faults;
  for (const DemandSubject& s : x.d.subjects)
    if (s.kind == "account-name" && !all_five(s.address) &&
        !(!blank(s.property) && city_and_state(s.address)))
      faults.add(fmt::format("account {} has neither its street address nor account number, city and State",
                             s.value));
  return faults.finding("each account name comes with what identifies it");
}

Maybe v7_address(const Paper& x) {
  if (!names(x, "street-address")) return std::nullopt;
  Faults faults;
  for (const DemandSubject& s : x.d.subjects)
    if (const auto missing = missing_of_five(s.address); s.kind == "street-address" && !missing.empty())
      faults.add(fmt::format("the address of subject {} lacks: {}", &s - x.d.subjects.data() + 1,
                             fmt::join(missing, ", ")));
  return faults.finding("each address has building number, street, city, State and ZIP");
}

// S15: address + subscriber + dates, or account name + city + State.
Maybe v10_tenant(const Paper& x) {
  if (!names(x, "tenant-name")) return std::nullopt;
  const bool dated = x.d.records_from != Instant{} && x.d.records_until != Instant{};
  Faults faults;
  for (const DemandSubject& s : x.d.subjects) {
    if (s.kind != "tenant-name") continue;
    if (blank(s.subscriber))
      faults.add(fmt::format("tenant {}: the subscriber's name is not stated", s.value));
    if (!(all_five(s.address) && dated) && !city_and_state(s.address))
      faults.add(fmt::format(
          "tenant {}: neither the street address with a range of dates nor city and State are stated",
          s.value));
  }
  return faults.finding("each tenant's name comes with what identifies it");
}

Maybe v11_property(const Paper& x) {
  if (!names(x, "extension")) return std::nullopt;
  Faults faults;
  for (const DemandSubject& s : x.d.subjects)
    if (s.kind == "extension" && blank(s.property)) faults.add(no_property(s.value));
  return faults.finding("each extension comes with its property");
}

// S38: exactly what is wanted.
// Whose records: an emergency answers S37 for it, a national security letter V34, what follows an earlier
// matter names that.
bool must_name_subjects(const Paper& x) {
  if (is_cycle(x.kind, Cycle::request)) return policy::releases(x.kind);
  return is_cycle(x.kind, Cycle::preservation) || is_cycle(x.kind, Cycle::backup_preservation);
}

Maybe v13_exact(const Paper& x) {
  Faults faults;
  for (const std::string& phrase : x.p.wording.sweeping)
    if (holds_words(x.d.wording, phrase)) faults.add(fmt::format("it asks for \"{}\"", phrase));
  if (policy::releases(x.kind) && x.d.items.empty()) faults.add("it does not state which records are wanted");
  if (must_name_subjects(x) && x.d.subjects.empty()) faults.add("it names nobody whose records are wanted");
  return faults.finding("it states what is wanted");
}

Maybe v14_generic(const Paper& x) {
  if (blank(x.d.wording)) return std::nullopt;
  std::vector<std::string> found;
  for (const std::string& term : x.p.wording.jargon)
    if (holds_words(x.d.wording, term)) found.push_back(term);
  if (!found.empty()) return Finding{false, fmt::format("it says: {}", fmt::join(found, ", "))};
  return Finding{true, "generic terms"};
}

constexpr DocumentCheck subject_table[] = {{"V5", v5_account_name}, {"V7", v7_address}, {"V10", v10_tenant},
                                           {"V11", v11_property},   {"V13", v13_exact}, {"V14", v14_generic}};

struct ItemFault {
  const char* id;
  std::string item, rule, fact, cure;
};

// The reason for which the matrix refuses, as the check whose severity and message apply.
const char* check_of(const Paper& x, std::string_view item, const policy::Decision& decision) {
  if (x.kind.column == "nsl") return "V34";
  const bool asked_expressly =
      decision.plan == policy::Cell::on_request || decision.law == policy::Cell::on_request;
  return asked_expressly && item.ends_with("-ssn") ? "V16" : "V15";
}

std::vector<ItemFault> faulty_items(const Paper& x) {
  std::vector<ItemFault> out;
  for (const std::string& item : x.d.items) {
    policy::Situation s;
    s.expressly_requested =
        std::find(x.d.expressly.begin(), x.d.expressly.end(), item) != x.d.expressly.end();
    s.statute_cited = !blank(x.d.statute);
    const policy::Decision decision = policy::decide(x.p, item, x.kind, s);
    if (decision.verdict == policy::Verdict::refuse)  // a silent cell is counsel's to decide, at approval
      out.push_back({check_of(x, item, decision), item, decision.rule, decision.fact, decision.cure});
  }
  return out;
}

}  // namespace

std::span<const DocumentCheck> subject_checks() { return subject_table; }

std::vector<CheckResult> item_checks(const Paper& x) {
  if (!policy::releases(x.kind) || x.d.items.empty()) return {};  // nothing is released, or V13 says so
  const auto faults = faulty_items(x);
  std::vector<CheckResult> out;
  for (const ItemFault& f : faults) {
    CheckResult r = result_of(f.id, {false, fmt::format("{}: {}", f.item, f.fact)}, x.p);
    r.item = f.item;
    if (!f.rule.empty()) r.rule = f.rule;
    if (!f.cure.empty()) r.cure = f.cure;
    out.push_back(std::move(r));
  }
  const bool nothing_left = faults.size() == x.d.items.size();
  out.push_back(result_of(
      "V15",
      {!nothing_left, nothing_left ? "this process reaches none of the items"
                                   : fmt::format("{} of {} items can be reached",
                                                 x.d.items.size() - faults.size(), x.d.items.size())},
      x.p));
  return out;
}

}  // namespace writ::process
