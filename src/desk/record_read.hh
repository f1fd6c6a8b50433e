// SPDX-License-Identifier: GPL-3.0-or-later
// Behind RecordService: the reads themselves, of the carrier's records or of a frozen store (a preserved
// snapshot that two custodians opened). Both go through the same gate and the same code, so that a snapshot
// gives out nothing that the records would not.
#pragma once
#include "desk/record_access.hh"
#include "desk/record_service.hh"

namespace writ::desk {

struct Reading {
  Carrier* c;
  RecordStore* frozen;  // null: the carrier's records
  const Acting* who;
};

// The store to read, opened only when it is not given.
class ReadableStore {
 public:
  static Result<ReadableStore> open(const Reading& r, bool with_calls);
  RecordStore& operator*() const { return *store_; }
  RecordStore* operator->() const { return store_; }

 private:
  std::unique_ptr<RecordStore> own_;
  RecordStore* store_ = nullptr;
};

// The scope names whom the question is about.
Status check_named(const RecordAccess& access, const records::Ask& ask);
// A question that is not whole is answered by what is missing in it (S8, S11, S13, S14).
bool is_whole(const records::Ask& ask);
// Without a period the question is about the time that the scope reaches.
void fill_period(records::Ask& ask, const authority::Scope& s);

struct StaysAsk {
  std::string property, place;
  records::Window w;
};
struct HoldersAsk {
  authority::ScopeSubject subject;  // number | extension (with its property)
  records::Window w;
};
Result<Json> read_whois(const Reading& r, const std::string& matter, records::Ask ask);
Result<Json> read_stays(const Reading& r, const std::string& matter, const StaysAsk& a);
Result<Json> read_holders(const Reading& r, const std::string& matter, const HoldersAsk& a);
Result<std::string> read_calls(const Reading& r, CallsAsk a,
                               const std::function<Status(const CallRow&)>& row);

}  // namespace writ::desk
