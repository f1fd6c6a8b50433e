// SPDX-License-Identifier: GPL-3.0-or-later
// The log of this probe, under its name.
#pragma once
#include <string>

#include "audit/log.hh"
#include "probe_dir.hh"

namespace writ::probe {

class Journal {
 public:
  Journal(audit::Log log, const Identity& self) : log_(std::move(log)), actor_("probe:" + self.name) {}
  Status write(const std::string& action, Json detail) {
    const auto receipt = log_.append({actor_, action, {}, std::move(detail)});
    if (receipt) return {};
    Error e = receipt.error();
    e.rule = "an effect happens after its log entry is durable (docs/design.md, audit first)";
    return tl::unexpected(std::move(e));
  }

 private:
  audit::Log log_;
  std::string actor_;
};

}  // namespace writ::probe
