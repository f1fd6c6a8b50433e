// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr_tree.hh"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "audit/merkle.hh"

namespace writ::records {
namespace {

using crypto::Digest;

Digest node(const Digest& left, const Digest& right) {  // RFC 6962 2.1, in one call of the hash
  std::array<std::uint8_t, 65> b{1};
  std::copy(left.begin(), left.end(), b.begin() + 1);
  std::copy(right.begin(), right.end(), b.begin() + 33);
  return crypto::sha256(b);
}

Json hex_list(const std::vector<Digest>& path) {
  Json out = Json::array();
  for (const Digest& d : path) out.push_back(crypto::hex(d));
  return out;
}

Result<Digest> parse_digest(const Json& j) {
  if (j.is_string()) {
    const auto b = crypto::unhex(j.get<std::string>());
    if (b && b->size() == Digest{}.size()) {
      Digest d{};
      std::copy(b->begin(), b->end(), d.begin());
      return d;
    }
  }
  return fail(Exit::usage, "inclusion proof of a call record: a hash is not 64 lower-case hex digits");
}

}  // namespace

Digest cdr_leaf(View salt, View encoded) {
  thread_local Bytes b;
  b.assign(1, 0);
  put_bytes(b, salt);
  put_bytes(b, encoded);
  return crypto::sha256(b);
}

Digest tree_root(const std::vector<Digest>& peaks) {
  if (peaks.empty()) return crypto::sha256({});
  Digest r = peaks.back();
  for (std::size_t i = peaks.size() - 1; i > 0; --i) r = node(peaks[i - 1], r);
  return r;
}

void tree_push(std::vector<Digest>& peaks, std::uint64_t size, const Digest& leaf,
               std::vector<TreeNode>& nodes) {
  peaks.push_back(leaf);
  const int merges = std::countr_zero(size + 1);
  for (int level = 1; level <= merges; ++level) {
    const Digest right = peaks.back();
    peaks.pop_back();
    peaks.back() = node(peaks.back(), right);
    if (level % tree_step == 0) nodes.push_back({level, size >> level, peaks.back()});
  }
}

PathFinder::PathFinder(std::uint64_t size, const std::vector<Digest>& peaks, Fetch fetch)
    : size_(size), fetch_(std::move(fetch)) {
  std::uint64_t begin = 0;
  for (const Digest& peak : peaks) {
    if (begin >= size) break;
    const int level = static_cast<int>(std::bit_width(size - begin)) - 1;
    known_[{level, begin >> level}] = peak;
    begin += std::uint64_t{1} << level;
  }
}

Result<Digest> PathFinder::subtree(int level, std::uint64_t index) {
  if (const auto it = known_.find({level, index}); it != known_.end()) return it->second;
  if (level % tree_step != 0) {
    WRIT_TRY(left, subtree(level - 1, index * 2));
    WRIT_TRY(right, subtree(level - 1, index * 2 + 1));
    return known_[{level, index}] = node(left, right);
  }
  // The siblings are wanted next: all of the group that are there come at once.
  constexpr std::uint64_t group = 1u << tree_step;
  const std::uint64_t from = index / group * group, to = std::min(from + group, size_ >> level);
  WRIT_TRY(got, fetch_(level, from, to));
  if (got.size() != to - from)
    return fail(Exit::integrity,
                fmt::format("the tree's level {} lacks nodes between {} and {}", level, from, to));
  for (std::uint64_t i = from; i < to; ++i) known_.try_emplace({level, i}, got[i - from]);
  return known_.at({level, index});
}

Result<Digest> PathFinder::range(std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t n = end - begin;
  if (std::has_single_bit(n)) {
    const int level = std::countr_zero(n);
    return subtree(level, begin >> level);
  }
  const std::uint64_t middle = begin + std::bit_floor(n - 1);
  WRIT_TRY(left, range(begin, middle));
  WRIT_TRY(right, range(middle, end));
  return node(left, right);
}

Result<std::vector<Digest>> PathFinder::path(std::uint64_t index) {
  std::vector<Digest> down;
  std::uint64_t begin = 0, end = size_;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + std::bit_floor(end - begin - 1);
    const bool left = index < middle;
    WRIT_TRY(sibling, left ? range(middle, end) : range(begin, middle));
    down.push_back(sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(down.begin(), down.end());
  return down;
}

Json to_json(const CdrProof& p) {
  return {{"schema", "writ.cdr-proof/1"}, {"month", p.row.month},        {"seq", p.row.seq},
          {"record", to_json(p.row.cdr)}, {"salt", crypto::hex(p.salt)}, {"size", p.size},
          {"path", hex_list(p.path)},     {"root", crypto::hex(p.root)}};
}

Result<CdrProof> parse_cdr_proof(const Json& j) {
  constexpr const char* where = "inclusion proof of a call record";
  WRIT_TRY(schema, field<std::string>(j, "schema", where));
  if (schema != "writ.cdr-proof/1")
    return fail(Exit::usage, fmt::format("'{}' is not a proof that this version reads", schema), {},
                "writ.cdr-proof/1");
  CdrProof p;
  WRIT_TRY(month, field<std::string>(j, "month", where));
  WRIT_TRY(seq, field<std::uint64_t>(j, "seq", where));
  WRIT_TRY(record, field<Json>(j, "record", where));
  WRIT_TRY(cdr, parse_cdr(record));
  WRIT_TRY(salt_text, field<std::string>(j, "salt", where));
  WRIT_TRY(salt, crypto::unhex(salt_text));
  WRIT_TRY(size, field<std::uint64_t>(j, "size", where));
  WRIT_TRY(path, field<Json>(j, "path", where));
  if (!path.is_array() || path.size() > 64)
    return fail(Exit::usage, fmt::format("{}: 'path' is not a list of at most 64 hashes", where));
  for (const Json& step : path) {
    WRIT_TRY(d, parse_digest(step));
    p.path.push_back(d);
  }
  WRIT_TRY(root_json, field<Json>(j, "root", where));
  WRIT_TRY(root, parse_digest(root_json));
  p.row = {std::move(month), seq, std::move(cdr)};
  p.salt = std::move(salt);
  p.size = size;
  p.root = root;
  return p;
}

bool verify(const CdrProof& p) {
  return audit::verify_inclusion(cdr_leaf(p.salt, encode(p.row.cdr)), p.row.seq, p.size, p.path, p.root);
}

}  // namespace writ::records
