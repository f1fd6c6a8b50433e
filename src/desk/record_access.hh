// SPDX-License-Identifier: GPL-3.0-or-later
// The gate that every read of records passes, in one order: person, matter, counsel's scope, the question
// inside it, the note in the log; then the read, and the note of what it gave.
#pragma once
#include "authority/scope.hh"
#include "desk/orders.hh"
#include "desk/record_store.hh"

namespace writ::desk {

// As typed -> as stored and compared.
Result<authority::ScopeSubject> canonical_subject(const authority::ScopeSubject& s);
std::string subject_text(const authority::ScopeSubject& s);

// The newest scope of the matter, verified. A row in the table is believed for its signature only.
Result<authority::ScopeTicket> newest_scope(Carrier& c, const std::string& matter);
// Exists and is not over.
Status check_matter(const Carrier& c, const std::string& matter);

class RecordAccess {
 public:
  // Person (refusal noted by act_as_any), matter, scope.
  static Result<RecordAccess> enter(Carrier& c, const std::string& matter, const Acting& who);
  const authority::ScopeTicket& ticket() const { return ticket_; }
  const authority::Scope& scope() const { return ticket_.scope(); }
  bool allows(authority::RecordItem i) const { return ticket_.allows(i); }
  bool allows_any(std::initializer_list<authority::RecordItem> items) const;
  Status must_name(const authority::ScopeSubject& s) const;
  Status must_allow_any(std::initializer_list<authority::RecordItem> items) const;
  Status must_cover(Instant from, Instant until) const;
  // "records.read", durable; nothing is read before it.
  Status begin(const Json& question);
  // "records.answer", also of an empty one.
  Status end(std::uint64_t rows, const crypto::Digest& answer, bool whole = true);
  Status end(std::uint64_t rows, const Json& answer);

 private:
  RecordAccess(Carrier& c, std::string matter, std::string user, authority::ScopeTicket t)
      : c_(&c), matter_(std::move(matter)), user_(std::move(user)), ticket_(std::move(t)) {}
  Carrier* c_;
  std::string matter_, user_;
  authority::ScopeTicket ticket_;
};

// Who may look at all.
const std::vector<authority::Role>& record_readers();  // intake, counsel, officer
inline constexpr const char* record_rule =
    "records are read under a matter, a purpose and a scope that counsel signed (I1, I6)";

}  // namespace writ::desk
