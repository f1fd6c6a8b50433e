// SPDX-License-Identifier: GPL-3.0-or-later
// Who can open what a matter seals: every person whom the roots have certified as custodian.
#pragma once
#include "desk/carrier.hh"
#include "vault/matter_keys.hh"

namespace writ::desk {

Result<std::vector<vault::Custodian>> custodians_now(const Carrier& c);
// Makes the matter's key of that stream for them, or gives the one that is there.
Result<crypto::BoxPublic> matter_key(const Carrier& c, const std::string& matter, const std::string& stream);

}  // namespace writ::desk
