// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/fias.hh"

#include <gtest/gtest.h>

namespace writ::wire {
namespace {

using What = FiasPiece::What;
using Pieces = std::vector<std::pair<What, std::string>>;

Pieces scan(std::string_view bytes, std::size_t step, bool end = true) {
  Pieces out;
  FiasScanner scanner;
  const auto sink = [&](const FiasPiece& p) { out.emplace_back(p.what, std::string(text_of(p.bytes))); };
  for (std::size_t i = 0; i < bytes.size(); i += step) scanner.feed(view_of(bytes.substr(i, step)), sink);
  if (end) scanner.end(sink);
  return out;
}

TEST(FiasScanner, FindsTheSameFramesHoweverTheReadsCutTheStream) {
  const std::string stream = "\x02GI|RN214|\x03\r\n\x02GO|RN214|\x03\x06\x02LA|\x03";
  const Pieces expected = {{What::frame, "GI|RN214|"}, {What::frame, "GO|RN214|"}, {What::frame, "LA|"}};
  for (std::size_t step = 1; step <= stream.size(); ++step) EXPECT_EQ(scan(stream, step), expected) << step;
}

TEST(FiasScanner, FindsTheNextFrameAfterNoise) {
  EXPECT_EQ(scan("GARBAGE\x03more\x02LA|\x03", 100),
            (Pieces{{What::noise, "GARBAGE\x03more"}, {What::frame, "LA|"}}));
}

TEST(FiasScanner, ANewStartCutsTheFrameBefore) {
  EXPECT_EQ(scan("\x02GI|RN2\x02LA|\x03", 100), (Pieces{{What::half, "GI|RN2"}, {What::frame, "LA|"}}));
  EXPECT_EQ(scan("\x02\x02LA|\x03", 100), (Pieces{{What::frame, "LA|"}}));
}

TEST(FiasScanner, AFrameThatTheEndCutsIsHalf) {
  EXPECT_EQ(scan("\x02GI|RN21", 3), (Pieces{{What::half, "GI|RN21"}}));
  EXPECT_EQ(scan("\x02GI|RN21", 3, false), Pieces{});
}

TEST(FiasScanner, HoldsOneFrameAtMost) {
  const std::string longest(fias_frame_bytes_max, 'x');
  EXPECT_EQ(scan("\x02" + longest + "\x03", 1000), (Pieces{{What::frame, longest}}));
  EXPECT_EQ(scan("\x02" + longest + "yz\x03\x02LA|\x03", 1000),
            (Pieces{{What::oversized, longest}, {What::frame, "LA|"}}));
}

TEST(FiasRecord, HasTypeAndFieldsInOrder) {
  const FiasRecord r = parse_fias("GI|RN214|G#1001|GN Doe |GFJames|DA261101|TI013000|");
  EXPECT_EQ(r.type, "GI");
  EXPECT_EQ(r.oddities, 0u);
  EXPECT_EQ(r.first("RN"), "214");
  EXPECT_EQ(r.first("G#"), "1001");
  EXPECT_EQ(r.first("GN"), "Doe");
  EXPECT_EQ(r.first("RO"), "");
  EXPECT_FALSE(r.has("RO"));
  EXPECT_EQ(r.fields.size(), 6u);
}

TEST(FiasRecord, UsesWhatIsOddAndSaysSo) {
  const auto oddity = [](std::string_view s) { return fias_oddity_text(parse_fias(s).oddities); };
  EXPECT_EQ(oddity("LA"), "");
  EXPECT_EQ(oddity("LA|"), "");
  EXPECT_EQ(oddity(""), "no record type");
  EXPECT_EQ(oddity("G|RN214|"), "no record type; no separator after the record type");
  EXPECT_EQ(oddity("GI|RN214|RN310|"), "repeated field");
  EXPECT_EQ(oddity("GI|RN214|G#1"), "last field not ended");
  EXPECT_EQ(oddity("GI|RN214||X|"), "field without a name");
  EXPECT_EQ(oddity("GI|RN2\x01|"), "control character in a value");
  EXPECT_EQ(oddity("GIRN214|G#1|"), "no separator after the record type");
  EXPECT_EQ(parse_fias("GIRN214|G#1|").first("RN"), "214");
  EXPECT_EQ(parse_fias("GI|RN214|RN310|").first("RN"), "214");
  EXPECT_EQ(parse_fias("GI|RN214|G#1").first("G#"), "1");
  std::string many = "GI|";
  for (int i = 0; i < 200; ++i) many += "RN1|";
  EXPECT_EQ(parse_fias(many).fields.size(), fias_fields_max);
  EXPECT_TRUE(parse_fias(many).oddities & fias_too_many_fields);
}

TEST(FiasDates, AreDaysAndTimesThatExist) {
  const auto d = parse_fias_date("280229");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->year, 2028);
  EXPECT_EQ(d->day, 29);
  for (const char* bad : {"", "26110", "2611011", "261301", "260229", "26a101"})
    EXPECT_FALSE(parse_fias_date(bad)) << bad;
  EXPECT_TRUE(parse_fias_time("235959"));
  for (const char* bad : {"", "240000", "006000", "000060", "12:00:", "1230"})
    EXPECT_FALSE(parse_fias_time(bad)) << bad;
}

TEST(FiasSayings, AreFramedAndAreNoGuestRecords) {
  EXPECT_EQ(text_of(encode_fias(FiasSaying::link_record, "RIGI|FLRN|")), "\x02LR|RIGI|FLRN|\x03");
  for (const auto s : {FiasSaying::link_start, FiasSaying::link_description, FiasSaying::link_record,
                       FiasSaying::link_alive, FiasSaying::link_end, FiasSaying::resync_request})
    EXPECT_NE(to_string(s).front(), 'G');
}

}  // namespace
}  // namespace writ::wire
