// SPDX-License-Identifier: GPL-3.0-or-later
// The tree of a month: RFC 6962 section 2.1 over leaves SHA-256(0x00 || salt || encode(record)), in order of
// arrival. Adding needs only the peaks of the perfect subtrees. Every fourth level is stored as well, so that
// a proof reads some dozens of nodes and hashes sixteen records instead of a month.
#pragma once
#include <functional>
#include <map>

#include "records/cdr_engine.hh"

namespace writ::records {

inline constexpr int tree_step = 4;  // stored levels: 4, 8, 12, ...

crypto::Digest cdr_leaf(View salt, View encoded);
crypto::Digest tree_root(const std::vector<crypto::Digest>& peaks);
// `peaks` of `size` leaves become those of size + 1; stored nodes that this completes go to `nodes`.
void tree_push(std::vector<crypto::Digest>& peaks, std::uint64_t size, const crypto::Digest& leaf,
               std::vector<TreeNode>& nodes);

// Paths out of stored nodes. `fetch` gives the digests [from, to) of a stored level, or of level 0 the
// leaves.
class PathFinder {
 public:
  using Fetch =
      std::function<Result<std::vector<crypto::Digest>>(int level, std::uint64_t from, std::uint64_t to)>;
  PathFinder(std::uint64_t size, const std::vector<crypto::Digest>& peaks, Fetch fetch);
  Result<std::vector<crypto::Digest>> path(std::uint64_t index);  // leaf upwards; index < size

 private:
  Result<crypto::Digest> range(std::uint64_t begin, std::uint64_t end);
  Result<crypto::Digest> subtree(int level, std::uint64_t index);
  std::uint64_t size_;
  Fetch fetch_;
  std::map<std::pair<int, std::uint64_t>, crypto::Digest> known_;
};

}  // namespace writ::records
