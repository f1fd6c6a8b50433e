// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that stands before a run may begin: own key and certificate, log, clock, revocations, grants
// (each logged before it is used), spool. If the log cannot be written nothing starts.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/matcher.hh"
#include "journal.hh"
#include "orders.hh"
#include "session.hh"

namespace writ::probe {

struct Ready {
  Fd lock;
  Identity self;
  SystemClock wall;
  capture::BootClock boot;
  std::optional<Journal> journal;
  std::optional<capture::WallGuard> guard;
  std::optional<Orders> orders;
  std::vector<authority::VerifiedGrant> grants;
  std::optional<capture::Spool> spool;
  std::vector<Offered> coming;  // verified, not taken in yet
};
Result<std::unique_ptr<Ready>> prepare(const RunOptions& o, const capture::RunSettings& settings);

// Grants that came while the run goes on: into the log, the spool and `r.grants`, then handed on.
Status take_in(Ready& r, const fs::path& probe_dir, const std::function<Status(View offer)>& hand_on);

}  // namespace writ::probe
