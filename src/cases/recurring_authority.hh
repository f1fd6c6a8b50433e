// SPDX-License-Identifier: GPL-3.0-or-later
// What a continuing delivery of call detail records stands on: an order for a pen register, trap and trace or
// interception (18 USC 3123, 2518; desk::Orders) with all its extensions, or a court order among the requests
// (18 USC 2703(d)). Read again from signatures before each step, never remembered: what was revoked, stopped,
// suspended, challenged or withdrawn meanwhile authorises nothing (L13, I3).
#pragma once
#include "authority/scope.hh"
#include "desk/case_book.hh"
#include "process/demand.hh"

namespace writ::cases {

enum class Direction {
  both,
  outgoing,  // pen register: 18 USC 3127(3)
  incoming   // trap and trace: 18 USC 3127(4)
};
const char* to_string(Direction d);
Result<Direction> parse_direction(std::string_view s);

struct ContinuingAuthority {
  std::string matter, kind, instrument;  // kind: of the order ("pen-trap"), or "court-order"
  std::string document_sha256;
  Instant from{}, until{};                        // half open; of orders without a gap between them
  std::vector<authority::ScopeSubject> subjects;  // canonical, sorted: no others are covered
  Direction direction = Direction::both;
  bool is_interception = false;             // false: records to come rest on counsel's word (L13)
  std::string agency, return_address, fax;  // to whom the order says
};
Json to_json(const ContinuingAuthority& a);  // without the subjects

// Of `matter`. Exit::not_found; Exit::refused when it does not, or no longer, authorise. Its natural end is
// no refusal: what began before it may still be delivered.
Result<ContinuingAuthority> continuing_authority(const desk::Carrier& c, const std::string& matter);
// The demand asks for nobody else, and is answered to nobody else, than the order says. And no modification
// or withdrawal of either matter (`own`: the delivery's) waits for somebody to look at it.
Status check_under(const desk::Carrier& c, const ContinuingAuthority& a, const std::string& own,
                   const process::Demand& d);

}  // namespace writ::cases
