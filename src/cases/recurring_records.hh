// SPDX-License-Identifier: GPL-3.0-or-later
// One delivery under a continuing order: the calls of its window, and the late ones, read through the record
// service under counsel's scope. "writ.recurring-delivery/1", canonical JSON:
//
//   {"schema","carrier","matter","window":{..},"direction","collection":{..}|null,"late":{..}|null}
//
// "collection" and "late" are each a "writ.collection/1" (collection.hh). "collection": of the window; null
// in a delivery that has none. "late": of all time before the window, without what earlier deliveries held;
// null in the first one. So every record that ever arrives is delivered once, in the first delivery after it.
#pragma once
#include "cases/recurring_authority.hh"
#include "cases/recurring_window.hh"
#include "desk/record_service.hh"

namespace writ::cases {

Result<Json> read_delivery(desk::Carrier& c, const desk::Case& of, const Window& w, Direction d,
                           const desk::Acting& who);
// Calls of the window, and late ones.
struct CallCounts {
  std::size_t window = 0, late = 0;
};
CallCounts count_calls(const Json& delivery);

// The files of an extraction, and what its act names them by (keep_enclosures).
Result<Json> keep_delivery(const desk::Carrier& c, const std::string& matter, const Json& delivery);
// What the newest "extract" named, unaltered.
Result<Json> kept_delivery(const desk::Carrier& c, const desk::Case& of);

// Where the kept delivery is not what this case may deliver, or not what the records say when `second` reads
// them again. Empty: it fits.
Result<std::vector<std::string>> delivery_conflicts(desk::Carrier& c, const desk::Case& of, Direction d,
                                                    const desk::Acting& second);

}  // namespace writ::cases
