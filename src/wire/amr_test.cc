// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/amr.hh"

#include <gtest/gtest.h>

namespace writ::wire {
namespace {

std::string bits_of(View v) {
  std::string out;
  for (const auto b : v)
    for (int i = 7; i >= 0; --i) out += (b >> i & 1) ? '1' : '0';
  return out;
}
Bytes packed(std::string bits) {
  bits.resize((bits.size() + 7) / 8 * 8, '0');
  Bytes out;
  for (std::size_t i = 0; i < bits.size(); i += 8)
    out.push_back(static_cast<std::uint8_t>(std::stoi(bits.substr(i, 8), nullptr, 2)));
  return out;
}
std::string speech(std::size_t n, unsigned seed) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += (seed = seed * 1103515245 + 12345, (seed >> 16 & 1) ? '1' : '0');
  return out;
}

// The figures of RFC 4867 sections 4.3.5.1 and 4.4.5.1 and their kin, bit for bit.
TEST(Amr, BandwidthEfficientIsOneRowOfBits) {
  const std::string a = speech(148, 1), b = speech(39, 2), c = speech(95, 3);
  // CMR 6; 7.4 kbit/s, SID, no data, 4.75 damaged.
  const Bytes payload = packed(
      "0110"
      "101001"
      "110001"
      "111111"
      "000000" +
      a + b + c);
  const auto f = split_amr(amr_layout(false, "mode-set=0,2,4", 1), payload);
  ASSERT_EQ(f.size(), 4u);
  EXPECT_EQ(f[0].stored[0], 4 << 3 | 4);
  EXPECT_EQ(bits_of(View{f[0].stored}.subspan(1)).substr(0, 148), a);
  EXPECT_TRUE(f[0].speech);
  EXPECT_EQ(bits_of(View{f[1].stored}.subspan(1)).substr(0, 39), b);
  EXPECT_FALSE(f[1].speech);
  EXPECT_EQ(f[2].stored, Bytes{15 << 3 | 4});
  EXPECT_EQ(bits_of(View{f[3].stored}.subspan(1)).substr(0, 95), c);
  EXPECT_FALSE(f[3].speech) << "damaged";
}

TEST(Amr, OctetAlignedPadsEveryFrame) {
  const std::string a = speech(477, 5), b = speech(132, 6);
  const Bytes payload = packed(
      "11110000"
      "11000100"
      "00000100" +
      a + "000" + b + "0000");
  const auto f = split_amr(amr_layout(true, "octet-align=1; mode-change-capability=2", 1), payload);
  ASSERT_EQ(f.size(), 2u);
  EXPECT_EQ(f[0].stored.size(), 61u);
  EXPECT_EQ(bits_of(View{f[1].stored}.subspan(1)).substr(0, 132), b);
  // Announced the other way round: what fits is read.
  EXPECT_EQ(split_amr(amr_layout(true, "", 1), payload).size(), 2u);
  // With a check of each frame between contents and speech.
  const Bytes checked = packed(
      "11110000"
      "11000100"
      "00000100"
      "10101010"
      "01010101" +
      a + "000" + b + "0000");
  const auto g = split_amr(amr_layout(true, "crc=1", 1), checked);
  ASSERT_EQ(g.size(), 2u);
  EXPECT_EQ(g[1].stored, f[1].stored);
}

TEST(Amr, BrokenOnesAreEmptyAndOthersRefused) {
  const Bytes good = packed(
      "11110000"
      "00100100" +
      speech(148, 9) + "0000");
  const AmrLayout l = amr_layout(false, "octet-align=1", 1);
  ASSERT_EQ(split_amr(l, good).size(), 1u);
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_TRUE(split_amr(l, View{good}.first(n)).empty()) << n;
  EXPECT_TRUE(split_amr(l, packed("11110000"
                                  "01001100"))
                  .empty())
      << "type 9 is not used";
  EXPECT_FALSE(amr_layout(false, "octet-align=1;interleaving=20", 1).readable);
  EXPECT_FALSE(amr_layout(false, "robust-sorting=1", 1).readable);
  EXPECT_FALSE(amr_layout(false, "", 2).readable);
}

}  // namespace
}  // namespace writ::wire
