// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "media/test_call.hh"

namespace writ::media {
namespace {

using test::Scene;
using test::Spec;

// 20 ms packets of 160 ticks from sequence number and timestamp on.
std::vector<Spec> steady(int n, std::uint16_t sequence, std::uint32_t timestamp, std::int64_t from_us = 0) {
  std::vector<Spec> out;
  for (int i = 0; i < n; ++i)
    out.push_back({from_us + i * 20000, static_cast<std::uint16_t>(sequence + i),
                   timestamp + static_cast<std::uint32_t>(i) * 160, Bytes(160, 0xff), 0, 1, true});
  return out;
}

Timeline timeline_of(const std::vector<Spec>& specs) {
  const Scene s = test::scene_of(specs, {});
  return place(s.call.media.at(0), s.packets);
}

// Milliseconds after the first packet.
std::vector<int> ms(const Timeline& t) {
  std::vector<int> out;
  for (const auto& p : t.audio)
    out.push_back(static_cast<int>(
        std::chrono::duration_cast<std::chrono::milliseconds>(p.at - t.audio[0].at).count()));
  return out;
}

void expect_steady(const Timeline& t, std::size_t n) {
  ASSERT_EQ(t.audio.size(), n);
  const auto at = ms(t);
  for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(at[i], static_cast<int>(i) * 20) << i;
}

TEST(Timeline, SequenceAndTimestampWrapAround) {
  const auto t = timeline_of(steady(200, 65500, 0xffffff00u));
  expect_steady(t, 200);
  EXPECT_TRUE(t.notes.empty());
}

TEST(Timeline, ReorderedAndDuplicated) {
  auto specs = steady(50, 65530, 1000);
  for (std::size_t i = 0; i + 3 < specs.size(); i += 7) {
    std::swap(specs[i].sequence, specs[i + 3].sequence);
    std::swap(specs[i].timestamp, specs[i + 3].timestamp);
  }
  const std::vector<Spec> once = specs;
  for (std::size_t i = 0; i < once.size(); i += 5) specs.push_back(once[i]);
  const auto t = timeline_of(specs);
  ASSERT_EQ(t.audio.size(), 50u);
  const Scene s = test::scene_of(specs, {});
  std::uint16_t expected = 65530;
  for (const auto& p : t.audio) EXPECT_EQ(Packets{s.packets}.rtp(p.index)->sequence, expected++);
  EXPECT_TRUE(t.notes.empty());
}

TEST(Timeline, JitterDoesNotMovePackets) {
  auto specs = steady(100, 1, 0);
  for (std::size_t i = 0; i < specs.size(); ++i)
    specs[i].at_us += static_cast<std::int64_t>(i * 7919 % 60000);
  specs[0].at_us = 45000;  // the first is late: the anchor is the quickest of the first second
  const auto t = timeline_of(specs);
  expect_steady(t, 100);
  const Instant zero = from_ns(1'700'000'000'000'000'000);
  EXPECT_LT(t.audio[0].at - zero, std::chrono::milliseconds{5});
}

TEST(Timeline, ATimestampJumpIsPlacedByArrival) {
  auto specs = steady(100, 1, 0);
  const auto more = steady(100, 101, 3'000'000'000u, 5'000'000);  // 3 s after the end, other timestamps
  specs.insert(specs.end(), more.begin(), more.end());
  const auto t = timeline_of(specs);
  ASSERT_EQ(t.audio.size(), 200u);
  EXPECT_EQ(ms(t)[99], 99 * 20);
  EXPECT_EQ(ms(t)[100], 5000);
  EXPECT_EQ(ms(t)[199], 5000 + 99 * 20);
  EXPECT_EQ(t.notes.size(), 1u);
}

TEST(Timeline, ARestartWithOtherNumbersComesAfter) {
  auto specs = steady(100, 30000, 90000);
  const auto more = steady(100, 29900, 500'000u, 4'000'000);
  specs.insert(specs.end(), more.begin(), more.end());
  const auto t = timeline_of(specs);
  ASSERT_EQ(t.audio.size(), 200u);
  EXPECT_EQ(ms(t)[100], 4000);
}

TEST(Timeline, OneDelayedPacketIsNoJump) {
  auto specs = steady(100, 1, 0);
  specs[50].at_us += 3'000'000;
  const auto t = timeline_of(specs);
  expect_steady(t, 100);
  EXPECT_TRUE(t.notes.empty());
}

// Devices that stop their clock while nobody speaks.
TEST(Timeline, APauseWithoutAClockStaysAPause) {
  for (const std::int64_t pause_us : {350'000, 1'500'000}) {
    auto specs = steady(150, 1, 0);
    for (std::size_t i = 50; i < 150; ++i) specs[i].at_us += pause_us;
    for (std::size_t i = 100; i < 150; ++i) specs[i].at_us += pause_us;
    const auto t = timeline_of(specs);
    ASSERT_EQ(t.audio.size(), 150u);
    const int pause = static_cast<int>(pause_us / 1000);
    EXPECT_EQ(ms(t)[49], 49 * 20);
    EXPECT_EQ(ms(t)[50], 50 * 20 + pause);
    EXPECT_EQ(ms(t)[149], 149 * 20 + 2 * pause);
    EXPECT_EQ(t.notes.size(), 2u);
  }
}

TEST(Timeline, AQueueThatEmptiesAgainMovesNothing) {
  auto specs = steady(600, 1, 0);
  for (std::size_t i = 100; i < 400; ++i) specs[i].at_us += 500'000;
  const auto t = timeline_of(specs);
  expect_steady(t, 600);
  EXPECT_TRUE(t.notes.empty());
}

TEST(Timeline, OneWildTimestampMovesNothingElse) {
  auto specs = steady(100, 1, 0);
  specs[50].timestamp += 900'000'000;
  const auto t = timeline_of(specs);
  ASSERT_EQ(t.audio.size(), 100u);
  EXPECT_EQ(ms(t)[49], 49 * 20);
  EXPECT_EQ(ms(t)[50], 49 * 20);
  EXPECT_EQ(ms(t)[99], 99 * 20);
}

TEST(Timeline, CaptureClockGoesBack) {
  auto specs = steady(200, 1, 0);
  for (std::size_t i = 100; i < 200; ++i) specs[i].at_us -= 3'600'000'000;
  const auto t = timeline_of(specs);
  expect_steady(t, 200);
  EXPECT_EQ(t.notes.size(), 1u);
}

TEST(Timeline, EventsAndComfortNoiseAreNoAudio) {
  auto specs = steady(10, 1, 0);
  specs[3].payload_type = 101;
  specs[4].payload_type = 13;
  const Scene s = test::scene_of(specs, {{101, "TELEPHONE-EVENT", 8000, 1, ""}});
  const auto t = place(s.call.media.at(0), s.packets);
  EXPECT_EQ(t.audio.size(), 8u);
  EXPECT_EQ(ms(t)[3], 100);
}

TEST(Digits, OncePerEventWhateverIsLostOrRepeated) {
  std::vector<Spec> specs;
  const auto event = [&](std::int64_t at_ms, std::uint16_t seq, std::uint32_t ts, std::uint8_t e, bool end,
                         std::uint16_t d) {
    Bytes body{e, static_cast<std::uint8_t>(end ? 0x80 : 0), 0, 0};
    body[2] = static_cast<std::uint8_t>(d >> 8);
    body[3] = static_cast<std::uint8_t>(d);
    specs.push_back({at_ms * 1000, seq, ts, body, 101, 1, true});
  };
  event(100, 1, 800, 5, false, 160);
  event(120, 2, 800, 5, false, 320);
  for (std::uint16_t i = 0; i < 3; ++i) event(140, static_cast<std::uint16_t>(3 + i), 800, 5, true, 480);
  event(140, 5, 800, 5, true, 480);        // duplicated packet
  event(500, 6, 4000, 5, false, 160);      // the same digit again, its end lost
  event(900, 7, 7200, 11, true, 480);      // only an end packet arrived
  event(1000, 8, 8000, 4, false, 0xffff);  // held very long: goes on under the next timestamp
  event(9200, 9, 8000 + 0xffff, 4, true, 400);
  event(9900, 10, 90000, 40, true, 400);  // not a digit
  const Scene s = test::scene_of(specs, {{101, "TELEPHONE-EVENT", 8000, 1, ""}});
  const auto digits = find_digits(s.call, s.packets);
  std::string text;
  for (const auto& d : digits) text += d.digit;
  ASSERT_EQ(text, "55#4");
  EXPECT_EQ(digits[0].at, s.packets[0].raw.at);
  EXPECT_EQ(digits[1].at, s.packets[6].raw.at);
  EXPECT_TRUE(digits[0].from_target);
  Scene copied = s;
  copied.call.media[0].copy_of = 0;
  EXPECT_TRUE(find_digits(copied.call, s.packets).empty());
}

TEST(Digits, OfRealCaptures) {
  const fs::path dir = shared_folder() / "captures" / "dtmf";
  if (!fs::exists(dir)) GTEST_SKIP() << "no shared captures";
  const auto digits_of = [&](const char* file, std::uint8_t pt, std::uint32_t ssrc) {
    std::string text;
    const Scene s = test::scene_from(dir / file, {{pt, "TELEPHONE-EVENT", 8000, 1, ""}}, ssrc);
    for (const auto& d : find_digits(s.call, s.packets)) text += d.digit;
    return text;
  };
  EXPECT_EQ(digits_of("SIP_DTMF2.cap", 96, 0x5711BF84), "6789123");
  EXPECT_EQ(digits_of("sipp_dtmf_2833_0.pcap", 101, 0), "0");
  EXPECT_EQ(digits_of("sipp_dtmf_2833_5.pcap", 101, 0), "5");
  EXPECT_EQ(digits_of("sipp_dtmf_2833_star.pcap", 101, 0), "*");
  EXPECT_EQ(digits_of("sipp_dtmf_2833_pound.pcap", 101, 0), "#");
  EXPECT_EQ(digits_of("dtmf_2833_1_noend.pcap", 101, 0), "1");
  EXPECT_EQ(digits_of("broken_dtmf.pcap", 101, 0), "1000");
}

}  // namespace
}  // namespace writ::media
