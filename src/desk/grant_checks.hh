// SPDX-License-Identifier: GPL-3.0-or-later
// What an act builds upon, verified again each time from signatures and hashes. Rows and files are only where
// it is kept: whoever can write them must still not be able to cause, change or prolong an interception.
#pragma once
#include "desk/orders.hh"

namespace writ::desk {

// Signed by who enters an order, over the request's digest.
inline constexpr const char* filing_domain = "writ.filing/1";

// The stored request and document are still what was filed by that person, checked, and named in `body`.
Status check_order_integrity(const Carrier& c, const Order& o, const authority::GrantBody& body);
// The first `count` acts are there, in order, each signed over this grant by a person who was certified for
// it.
Status check_acts(const Carrier& c, const Order& o, const GrantRow& g, std::size_t count);
// Evidence would be sealed to keys that the vault still holds.
Status check_matter_keys(const Carrier& c, const GrantRow& g);
// The issued grant as the probe will judge it, now: signatures, revocations, expiry.
Status check_in_force(const Carrier& c, const GrantRow& g);
// The issued grant, three signatures and all, whether or not it is still in force.
Result<authority::GrantFile> issued_grant(const Carrier& c, const GrantRow& g);

}  // namespace writ::desk
