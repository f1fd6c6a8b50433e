// SPDX-License-Identifier: GPL-3.0-or-later
// From what moment a deadline runs: an act, a date of the document, an end that another clock gives. Nothing:
// it does not run.
#pragma once
#include <functional>
#include <optional>

#include "cases/deadlines.hh"

namespace writ::cases {

struct Start {
  Instant at{};
  std::string what;  // named in the arithmetic
};
struct DeadlineFacts {
  const policy::Policy& policy;
  const desk::Case& c;
  const std::vector<desk::Case>& all;
};
using StartOf = std::function<Result<std::optional<Start>>(const DeadlineFacts&)>;

namespace starts {

StartOf received();
StartOf done(std::string_view act, std::string_view what);
StartOf return_date(bool stated);
Result<std::optional<Start>> non_disclosure_end(const DeadlineFacts& f);
Result<std::optional<Start>> tracked_end(const DeadlineFacts& f);
Result<std::optional<Start>> end_of_first_preservation(const DeadlineFacts& f);
Result<std::optional<Start>> until_stated(const DeadlineFacts& f);
Result<std::optional<Start>> window_over(const DeadlineFacts& f);
Result<std::optional<Start>> unreviewed(const DeadlineFacts& f);
Result<std::optional<Start>> breach_determined(const DeadlineFacts& f);
Result<std::optional<Start>> changed_since_filed(const DeadlineFacts& f);
Result<std::optional<Start>> own_copies(const DeadlineFacts& f);

}  // namespace starts
}  // namespace writ::cases
