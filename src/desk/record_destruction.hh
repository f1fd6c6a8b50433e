// SPDX-License-Identifier: GPL-3.0-or-later
// What the destruction records say, and legal holds: both signed by people, kept in store.db, and believed
// for their signatures only.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "desk/record_access.hh"

namespace writ::desk {

// "writ.destruction/1": canonical JSON with two signatures, officer and counsel, over the body without them.
struct SignedBy {
  const Acting* officer;
  const Acting* counsel;
};
Json sign_destruction(Json body, const SignedBy& people);
Status verify_destruction(const Carrier& c, const Json& record);

// Months that a signed destruction record names; a record that does not verify is a problem, and names none.
Result<std::set<std::string>> destroyed_months(Carrier& c, std::vector<std::string>& problems);

struct Hold {  // "writ.hold/1", signed by counsel
  std::int64_t number = 0;
  std::string matter, reason;
  authority::ScopeSubject subject;  // number | extension | account
  Instant from{}, until{};          // of the records
  std::string placed_by;
  Instant placed{};
  std::string lifted_by;  // "" while it stands
  Instant lifted{};
  bool stands() const { return lifted_by.empty(); }
};
Json to_json(const Hold& h);

class Holds {
 public:
  explicit Holds(Carrier& c) : c_(&c) {}
  // All, by number. A gap in the numbers or a signature that does not hold is Exit::integrity: nothing is
  // destroyed then.
  Result<std::vector<Hold>> all();
  Result<Hold> place(Hold h, const Acting& counsel);
  Result<Hold> lift(std::int64_t number, const std::string& reason, const Acting& counsel);

 private:
  Carrier* c_;
};

}  // namespace writ::desk
