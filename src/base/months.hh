// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "base/time.hh"

namespace writ {

// So many calendar months before, by the UTC calendar, at the same time of day; a day that the month lacks is
// its last (31 August - 6 months = 28 February).
Instant months_back(Instant t, std::int64_t months);

}  // namespace writ
