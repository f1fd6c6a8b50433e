// SPDX-License-Identifier: GPL-3.0-or-later
// A scope ticket: counsel's signed word on which records a matter may reach (I1, I6). The record service
// reads nothing without one, and gives out only what it names. Canonical JSON "writ.scope/1", signature
// domain "writ.scope/1".
//
// One exception: in an emergency (18 USC 2702(b)(8), (c)(4)) who approves it signs, counsel or the officer;
// such a scope has the purpose `emergency_purpose`, ends within 48 hours, and counts only under the approval
// that names it (src/desk/record_access.cc).
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "authority/person.hh"

namespace writ::authority {

enum class RecordItem {  // rows of the disclosure matrix (requirements section 3)
  subscriber_name,
  subscriber_address,
  subscriber_service,
  subscriber_number,
  subscriber_payment,
  subscriber_calls,
  tenant_name,
  tenant_address,
  tenant_service,
  tenant_number,
  tenant_payment,
  tenant_calls
};
const char* to_string(RecordItem i);  // "subscriber-name" ...
Result<RecordItem> parse_record_item(std::string_view s);

inline constexpr std::string_view emergency_purpose = "emergency";
inline constexpr std::chrono::hours emergency_hours_max{48};

struct ScopeSubject {  // exactly who or what may be asked about
  std::string kind;  // "number" | "extension" | "account" | "account-name" | "street-address" | "tenant-name"
  std::string value;     // canonical; an address as "building|street|city|state|zip"
  std::string property;  // extension, tenant-name: account number of the property ("" none)
  auto operator<=>(const ScopeSubject&) const = default;
};

struct Scope {
  std::string carrier, matter, purpose;
  std::uint64_t sequence = 1;               // 1, 2 ... within the matter; the newest counts
  std::vector<ScopeSubject> subjects;       // sorted, unique, not empty
  std::vector<RecordItem> items;            // sorted, unique, not empty
  Instant records_from{}, records_until{};  // which time of the records may be read, half open
  Instant expires{};                        // of the ticket itself; at most 90 days after `at`
  crypto::Digest policy{};                  // hash of the policy it was decided under
  std::string counsel;                      // who signed: counsel, in an emergency perhaps the officer
  crypto::VerifyKey key;
  Instant at{};
  crypto::Signature signature{};
};
Json to_json(const Scope& s);
// Checks what holds for a scope whoever signs it, then signs as `counsel`.
Result<Scope> sign_scope(Scope unsigned_scope, const Person& counsel, Instant at);

// Nothing but verify_scope makes a ticket.
class ScopeTicket {
 public:
  const Scope& scope() const { return scope_; }
  bool allows(RecordItem i) const;
  bool names(const ScopeSubject& s) const;

 private:
  friend Result<ScopeTicket> verify_scope(View, const RoleCert&, const TrustRoots&, Instant);
  ScopeTicket() = default;
  Scope scope_;
};
// Canonical form, the signer's certificate at the time of signing, signature, expiry (Exit::expired), else
// Exit::refused.
Result<ScopeTicket> verify_scope(View file, const RoleCert& counsel, const TrustRoots& roots, Instant now);

}  // namespace writ::authority
