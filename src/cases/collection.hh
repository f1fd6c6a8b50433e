// SPDX-License-Identifier: GPL-3.0-or-later
// What was found: "writ.collection/1", canonical JSON, read through the record service under counsel's scope
// and holding nothing but what that scope allows (I6).
//
//   {"schema","carrier","matter","period":{"from","until"},"items":[..],"not_kept":[..],"sources":[..],
//    "answers":[{"subject":1,"source":"records","asks":[{"by","answer":{..}}],"holders":[party ..]}],
//    "calls":[{"record":"2026-11/17","subjects":[1],"start",..}],"months":[{"month","size","root","entry"}],
//    "retention":{..}}
//
// "subject" counts the document's subjects; what they are called is not repeated, so that a near match, no
// match and another name that does not match give the same bytes (S16). Nothing tells the time of reading.
#pragma once
#include "cases/item_decisions.hh"
#include "desk/record_service.hh"

namespace writ::cases {

struct CollectionPlan {  // what may be collected
  std::string matter;
  std::vector<process::DemandSubject> subjects;
  PermittedItems items;
  Instant from{}, until{};
};

// Reads all that the plan allows. `source`: "records", or "preservation M-2026-0001" for a frozen store. With
// no item to read nothing is read.
Result<Json> gather(desk::Carrier& c, desk::RecordService& records, const desk::Acting& who,
                    const CollectionPlan& plan, const std::string& source);
// One collection of two sources; a call that both hold is in it once.
Json merged(Json first, const Json& second);

// Where a collection is more than the plan: fields, items, times, parties. Empty: it fits.
std::vector<std::string> scope_conflicts(const Json& collection, const CollectionPlan& plan);
// Where a collection is not what a second reading of the same plan gave: rows and answers. Nothing was added;
// and nothing that is found is left out, unless the records may have come to hold more since
// (`may_hold_more`).
enum class Reread { is_the_same, may_hold_more };
std::vector<std::string> reading_conflicts(const Json& collection, const Json& reread, Reread how);
// Items of the matrix of which one must be permitted for a field of a "party", "tenant", "room" or
// "call". Empty: no such field.
std::vector<std::string> items_of_field(std::string_view group, std::string_view field);

struct Table {
  std::string name, csv;  // "calls.csv"; RFC 4180
};
std::vector<Table> tables(const Json& collection);  // subscribers, tenants, calls: those with an item
bool has_records(const Json& collection, const std::string& item);

}  // namespace writ::cases
