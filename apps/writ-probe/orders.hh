// SPDX-License-Identifier: GPL-3.0-or-later
// The grants that this probe may act on, and the watch over them while it does.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "capture/spool.hh"
#include "capture/wall_guard.hh"
#include "link/lease_watch.hh"
#include "probe_dir.hh"

namespace writ::probe {

// Tells the log about each grant, in order, before anything is done with it. `grant`: its id when it has one.
using Report =
    std::function<Status(const std::string& file_sha256, const std::optional<crypto::Digest>& grant,
                         const std::optional<Error>& refusal)>;

// For the processes that know no key: the grants of these ids, in this order, verified anew.
Result<std::vector<authority::VerifiedGrant>> verify_again(const Public& pinned, const fs::path& grants_dir,
                                                           const std::vector<std::string>& ids);
// And one that comes while they run: what Offered says of it.
Result<authority::VerifiedGrant> verify_offer(View offer, const Public& pinned, Instant now);

struct Offered {
  authority::VerifiedGrant grant;
  Bytes offer;  // canonical JSON: the texts of the grant and of the revocation list that it was held against
};

struct OrdersMode {
  bool live = false;   // a probe that was admitted with a lease needs one
  bool waits = false;  // goes on without a grant, and without a lease seals nothing until it has one again
  // What the run has; nullopt: the interfaces of a capture file, which its reader holds against the grants.
  std::optional<std::vector<std::string>> inputs{};
};

class Orders {
 public:
  Orders(const Identity& self, fs::path probe_dir, fs::path grants_dir, capture::WallGuard& wall,
         OrdersMode mode)
      : self_(self),
        probe_dir_(std::move(probe_dir)),
        grants_dir_(std::move(grants_dir)),
        wall_(wall),
        mode_(mode) {}
  // The revocation list must be there and good. Grants that are refused are reported and left out; when none
  // is left the answer is Exit::expired if all of them were that, else Exit::refused, unless the run waits.
  Result<std::vector<authority::VerifiedGrant>> load(const Report& report);
  // Those whose files came, or changed, since load() or the last call.
  Result<std::vector<Offered>> news(const Report& report);
  // Wall time, the newest revocation list, the end of each grant, the lease: ends in `spool` what is over,
  // and fails when nothing is left, unless the run waits.
  Status watch(const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool);
  // Since when the lease is over and nothing is sealed; zero: it is not.
  Instant unheard_since() const { return unheard_since_.value_or(Instant{}); }
  // Before the spool is closed.
  Status last_word(const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool);

 private:
  struct Judged {
    std::vector<Offered> good;
    bool refused = false, all_expired = true;
  };
  Result<Judged> judge_files(Instant now, const Report& report);
  Result<authority::VerifiedGrant> judge(View file, Instant now) const;
  Status refresh_revocations();
  const char* end_of(const authority::VerifiedGrant& grant, Instant now) const;
  Status check_lease(Instant now);
  Status heed_lease(Instant now, const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool);
  Status heard_again(Instant now, const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool);
  const Identity& self_;
  fs::path probe_dir_, grants_dir_;
  capture::WallGuard& wall_;
  OrdersMode mode_;
  Bytes list_bytes_;
  authority::RevocationList list_;
  std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> judged_;  // files, as they were
  std::set<crypto::Digest> known_;
  std::optional<link::LeaseWatch> lease_;
  std::optional<Instant> unheard_since_;
  bool said_waiting_ = false;
};

}  // namespace writ::probe
