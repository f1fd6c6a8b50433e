// SPDX-License-Identifier: GPL-3.0-or-later
// A grant that reaches the probe while it runs. The sealer verifies it, opens its streams and offers it; the
// ring owner and the parser verify it again, each for itself, and the parser judges by it from the next
// packet on, so that calls of other grants go on untouched. It goes through the ring of frames: a parser's
// copy that reads its frames again comes upon it at the same place.
#pragma once
#include <functional>
#include <optional>

#include "authority/grant.hh"

namespace writ::probe {

struct GrantDoor {
  // The next offer of the sealer; nullopt: it has ended.
  std::function<std::optional<Bytes>()> next;
  // Verifies an offer, as of `now`.
  std::function<Result<authority::VerifiedGrant>(View offer, Instant now)> verify;
};

}  // namespace writ::probe
