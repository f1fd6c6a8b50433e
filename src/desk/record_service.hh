// SPDX-License-Identifier: GPL-3.0-or-later
// The only door to the records (I1, I6): every read names a matter and runs under a scope that counsel
// signed; it is noted in the audit log before it happens, and its outcome after, empty ones too. Fields
// outside the scope's items are not read out.
#pragma once
#include <functional>

#include "authority/scope.hh"
#include "desk/carrier.hh"
#include "records/cdr_book.hh"
#include "records/identify.hh"

namespace writ::desk {

struct ScopeRequest {
  std::string matter, purpose;
  std::vector<authority::ScopeSubject> subjects;  // as typed; made canonical here
  std::vector<authority::RecordItem> items;
  Instant records_from{}, records_until{};
  Instant expires{};
};

// One row of an answer to calls(), with what proves it.
struct CallRow {
  records::StoredCdr row;
};

struct CallsAsk {
  std::string matter;
  authority::ScopeSubject
      subject;  // number | extension (with property) | account | stay (value: reservation, property)
  Instant from{}, until{};
  std::size_t page = 0;  // rows; 0: all, streamed
  std::string cursor;
  // Instead of a subject: the calls of the one whom this question identifies (a tenant by name, a subscriber
  // by name or address). Nobody, or several: no rows.
  std::optional<records::Ask> of = {};
};

class RecordStore;

// Every question is asked by credentials, or by a person who has given them already (a case's act).
class RecordService {
 public:
  explicit RecordService(Carrier& c) : c_(&c) {}
  // Reads a frozen store (record_freeze.hh) instead of the carrier's records, through the same gate.
  RecordService(Carrier& c, RecordStore& frozen) : c_(&c), frozen_(&frozen) {}
  // Counsel signs; the matter must exist and not be closed. Returns the stored ticket.
  Result<authority::ScopeTicket> grant_scope(const ScopeRequest& r, const Credentials& counsel);
  Result<authority::ScopeTicket> grant_scope(const ScopeRequest& r, const Acting& counsel);
  Result<Json> scopes(const std::string& matter, const Credentials& who);
  // Who asks: intake, counsel or officer; never admin, never finance.
  Result<Json> whois(const std::string& matter, const records::Ask& ask,
                     const Credentials& who);  // "writ.whois/1"
  Result<Json> whois(const std::string& matter, const records::Ask& ask, const Acting& who);
  Result<Json> stays(const std::string& matter, const std::string& property,
                     const std::string& room_or_extension, Instant from, Instant until,
                     std::optional<Instant> known, const Credentials& who);  // "writ.stays/1"
  Result<Json> stays(const std::string& matter, const std::string& property,
                     const std::string& room_or_extension, Instant from, Instant until,
                     std::optional<Instant> known, const Acting& who);
  // All who had the number or extension in that time, each as far as the scope allows: "writ.holders/1",
  // {"holders": [party as in whois ..]}. Where one question has several answers, a period tells them apart
  // (S12, S14).
  Result<Json> holders(const std::string& matter, const authority::ScopeSubject& of, Instant from,
                       Instant until, const Acting& who);
  // Streams rows in constant memory to `row`; returns the cursor of the next page ("" at the end).
  Result<std::string> calls(const CallsAsk& ask, const Credentials& who,
                            const std::function<Status(const CallRow&)>& row);
  Result<std::string> calls(const CallsAsk& ask, const Acting& who,
                            const std::function<Status(const CallRow&)>& row);
  // Inclusion proof of one exported row, with the audit entry that holds the month's root:
  // "writ.record-proof/1". A row outside the scope and a row that is not there are refused in the same words.
  Result<Json> prove(const std::string& matter, const std::string& month, std::uint64_t seq,
                     const Credentials& who);
  // Every record against its leaf, every month against the heads in the audit log: "writ.records-verify/1",
  // with "problems". Counsel, officer, auditor; an auditor's key opens the log itself, so that heads taken
  // from the desk's own memory are missed, too.
  Result<Json> verify(const Credentials& who);
  Result<Json> heads(const Credentials& who);  // "writ.record-heads/1": months, sizes, roots; no record

 private:
  Carrier* c_;
  RecordStore* frozen_ = nullptr;
};

// Needs no carrier but its two roots and the desk's certificate: the row is in the month, the month's root in
// the entry, the entry in the log that the desk's certified key signs.
Status check_record_proof(const Json& proof, const authority::TrustRoots& roots,
                          const authority::RoleCert& desk);

}  // namespace writ::desk
