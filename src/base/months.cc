// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/months.hh"

namespace writ {

Instant months_back(Instant t, std::int64_t months) {
  using std::chrono::year_month, std::chrono::year_month_day, std::chrono::sys_days;
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const year_month_day today{day};
  const year_month month = today.year() / today.month() - std::chrono::months{static_cast<int>(months)};
  const year_month_day same = month / today.day();
  const sys_days there = same.ok() ? sys_days{same} : sys_days{month / std::chrono::last};
  return there + (t - day);
}

}  // namespace writ
