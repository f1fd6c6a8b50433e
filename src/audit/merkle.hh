// SPDX-License-Identifier: GPL-3.0-or-later
// The hash tree of RFC 6962 section 2.1. Appending costs O(log n) through the peaks of the perfect subtrees;
// proofs hash the leaves again, O(n), since they are rare.
#pragma once
#include <vector>

#include "crypto/crypto.hh"

namespace writ::audit {

crypto::Digest leaf_hash(View leaf);
crypto::Digest node_hash(const crypto::Digest& left, const crypto::Digest& right);

class Merkle {
 public:
  void append(const crypto::Digest& leaf);
  std::uint64_t size() const { return leaves_.size(); }
  crypto::Digest root() const;
  crypto::Digest root_after(const crypto::Digest& leaf) const;  // as if it were appended
  const crypto::Digest& leaf(std::uint64_t index) const { return leaves_[index]; }
  // index < size(); from <= to <= size().
  std::vector<crypto::Digest> path(std::uint64_t index) const;
  std::vector<crypto::Digest> consistency(std::uint64_t from, std::uint64_t to) const;

 private:
  crypto::Digest hash(std::uint64_t begin, std::uint64_t end) const;
  void subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool whole,
                std::vector<crypto::Digest>& out) const;
  std::vector<crypto::Digest> leaves_;
  std::vector<crypto::Digest> peaks_;  // of the perfect subtrees, largest first
};

bool verify_inclusion(const crypto::Digest& leaf, std::uint64_t index, std::uint64_t size,
                      const std::vector<crypto::Digest>& path, const crypto::Digest& root);

}  // namespace writ::audit
