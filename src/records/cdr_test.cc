// SPDX-License-Identifier: GPL-3.0-or-later
#include "records/cdr.hh"

#include <gtest/gtest.h>

#include "audit/merkle.hh"
#include "records/cdr_book_impl.hh"
#include "records/cdr_test_data.hh"

namespace writ::records {
namespace {

using namespace testing;

constexpr int rounds = 3000;

TEST(CdrEncoding, EveryFormGivesTheSameRecordBack) {
  Random r{1};
  MonthTexts texts;
  const MonthKeys keys{test_master()};
  for (int i = 0; i < rounds; ++i) {
    const Cdr c = some_cdr(r, at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    const auto decoded = decode_cdr(encode(c));
    ASSERT_TRUE(decoded) << to_text(decoded.error());
    ASSERT_EQ(*decoded, c);
    const auto parsed = parse_cdr(to_json(c));
    ASSERT_TRUE(parsed) << to_text(parsed.error());
    ASSERT_EQ(*parsed, c);
    const auto unpacked = unpack(pack(c, texts, keys, 0), texts);
    ASSERT_TRUE(unpacked) << to_text(unpacked.error());
    ASSERT_EQ(*unpacked, c) << canonical(to_json(c));
  }
}

TEST(CdrEncoding, ChangedBytesAreAnotherRecordOrNone) {
  Random r{2};
  for (int i = 0; i < rounds / 10; ++i) {
    const Cdr c = some_cdr(r, at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    const Bytes b = encode(c);
    for (std::size_t bit = 0; bit < b.size() * 8; ++bit) {
      Bytes changed = b;
      changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
      const auto other = decode_cdr(changed);
      if (!other) continue;
      ASSERT_NE(*other, c);
      ASSERT_EQ(encode(*other), changed);
    }
    ASSERT_FALSE(decode_cdr(View{b}.first(b.size() - 1)));
  }
}

TEST(CdrEncoding, NumbersThatMightLoseDigitsStayTexts) {
  const MonthKeys keys{test_master()};
  for (const char* text :
       {"+04045550100", "+", "+1234567890123456", "1234567890", "*72", "+1404 5550100", "-5"})
    EXPECT_TRUE(is_text_code(party_code(text, 0, keys))) << text;
  EXPECT_EQ(party_code("+14045550100", 3, keys), 14045550100);
  EXPECT_NE(party_code("101", 1, keys), party_code("101", 2, keys))
      << "another property's 101 is another telephone";
  EXPECT_NE(party_code("0101", 1, keys), party_code("101", 1, keys));
  EXPECT_EQ(party_code("", 0, keys), 0);
}

TEST(CdrMonth, EndsWhereTheNextBegins) {
  EXPECT_EQ(month_of(at("2026-12-31T23:59:59.999Z")), "2026-12");
  EXPECT_EQ(month_end("2026-12"), at("2027-01-01T00:00:00Z"));
  EXPECT_EQ(month_end("2024-02.2"), at("2024-03-01T00:00:00Z"));
  EXPECT_EQ(month_begin("2024-02.2"), at("2024-02-01T00:00:00Z"));
}

// The audit log's tree is another implementation, of the same standard.
TEST(CdrTree, AgreesWithTheAuditLogsTree) {
  std::vector<crypto::Digest> leaves, peaks;
  std::vector<TreeNode> nodes;
  audit::Merkle reference;
  for (std::uint64_t n = 0; n < 700; ++n) {
    leaves.push_back(crypto::sha256(view_of(std::to_string(n))));
    tree_push(peaks, n, leaves.back(), nodes);
    reference.append(leaves.back());
    ASSERT_EQ(tree_root(peaks), reference.root()) << n;
    if (n % 37 != 0 && n < 690) continue;
    PathFinder finder{n + 1, peaks, [&](int level, std::uint64_t from, std::uint64_t to) {
                        std::vector<crypto::Digest> out;
                        if (level == 0)
                          out.assign(leaves.begin() + static_cast<long>(from),
                                     leaves.begin() + static_cast<long>(to));
                        for (const TreeNode& t : nodes)
                          if (t.level == level && t.index >= from && t.index < to) out.push_back(t.hash);
                        return Result<std::vector<crypto::Digest>>(out);
                      }};
    for (std::uint64_t i = 0; i <= n; i += 1 + n / 50) {
      const auto path = finder.path(i);
      ASSERT_TRUE(path);
      ASSERT_EQ(*path, reference.path(i)) << i << " of " << n + 1;
    }
  }
}

}  // namespace
}  // namespace writ::records
