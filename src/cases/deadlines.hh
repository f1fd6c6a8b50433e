// SPDX-License-Identifier: GPL-3.0-or-later
// What is due, when, and why then: for every case and every interception, from its signed acts, its document
// and the clocks of the policy. Nothing of this is stored; a deadline is what the facts make of it, and says
// the arithmetic. docs/deadlines.md lists all of them.
#pragma once
#include "cases/demand_case.hh"
#include "desk/orders.hh"
#include "desk/outbox.hh"

namespace writ::cases {

using desk::Severity;

struct Deadline {
  std::string matter;
  std::string subject;  // process::to_string(Cycle), or "interception"
  std::string what;     // "the preservation ends"
  Instant at{};
  std::string arithmetic;  // "due Mon 2027-02-22 16:10 EST = received Mon 2026-11-23 16:10 EST + 90 days"
  std::string citation;
  Severity severity = Severity::law;
  std::string who;              // role or roles; "the clock" when `act` is set
  std::string act;              // the desk does it by itself at that time; "": a person does
  std::vector<Instant> alerts;  // when somebody is told beforehand; oldest first, none after `at`
};
Json to_json(const Deadline& d);
void sort_by_urgency(std::vector<Deadline>& all);  // emergencies first, then the soonest

struct DueList {
  std::vector<Deadline> due;    // by urgency
  std::vector<Error> troubles;  // cases that cannot be read or counted: the others are listed all the same
};
Json to_json(const DueList& l, Instant now);  // "writ.due/1"

// Of one case. `all`: the other cases of the desk (the destruction of own copies is a case of its own).
Result<std::vector<Deadline>> deadlines_of(const policy::Policy& p, const desk::Case& c,
                                           const std::vector<desk::Case>& all);
// Of the interceptions: orders, grants, certifications, sealing, equipment (`cases`: the work orders).
Result<std::vector<Deadline>> interception_deadlines(const desk::Carrier& c,
                                                     const std::vector<desk::Case>& cases);
// Of the grant, or as the order states it as long as there is none.
Instant authority_end(const desk::Order& o, const std::optional<desk::GrantRow>& g);
Result<DueList> deadlines(desk::Carrier& c);

}  // namespace writ::cases
