// SPDX-License-Identifier: GPL-3.0-or-later
// What a grant depends on: the tenant who holds its target when counsel signs. A grant names an extension or
// a number, and those outlive a guest; so the desk remembers whose they were, and the end of that stay is the
// end of the grant (suspension.hh).
#pragma once
#include <vector>

#include "authority/grant.hh"
#include "records/stays.hh"
#include "store/database.hh"

namespace writ::records {
class Catalogue;
}

namespace writ::desk {

struct Bond {
  std::string kind;  // "number", "extension", "uri": how the records call the target
  std::string value;
  std::string account;      // the property; "" when nobody is known to hold a number
  std::string reservation;  // "": no stay; then the extension or number itself is what may end
  std::string room;
  auto operator<=>(const Bond&) const = default;
};
Json to_json(const Bond& b);

struct BoundGrant {
  std::string grant, matter;
  Bond bond;
};

// Who holds the targets now. Refused (Exit::refused) when a tenant who held one of them since `start` has
// left: the order may be about that tenant, and the grant would record the next one.
Result<std::vector<Bond>> bonds_of(const records::Catalogue& catalogue,
                                   const std::vector<authority::Target>& targets, Instant start,
                                   Instant until, Instant now);
// A renewal goes on with the tenant whom the grant before was about (Exit::refused when another one is
// there).
Status check_same_tenants(const std::vector<Bond>& before, const std::vector<Bond>& now);
// Does the end of this holding end a grant with this bond? When in doubt it does: stop wins over start.
bool ends(const records::HoldingEnded& e, const Bond& b);
// The same question put to the records themselves: what is not told (a kill between the record's change and
// its effect, an end that was known long before) is found here.
Result<std::optional<records::HoldingEnded>> ended_by_records(const records::Catalogue& catalogue,
                                                              const Bond& b, Instant now);

// Tables (room name "suspension" of the store).
Status migrate_grant_stays(store::Database& db);
Status put_bonds(store::Database& db, const std::string& grant, const std::vector<Bond>& bonds,
                 Instant until);
// Of grants that are neither revoked nor over.
Result<std::vector<BoundGrant>> bonds_in_force(store::Database& db, Instant now);
Result<std::vector<Bond>> bonds_of_grant(store::Database& db, const std::string& grant);

}  // namespace writ::desk
