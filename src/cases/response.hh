// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves the house under a case that counsel approved: letter, files, manifest, signature, and the proof
// that the release stands in the log. One way for every disclosure: the answer to a request, the production
// of national security process, each delivery under a continuing order.
#pragma once
#include <functional>

#include "cases/collection.hh"
#include "desk/case_book.hh"
#include "produce/response_letter.hh"

namespace writ::cases {

struct Enclosure {
  std::string name, what, text;  // "calls.csv"; what it is, for the letter; as it leaves
};

struct Response {
  process::Demand demand;
  CollectionPlan plan;
  std::vector<ItemDecision> decisions;
  Json collection;  // "writ.collection/1": what the letter says was found
  std::vector<Enclosure> enclosures;
  std::vector<std::string> notes;       // sentences of the letter beside these
  std::vector<std::string_view> steps;  // acts whose hashes the manifest names
  std::string return_by = {};           // to whom and how; "": as the document says it
  // Another letter than the answer to legal process: the file, what it encloses, its date.
  std::function<Status(const fs::path&, const std::vector<produce::ResponseFile>&, Instant)> letter = {};
};

// Everything is made from acts and checked files; made again on the same day by the same person it is the
// same bytes, the proof of the release apart, which is of its own entry in the log. {"delivery": {..}}.
Result<Json> write_response(desk::Carrier& c, const desk::Case& of, const Response& r, const fs::path& dir,
                            const desk::Acting& who);

// Keeps a collection and its tables in the case's files, named by their content, and says what an act names
// them by: {"collection":{"file","sha256"},"tables":[{"name","file","sha256"}]}.
Result<Json> keep_enclosures(const desk::Carrier& c, const std::string& matter, const Json& collection,
                             const std::vector<Table>& tables);
// The same, unaltered, as they leave; `collected`: what the act says of them.
Result<std::vector<Enclosure>> enclosures_of(const desk::Carrier& c, const std::string& matter,
                                             const Json& collected);
// The file that the carrier keeps, for the letter's table of enclosures.
std::string what_is(const std::string& name);

}  // namespace writ::cases
