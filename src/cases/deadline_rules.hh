// SPDX-License-Identifier: GPL-3.0-or-later
// One row a deadline: in which states it runs, from what moment, by which clock of the policy.
#pragma once
#include "cases/deadline_starts.hh"

namespace writ::cases {

struct DeadlineRule {
  process::Cycle cycle;
  std::vector<std::string_view> states;
  StartOf start;
  std::string_view clock;  // of the policy; "": due at the start itself
  std::string_view what, who, act;
  Severity severity;
  std::string_view citation = {};             // where there is no clock that has one
  std::vector<std::int64_t> alert_days = {};  // where there is no clock that has them
};

const std::vector<DeadlineRule>& deadline_rules();

}  // namespace writ::cases
