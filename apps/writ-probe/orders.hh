// SPDX-License-Identifier: GPL-3.0-or-later
// The grants that this probe may act on, and the watch over them while it does.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "capture/spool.hh"
#include "capture/wall_guard.hh"
#include "probe_dir.hh"

namespace writ::probe {

// Tells the log about each grant, in order, before anything is done with it. `grant`: its id when it has one.
using Report =
    std::function<Status(const std::string& file_sha256, const std::optional<crypto::Digest>& grant,
                         const std::optional<Error>& refusal)>;

// For the processes that know no key: the grants of these ids, in this order, verified anew.
Result<std::vector<authority::VerifiedGrant>> verify_again(const fs::path& probe_dir,
                                                           const fs::path& grants_dir,
                                                           const std::vector<std::string>& ids);

class Orders {
 public:
  Orders(const Identity& self, fs::path probe_dir, fs::path grants_dir, capture::WallGuard& wall)
      : self_(self), probe_dir_(std::move(probe_dir)), grants_dir_(std::move(grants_dir)), wall_(wall) {}
  // The revocation list must be there and good. Grants that are refused are reported and left out; when none
  // is left the answer is Exit::expired if all of them were that, else Exit::refused.
  Result<std::vector<authority::VerifiedGrant>> load(const Report& report);
  // Wall time, the newest revocation list, the end of each grant: ends in `spool` what is over, and fails
  // when nothing is left.
  Status watch(const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool);

 private:
  Status refresh_revocations();
  const Identity& self_;
  fs::path probe_dir_, grants_dir_;
  capture::WallGuard& wall_;
  Bytes list_bytes_;
  authority::RevocationList list_;
};

}  // namespace writ::probe
