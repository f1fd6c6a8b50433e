// SPDX-License-Identifier: GPL-3.0-or-later
// The time in which nobody captured although a grant was in force: between an earlier run over live traffic
// that was killed, failed or was stopped, and this one. A capture file is read again instead.
#pragma once
#include <optional>

#include "capture/run_status.hh"
#include "capture/spool.hh"

namespace writ::capture {

struct Interruption {
  Instant from{};  // not later than the first thing that may be missing
  std::string why;
  std::vector<std::string>
      grants;  // first digits of those that an earlier live run had; others are told by their spool
};

// What the last run left, read before this one writes its own mark and status. nullopt: there was none, or it
// was a file or a stream that came to its end.
std::optional<Interruption> interruption_before(const fs::path& probe_dir);

// A gap until `now` in each grant that was being captured. For live sources and streams, when the spool has
// been opened.
Status say_interruption(const Interruption& i, Instant now,
                        const std::vector<authority::VerifiedGrant>& grants, const fs::path& spool_dir,
                        const crypto::VerifyKey& probe, Spool& spool);

}  // namespace writ::capture
