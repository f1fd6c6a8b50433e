// SPDX-License-Identifier: GPL-3.0-or-later
// The field work order on paper: what was signed on site, and what is still open (S49-S53).
#pragma once
#include <string>
#include <vector>

#include "base/io.hh"
#include "policy/policy.hh"

namespace writ::produce {

struct WorkOrderSheet {
  std::string number, matter, site, switch_name, port, state, next;
  std::vector<std::string> missed_days;
  struct Act {
    Instant at{};
    std::string act, user, detail, sha256;  // of the signed act
  };
  std::vector<Act> acts;
  Instant date{};  // of the newest act: the same order gives the same bytes
};
Status write_work_order_sheet(const fs::path& file, const policy::Policy& p, const WorkOrderSheet& s);

}  // namespace writ::produce
