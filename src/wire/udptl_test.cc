// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/udptl.hh"

#include <gtest/gtest.h>

namespace writ::wire {
namespace {

Bytes unhex(std::string_view s) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < s.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(s.substr(i, 2)), nullptr, 16)));
  return out;
}

// A real sender that announces two repeats and sends one (tshark: malformed): what is there is read.
TEST(Udptl, CountsThatLie) {
  const Bytes preamble = unhex("0003010600020100");
  const auto u = parse_udptl(preamble);
  ASSERT_TRUE(u);
  EXPECT_FALSE(u->exact);
  EXPECT_EQ(u->sequence, 3);
  ASSERT_EQ(u->secondary.size(), 1u);
  EXPECT_TRUE(parse_t38(u->secondary[0], 0)->is_indicator);
}

TEST(Udptl, RepeatsAndFields) {
  const Bytes raw = unhex("000706c00180000076000106c001800000c2");
  const auto u = parse_udptl(raw);
  ASSERT_TRUE(u && u->exact);
  EXPECT_EQ(u->sequence, 7);
  ASSERT_EQ(u->secondary.size(), 1u);
  const auto p = parse_t38(u->primary, 0);
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->is_indicator);
  EXPECT_EQ(p->code, 0);  // v21
  ASSERT_EQ(p->fields.size(), 1u);
  EXPECT_EQ(p->fields[0].type, T38Field::hdlc_data);
  ASSERT_EQ(p->fields[0].data.size(), 1u);
  EXPECT_EQ(p->fields[0].data[0], 0x76);
  EXPECT_EQ(parse_t38(u->secondary[0], 0)->fields[0].data[0], 0xc2);
}

TEST(Udptl, IndicatorsAndEndsOfFrames) {
  EXPECT_EQ(parse_t38(unhex("02"), 0)->code, 1);      // CNG
  EXPECT_EQ(parse_t38(unhex("06"), 0)->code, 3);      // V.21 preamble
  EXPECT_EQ(parse_t38(unhex("1e"), 0)->code, 15);     // V.17 14400 long training
  EXPECT_EQ(parse_t38(unhex("d00120"), 0)->code, 8);  // V.17 14400 data
  EXPECT_EQ(parse_t38(unhex("c00120"), 0)->fields[0].type, T38Field::hdlc_fcs_ok);
  EXPECT_EQ(parse_t38(unhex("c00140"), 0)->fields[0].type, T38Field::hdlc_fcs_ok_sig_end);
  EXPECT_EQ(parse_t38(unhex("c00110"), 1)->fields[0].type, T38Field::hdlc_fcs_ok);
  EXPECT_EQ(parse_t38(unhex("c00120"), 1)->fields[0].type, T38Field::hdlc_fcs_ok_sig_end);
  EXPECT_FALSE(parse_t38(unhex("d00180003500"), 0)) << "54 bytes announced, one there";
}

TEST(Udptl, CutAndOddOnesAreBounded) {
  const Bytes whole = unhex("000706c00180000076000106c001800000c2");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto u = parse_udptl(View{whole}.first(n));
    EXPECT_EQ(u.has_value(), n >= 9) << n;
    if (u) {
      EXPECT_FALSE(u->exact) << n;
    }
  }
  // Parities: two packets spanned, one of them sent.
  const Bytes parities = unhex("00070106800103020101020202");
  const auto fec = parse_udptl(parities);
  ASSERT_TRUE(fec);
  EXPECT_EQ(fec->fec_packets, 2u);
  EXPECT_FALSE(parse_udptl(unhex("ffff47415242414745")));  // "GARBAGE"
}

}  // namespace
}  // namespace writ::wire
