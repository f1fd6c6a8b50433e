// SPDX-License-Identifier: GPL-3.0-or-later
// Grants that were carried to a probe in the field: which of them stand in its work order.
#pragma once
#include "cases/work_order.hh"

namespace writ::cases {

// Digests of the grants of the order's matter that lie in `medium`, each byte for byte as the desk issued it;
// other matters' are passed over. Exit::not_found: none; Exit::integrity: one is not as it was issued.
Result<std::vector<std::string>> grants_on_medium(const desk::Carrier& c, const std::string& matter,
                                                  const fs::path& medium);

// Under which grants a probe worked: those of the bundles that were retrieved here, and those of which
// evidence is in the house and that no other work order of the matter names. Exit::refused when the order
// does not name one of them.
Status check_grants_named(const desk::Carrier& c, const desk::Case& work_order);

}  // namespace writ::cases
