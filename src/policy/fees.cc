// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "policy/policy.hh"

namespace writ::policy {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::year_month_day;

// The n-th anniversary of `start`: the same day and time of day, or the last day of a month that has no such
// day. It is always counted from `start`: 31 Jan, 28 Feb, 31 Mar, not 28 Mar.
Instant anniversary(Instant start, int n) {
  const auto day = floor<days>(start);
  return Instant{std::chrono::sys_days{plus_months(year_month_day{day}, n)}} + (start - day);
}

std::string date_text(Instant t) {
  const year_month_day d{floor<days>(t)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(d.year()), static_cast<unsigned>(d.month()),
                     static_cast<unsigned>(d.day()));
}

}  // namespace

std::vector<FeeLine> intercept_fees(const FeeTable& t, Instant start, Instant end) {
  std::vector<FeeLine> lines;
  if (start >= end) return lines;
  for (int n = 0;; ++n) {
    const Instant from = anniversary(start, n);
    if (from >= end) return lines;
    const Instant until = std::min(anniversary(start, n + 1), end);
    const bool whole = until == anniversary(start, n + 1);
    FeeLine line;
    line.text =
        fmt::format("{}, {} to {}{}",
                    n == 0 ? "Interception start-up with the first month" : fmt::format("Month {}", n + 1),
                    date_text(from), date_text(until), whole ? "" : " (part month, billed whole)");
    line.basis = t.citation;
    line.cents = n == 0 ? t.intercept_first_month : t.intercept_later_month;
    lines.push_back(std::move(line));
  }
}

}  // namespace writ::policy
