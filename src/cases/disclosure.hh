// SPDX-License-Identifier: GPL-3.0-or-later
// Disclosure = requested AND permitted AND found, item by item (life cycle 1, from the validated request to
// its close). docs/disclosure.md.
//
//   approve      counsel: every item of the document is decided by the matrix; what is permitted becomes the
//                record scope that this act signs, and nothing else can be read for the matter (I6)
//   collect      reads under that scope into the case's directory; "no responsive record" is a valid outcome
//   check-scope  a second person: decisions made again, every row compared with scope and document, and
//                records and snapshot read a second time, row for row the same
//   deliver      cover letter, tables, manifest
//
// Every step may be killed and repeated; the acts are judged and signed by the case book.
#pragma once
#include "cases/collection.hh"
#include "desk/case_book.hh"

namespace writ::cases {

struct Approval {
  CounselWord word;
  // The period of the records. Instant{}: as the document states it. Counsel may narrow it, and must state
  // it where the document does not. It never reaches beyond the receipt of the document: what came later
  // needs process of its own (L13).
  Instant from{}, until{};
};

struct Openers {  // two custodians, when the records lie in a preserved snapshot
  const desk::Acting& a;
  const desk::Acting& b;
};

class Disclosure {
 public:
  explicit Disclosure(desk::Carrier& c) : c_(&c) {}
  // What approve would decide, without doing it: "writ.item-decisions/1". Counsel.
  Result<Json> preview(const std::string& matter, const Approval& a, const desk::Acting& counsel);
  Result<desk::Case> approve(const std::string& matter, const Approval& a, const desk::Acting& counsel);
  // A demand that names a converted preservation (of_matter) is served from its snapshot, which `openers`
  // open, and from the records.
  Result<desk::Case> collect(const std::string& matter, const desk::Acting& who,
                             const Openers* openers = nullptr);
  // Exit::refused with every conflict named; the case stays as it is, and is collected again. What came from
  // a snapshot is read from it once more, which `openers` open.
  Result<desk::Case> check_scope(const std::string& matter, const desk::Acting& second,
                                 const Openers* openers = nullptr);
  Result<desk::Case> recollect(const std::string& matter, const std::string& reason, const desk::Acting& who);
  // Writes letter, tables, manifest and proof into `out`/MATTER.
  Result<desk::Case> deliver(const std::string& matter, const fs::path& out, const desk::Acting& who);
  // National security process: the second person's check and the production are one act (life cycle 6).
  Result<desk::Case> produce(const std::string& matter, const fs::path& out, const desk::Acting& second);
  Result<desk::Case> acknowledge(const std::string& matter, const std::string& by, const desk::Acting& who);

 private:
  Result<desk::Case> write_again(const desk::Case& before, const fs::path& out, const desk::Acting& who);
  desk::Carrier* c_;
};

// From the approval that stands: what may be collected. Exit::refused when nothing is approved.
Result<CollectionPlan> plan_of(const desk::Case& c);
std::vector<ItemDecision> decisions_of(const desk::Case& c);
// What the records are for, in the scope's words.
std::string purpose_of(const desk::Case& of, const process::Demand& d);
// Exactly what the plan may collect, as the scope that an approval signs: {"sequence","sha256"}; null when
// none of the items is a record. `expires`: of the ticket; Instant{}: as the record service sets it.
Result<Json> sign_scope(desk::Carrier& c, const CollectionPlan& plan, const std::string& purpose,
                        Instant expires, const desk::Acting& counsel);
// The scope that the approval signed is the newest one of the matter, unaltered.
Status check_approved_scope(desk::Carrier& c, const desk::Case& of);
// Written into the case's directory, with its tables: {"collection":{"file","sha256"},"tables":[..]}.
Result<Json> keep_collection(const desk::Carrier& c, const desk::Case& of, const Json& collection);
// The collection that the newest "collect" names (of an emergency "release"), unaltered.
Result<Json> collection_of(const desk::Carrier& c, const desk::Case& of);
// Exit::refused with every conflict named, unless the collection is what was approved and nothing else.
Status check_collection(desk::Carrier& c, const desk::Case& of, const desk::Acting& second,
                        const Openers* openers = nullptr);
// What the document asks for and the policy of now makes of it, for the approval that stands.
Result<std::vector<std::string>> collection_conflicts(desk::Carrier& c, const desk::Case& of,
                                                      const desk::Acting& second, const Openers* openers);

}  // namespace writ::cases
