// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/recurring_authority.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cases/demand_case.hh"
#include "desk/demand_subjects.hh"
#include "desk/grant_checks.hh"

namespace writ::cases {
namespace {

using authority::ScopeSubject;
using desk::Carrier;
using desk::Case;
using desk::GrantRow;
using desk::Order;
using process::State;

constexpr const char* authority_rule =
    "the authority of a continuing delivery is looked at before each step (life cycle 7, L13)";
constexpr std::array direction_names{"both", "outgoing", "incoming"};

tl::unexpected<Error> no_authority(std::string what, std::string next) {
  return fail(Exit::refused, std::move(what), authority_rule, "an order in force for these records",
              std::move(next));
}

Direction direction_of(const std::string& kind) {
  if (kind == "pen-register") return Direction::outgoing;
  if (kind == "trap-and-trace") return Direction::incoming;
  return Direction::both;
}

std::vector<ScopeSubject> sorted_subjects(std::vector<ScopeSubject> subjects) {
  std::sort(subjects.begin(), subjects.end());
  subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
  return subjects;
}

Result<std::vector<ScopeSubject>> targets_of(const Order& o) {
  std::vector<ScopeSubject> out;
  for (const process::TargetRequest& t : o.request.targets) {
    if (t.type != "number" && t.type != "extension") continue;  // records know no SIP address
    WRIT_TRY(s, desk::canonical_subject({t.type, t.value, t.type == "extension" ? t.property : ""}));
    out.push_back(std::move(s));
  }
  return sorted_subjects(std::move(out));
}

// Ended by a person or with the tenant's stay, and not by its own end.
Status check_not_stopped(const Carrier& c, const Order& o, const GrantRow& g,
                         const authority::RevocationList& list) {
  for (const authority::Revocation& r : list.entries)
    if (crypto::hex(r.grant) == g.id && r.at < g.body.not_after)
      return no_authority(
          fmt::format("the order of {} was ended {}: {}", o.matter, rfc3339_seconds(r.at), r.reason),
          "counsel stops the delivery (writ recurring stop); earlier records need process of "
          "their own");
  const bool is_over = o.state == State::ended || o.state == State::certified || o.state == State::closed;
  const auto stop = o.done_by.find(process::Step::stop);
  const bool by_person = stop != o.done_by.end() && stop->second != c.desk_cert().user;
  if (is_over && (by_person || c.now() < g.body.not_after))
    return no_authority(fmt::format("the order of {} is {}", o.matter, process::to_string(o.state)),
                        "counsel stops the delivery (writ recurring stop)");
  return {};
}

// Both authorisations of 47 CFR 1.20002 stand on this very order: counsel's signature and the officer's.
Result<GrantRow> signed_grant(const Carrier& c, const Order& o) {
  WRIT_TRY(g, desk::Orders{c}.grant(o.matter, o.number));
  if (!g)
    return no_authority(fmt::format("counsel has not authorised the order of {}", o.matter),
                        "counsel approves the order first (writ request approve)");
  WRIT_CHECK(desk::check_order_integrity(c, o, g->body));
  WRIT_CHECK(desk::check_acts(c, o, *g, 2));
  return std::move(*g);
}

Result<ContinuingAuthority> of_first_order(const Order& o, const GrantRow& g) {
  const process::Request& r = o.request;
  if (r.emergency)
    return no_authority(fmt::format("{} is an emergency without an order", o.matter),
                        "the agency obtains its order (18 USC 2518(7), 3125)");
  ContinuingAuthority a;
  a.matter = o.matter;
  a.kind = r.kind;
  a.instrument = r.instrument;
  a.document_sha256 = crypto::hex(o.document_sha256);
  a.from = g.body.not_before;
  a.until = g.body.not_after;
  WRIT_TRY(targets, targets_of(o));
  a.subjects = std::move(targets);
  a.direction = direction_of(r.kind);
  a.is_interception = true;
  a.agency = r.officer.agency;
  a.return_address = r.officer.return_address;
  a.fax = r.officer.fax;
  return a;
}

// An extension counts when both have signed it, it is of the same kind, and it leaves no gap.
bool extends(const ContinuingAuthority& a, const Order& o, const GrantRow& g) {
  return o.request.kind == a.kind && g.body.not_before <= a.until && g.body.not_after > a.until;
}

Result<ContinuingAuthority> of_orders(const Carrier& c, const std::string& matter) {
  const desk::Orders book{c};
  WRIT_TRY(orders, book.of_matter(matter));
  WRIT_TRY(list, book.revocations());
  std::erase_if(orders,
                [](const Order& o) { return o.state == State::returned || o.state == State::rejected; });
  if (orders.empty())
    return no_authority(fmt::format("the order of {} was not accepted", matter), "file one that is");
  WRIT_TRY(first, signed_grant(c, orders.front()));
  WRIT_TRY(a, of_first_order(orders.front(), first));
  WRIT_CHECK(check_not_stopped(c, orders.front(), first, list));
  for (auto o = orders.begin() + 1; o != orders.end(); ++o) {
    const auto g = signed_grant(c, *o);
    if (!g && g.error().exit == Exit::refused) break;  // not authorised yet
    if (!g) return tl::unexpected(g.error());
    if (!extends(a, *o, *g)) break;
    WRIT_CHECK(check_not_stopped(c, *o, *g, list));
    a.until = g->body.not_after;
    WRIT_TRY(targets, targets_of(*o));
    std::erase_if(a.subjects, [&](const ScopeSubject& s) {
      return !std::binary_search(targets.begin(), targets.end(), s);
    });
  }
  return a;
}

Result<ContinuingAuthority> of_court_order(const Case& of) {
  static constexpr std::array standing{"legally-approved", "collected",    "scope-checked",
                                       "delivered",        "acknowledged", "closed"};
  WRIT_TRY(d, demand_of(of));
  if (of.cycle != process::Cycle::request || d.kind != "court-order")
    return no_authority(fmt::format("{} is a {}, no order for records to come", of.matter, d.kind),
                        "the agency obtains an order under 18 USC 3123 or 2703(d) (L13)");
  if (of.newest("approve") == nullptr ||
      std::find(standing.begin(), standing.end(), of.state) == standing.end())
    return no_authority(fmt::format("{} is {}", of.matter, of.state),
                        "counsel approves the court order first (writ disclose approve)");
  if (d.records_until == Instant{})
    return no_authority(fmt::format("the court order of {} states no end of its records", of.matter),
                        "the court states it; nothing is delivered without end");
  ContinuingAuthority a;
  a.matter = of.matter;
  a.kind = d.kind;
  a.instrument = d.instrument;
  a.document_sha256 = crypto::hex(d.document_sha256);
  a.from = d.records_from == Instant{} ? d.issued : d.records_from;
  a.until = d.records_until;
  std::vector<ScopeSubject> subjects;
  for (const process::DemandSubject& s : d.subjects) {
    WRIT_TRY(subject, desk::scope_subject(s));
    subjects.push_back(std::move(subject));
  }
  a.subjects = sorted_subjects(std::move(subjects));
  a.agency = d.requester.agency;
  a.return_address = d.requester.return_address;
  a.fax = d.requester.fax;
  return a;
}

Status check_no_change_waits(const Carrier& c, const std::string& order, const std::string& own) {
  WRIT_TRY(requests, desk::read_cases(c, process::Cycle::request));
  for (const Case& r : requests) {
    if (desk::is_over(r)) continue;
    WRIT_TRY(d, demand_of(r));
    if ((d.kind == "modification" || d.kind == "withdrawal") && (d.of_matter == order || d.of_matter == own))
      return no_authority(fmt::format("{} is a {} of {}, and is open", r.matter, d.kind, d.of_matter),
                          "counsel or officer decides on it first: close or reject it, or stop the delivery");
  }
  return {};
}

}  // namespace

const char* to_string(Direction d) { return direction_names.at(static_cast<std::size_t>(d)); }

Result<Direction> parse_direction(std::string_view s) {
  for (const Direction d : {Direction::both, Direction::outgoing, Direction::incoming})
    if (s == to_string(d)) return d;
  return fail(Exit::integrity, fmt::format("'{}' is no direction of calls", s));
}

Json to_json(const ContinuingAuthority& a) {
  return Json{{"matter", a.matter},
              {"kind", a.kind},
              {"instrument", a.instrument},
              {"document_sha256", a.document_sha256},
              {"from", rfc3339(a.from)},
              {"until", rfc3339(a.until)},
              {"direction", to_string(a.direction)},
              {"interception", a.is_interception}};
}

Result<ContinuingAuthority> continuing_authority(const Carrier& c, const std::string& matter) {
  if (matter.empty())
    return no_authority("the document names no order that it continues",
                        "file it with of_matter (docs/recurring.md)");
  const auto file = desk::read_case(c, matter);
  if (file) return of_court_order(*file);
  if (file.error().exit != Exit::not_found) return tl::unexpected(file.error());
  return of_orders(c, matter);
}

Status check_under(const Carrier& c, const ContinuingAuthority& a, const std::string& own,
                   const process::Demand& d) {
  for (std::size_t i = 0; i < d.subjects.size(); ++i) {
    WRIT_TRY(s, desk::scope_subject(d.subjects[i]));
    if (!std::binary_search(a.subjects.begin(), a.subjects.end(), s))
      return no_authority(
          fmt::format("the order of {} does not name subject {} of the document", a.matter, i + 1),
          "the subjects of the order, and no others");
  }
  const process::Requester& r = d.requester;
  if (r.agency != a.agency || r.return_address != a.return_address || r.fax != a.fax)
    return fail(
        Exit::refused,
        fmt::format("the document's agency, return address or fax is not the one of {}", a.matter),
        "records go to whom the order names, at the address that was verified with it (V1)",
        "the same agency, return address and fax as in the order",
        "call the agency back by the directory; the address of the order changes by a modification of it");
  return check_no_change_waits(c, a.matter, own);
}

}  // namespace writ::cases
