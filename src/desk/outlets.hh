// SPDX-License-Identifier: GPL-3.0-or-later
// Where grants went, and the revocation lists that follow them. A list is made and written under one lock, so
// that an older one never comes to lie over a newer.
#pragma once
#include "desk/orders.hh"

namespace writ::desk {

// The newest list, signed, as <dir>/revocations.json. `also`: revocations that the store could not take.
Result<fs::path> write_revocations(const Carrier& c, const fs::path& dir,
                                   const std::vector<authority::Revocation>& also = {});

// Noted, then in the store: those of them that are not revoked yet.
Status revoke_grants(Carrier& c, const std::vector<GrantRow>& grants, const std::string& reason,
                     const std::string& by);

// Before the grant's file is written there: a grant that lies somewhere is never forgotten.
Status remember_outlet(const Carrier& c, const GrantRow& g, const fs::path& dir);

struct Undelivered {
  fs::path dir;
  Error why;
};
// Writes the list into every directory where a revoked grant lies that does not have its revocation yet.
// What cannot be written is returned, and stays to be done.
Result<std::vector<Undelivered>> deliver_revocations(const Carrier& c);
Result<std::vector<fs::path>> outlets_of(const Carrier& c, const std::string& grant);

}  // namespace writ::desk
