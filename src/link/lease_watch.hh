// SPDX-License-Identifier: GPL-3.0-or-later
// A live run of a probe that was admitted with a lease goes on as long as the office is heard of, and no
// longer: a stop that cannot arrive stops all the same.
#pragma once
#include "link/papers.hh"

namespace writ::link {

class LeaseWatch {
 public:
  // Whether one is needed says the admission in <probe dir>/link; without a link none is.
  static Result<LeaseWatch> of(const fs::path& probe_dir, fs::path grants_dir,
                               const authority::TrustRoots& roots, const crypto::VerifyKey& probe);
  bool is_needed() const { return needed_; }
  // Exit::expired: no lease that reaches beyond `now` and belongs to a list of revocations up to `list`.
  Status check(Instant now, std::uint64_t list);

 private:
  fs::path grants_dir_;
  const authority::TrustRoots* roots_ = nullptr;
  crypto::VerifyKey probe_;
  bool needed_ = false;
  Bytes text_;
  std::optional<Lease> lease_;
};

// The probe's own admission, verified; Exit::not_found.
Result<Admission> read_admission(const fs::path& probe_dir, const authority::TrustRoots& roots,
                                 const crypto::VerifyKey& probe);

}  // namespace writ::link
