// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/merkle.hh"

#include <gtest/gtest.h>

#include "audit/log.hh"

namespace writ::audit {
namespace {

// Inputs and roots of the certificate-transparency reference implementation.
TEST(Merkle, HasTheReferenceRoots) {
  const std::vector<std::pair<const char*, const char*>> rows{
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"606162636465666768696a6b6c6d6e6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}};
  Merkle m;
  EXPECT_EQ(crypto::hex(m.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const auto& [input, root] : rows) {
    const auto hash = leaf_hash(*crypto::unhex(input));
    EXPECT_EQ(crypto::hex(m.root_after(hash)), root);
    m.append(hash);
    EXPECT_EQ(crypto::hex(m.root()), root) << m.size();
  }
}

crypto::Digest leaf(std::uint64_t n) {
  Bytes b;
  put_be64(b, n);
  return leaf_hash(b);
}

TEST(Merkle, EveryInclusionProofHoldsForItsPlaceOnly) {
  Merkle m;
  for (std::uint64_t size = 1; size <= 40; ++size) {
    m.append(leaf(size - 1));
    for (std::uint64_t i = 0; i < size; ++i) {
      auto path = m.path(i);
      EXPECT_TRUE(verify_inclusion(leaf(i), i, size, path, m.root()));
      EXPECT_FALSE(verify_inclusion(leaf(i + 1), i, size, path, m.root()));
      for (std::uint64_t k = 0; k < size; ++k)
        EXPECT_EQ(verify_inclusion(leaf(i), k, size, path, m.root()), k == i) << size << " " << i << " " << k;
      EXPECT_FALSE(verify_inclusion(leaf(i), size, size, path, m.root()));
      for (auto& step : path) {
        step[0] ^= 1;
        EXPECT_FALSE(verify_inclusion(leaf(i), i, size, path, m.root()));
        step[0] ^= 1;
      }
      path.push_back({});
      EXPECT_FALSE(verify_inclusion(leaf(i), i, size, path, m.root()));
      path.pop_back();
      if (path.empty()) continue;
      path.pop_back();
      EXPECT_FALSE(verify_inclusion(leaf(i), i, size, path, m.root()));
    }
  }
}

TEST(Merkle, EveryConsistencyProofHoldsForItsSizesOnly) {
  Merkle m;
  std::vector<crypto::Digest> roots{m.root()};
  for (std::uint64_t to = 1; to <= 40; ++to) {
    m.append(leaf(to - 1));
    roots.push_back(m.root());
    for (std::uint64_t from = 0; from <= to; ++from) {
      auto path = m.consistency(from, to);
      EXPECT_TRUE(verify_consistency(from, roots[from], to, roots[to], path));
      for (std::uint64_t k = 0; k <= to; ++k)
        if (k != from) {
          EXPECT_FALSE(verify_consistency(from, roots[k], to, roots[to], path))
              << from << " " << k << " " << to;
        }
      for (auto& step : path) {
        step[31] ^= 1;
        EXPECT_FALSE(verify_consistency(from, roots[from], to, roots[to], path));
        step[31] ^= 1;
      }
      path.push_back({});
      EXPECT_FALSE(verify_consistency(from, roots[from], to, roots[to], path));
    }
    EXPECT_FALSE(verify_consistency(to, roots[to], to - 1, roots[to - 1], {}));
  }
}

}  // namespace
}  // namespace writ::audit
