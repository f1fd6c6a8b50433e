// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/merkle.hh"

#include <bit>

#include "audit/log.hh"

namespace writ::audit {
namespace {

using crypto::Digest;

// The largest power of two below n (n >= 2).
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

// The peaks of `size` leaves become those of size + 1.
void push(std::vector<Digest>& peaks, std::uint64_t size, const Digest& leaf) {
  peaks.push_back(leaf);
  for (int merges = std::countr_zero(size + 1); merges > 0; --merges) {
    const Digest right = peaks.back();
    peaks.pop_back();
    peaks.back() = node_hash(peaks.back(), right);
  }
}

Digest fold(const std::vector<Digest>& peaks) {
  if (peaks.empty()) return crypto::sha256({});
  Digest r = peaks.back();
  for (std::size_t i = peaks.size() - 1; i > 0; --i) r = node_hash(peaks[i - 1], r);
  return r;
}

}  // namespace

Digest leaf_hash(View leaf) {
  constexpr std::uint8_t prefix[1] = {0};
  crypto::Sha256 h;
  h.update(prefix);
  h.update(leaf);
  return h.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
  constexpr std::uint8_t prefix[1] = {1};
  crypto::Sha256 h;
  h.update(prefix);
  h.update(left);
  h.update(right);
  return h.finish();
}

void Merkle::append(const Digest& leaf) {
  push(peaks_, leaves_.size(), leaf);
  leaves_.push_back(leaf);
}

Digest Merkle::root() const { return fold(peaks_); }

Digest Merkle::root_after(const Digest& leaf) const {
  std::vector<Digest> peaks = peaks_;
  push(peaks, leaves_.size(), leaf);
  return fold(peaks);
}

Digest Merkle::hash(std::uint64_t begin, std::uint64_t end) const {
  if (end - begin == 1) return leaves_[begin];
  const std::uint64_t middle = begin + split(end - begin);
  return node_hash(hash(begin, middle), hash(middle, end));
}

std::vector<Digest> Merkle::path(std::uint64_t index) const {
  std::vector<Digest> down;  // from the root
  std::uint64_t begin = 0, end = size();
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split(end - begin);
    if (index < middle) {
      down.push_back(hash(middle, end));
      end = middle;
    } else {
      down.push_back(hash(begin, middle));
      begin = middle;
    }
  }
  return {down.rbegin(), down.rend()};
}

void Merkle::subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool whole,
                      std::vector<Digest>& out) const {
  if (m == end - begin) {
    if (!whole) out.push_back(hash(begin, end));
    return;
  }
  const std::uint64_t k = split(end - begin);
  if (m <= k) {
    subproof(m, begin, begin + k, whole, out);
    out.push_back(hash(begin + k, end));
  } else {
    subproof(m - k, begin + k, end, false, out);
    out.push_back(hash(begin, begin + k));
  }
}

std::vector<Digest> Merkle::consistency(std::uint64_t from, std::uint64_t to) const {
  std::vector<Digest> out;
  if (from > 0 && from < to) subproof(from, 0, to, true, out);
  return out;
}

// RFC 9162 section 2.1.3.2
bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      const std::vector<Digest>& path, const Digest& root) {
  if (index >= size) return false;
  std::uint64_t fn = index, sn = size - 1;
  Digest r = leaf;
  for (const Digest& p : path) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

// RFC 9162 section 2.1.4.2
bool verify_consistency(std::uint64_t from, const Digest& from_root, std::uint64_t to, const Digest& to_root,
                        const std::vector<Digest>& path) {
  if (from > to) return false;
  if (from == to) return path.empty() && from_root == to_root;
  if (from == 0) return path.empty() && from_root == crypto::sha256({});
  std::vector<Digest> steps = path;
  if (std::has_single_bit(from)) steps.insert(steps.begin(), from_root);
  if (steps.empty()) return false;
  std::uint64_t fn = from - 1, sn = to - 1;
  while ((fn & 1) != 0) fn >>= 1, sn >>= 1;
  Digest fr = steps.front(), sr = steps.front();
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(steps[i], fr);
      sr = node_hash(steps[i], sr);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      sr = node_hash(sr, steps[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == from_root && sr == to_root;
}

}  // namespace writ::audit
