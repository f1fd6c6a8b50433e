// SPDX-License-Identifier: GPL-3.0-or-later
// A snapshot of records that nobody sees (18 USC 2703(f)(1), 2704(a)(1), 2258A(h)): the agency asks that
// records in being be kept, not that they be read, and counsel is not in the way since it must be quick.
//
// How I1 and I6 hold without counsel's scope: the matter is a preservation whose table lets this person take
// the snapshot now; the purpose is "preservation"; the subjects and the period are the signed document's; the
// read is in the log before it happens. And the only thing that comes out is ciphertext: each line is sealed
// to a key that two custodians hold, while it is read. It is opened under later process only
// (cases/later_process.hh), through RecordService and counsel's scope, like the records themselves.
//
// Lines of canonical JSON: {"snapshot":"writ.snapshot/1","matter","from","until","at"}, {"fact":{..}} ...,
// {"call":{..}} ..., {"end":{"facts","calls"}}. Means of payment stand in it open (the file is sealed).
#pragma once
#include "desk/case_book.hh"
#include "desk/record_reach.hh"

namespace writ::desk {

struct FreezeRequest {
  std::string matter, act;  // "take-snapshot" | "copy"
  std::vector<process::DemandSubject> subjects;
  Span period;
};
struct Frozen {
  std::string sha256;                // of the sealed file
  std::vector<std::size_t> unclear;  // subjects about which the document must say more, from 1
};
// Writes `file`; durable when it returns.
Result<Frozen> freeze_records(Carrier& c, const FreezeRequest& r, const fs::path& file,
                              const crypto::BoxPublic& to, const Acting& who);
// In memory. Exit::integrity when it is not whole.
Result<std::unique_ptr<RecordStore>> open_frozen(const fs::path& file, const crypto::BoxKey& key,
                                                 const std::string& matter);

}  // namespace writ::desk
