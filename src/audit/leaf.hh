// SPDX-License-Identifier: GPL-3.0-or-later
// Leaves and signed heads as text, for this room.
#pragma once
#include "audit/log.hh"

namespace writ::audit {

struct Leaf {
  std::uint64_t seq = 0;
  Instant at{};
  std::uint64_t step_us = 0;  // by how much the clock stood behind the entry before
  Bytes key, body;
};
// `entry` is the canonical text of an Entry.
Bytes make_leaf(std::uint64_t seq, Instant at, std::uint64_t step_us, std::string_view entry,
                const crypto::Secret32& key, const crypto::BoxPublic& reader);
Result<Leaf> parse_leaf(View bytes);
Checkpoint sign_head(std::uint64_t size, const crypto::Digest& root, Instant at,
                     const crypto::SigningKey& signer);

}  // namespace writ::audit
