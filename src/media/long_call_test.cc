// SPDX-License-Identifier: GPL-3.0-or-later
// Long calls: sequence numbers and timestamps that roll over, clocks that drift, seconds that stay together.
#include <gmock/gmock.h>

#include <random>

#include "media/drift.hh"
#include "media/test_call.hh"

namespace writ::media {
namespace {

using test::Folder;
using test::Scene;
using test::Spec;

// What sox makes of mu-law.
std::vector<std::int16_t> as_sox_decodes(const Folder& dir, const Bytes& law) {
  const std::string in = (dir.path() / "in.ul").string();
  EXPECT_TRUE(write_file(in, law));
  const std::string raw =
      test::output_of("sox -t ul -r 8000 -c 1 " + in + " -t raw -e signed -b 16 - 2>/dev/null");
  std::vector<std::int16_t> out(raw.size() / 2);
  std::memcpy(out.data(), raw.data(), out.size() * 2);
  return out;
}

TEST(LongCall, HalfAnHourWithRollOversIsSampleExactOnBothSides) {
  constexpr int n = 30'000, size = 480;  // packets of 60 ms
  const Folder dir;
  std::mt19937 random{7};
  std::vector<Spec> specs;
  Bytes sent[2] = {Bytes(n * size), Bytes(n * size)};
  for (Bytes& side : sent)
    for (std::uint8_t& b : side) b = static_cast<std::uint8_t>(random());
  for (int i = 0; i < n; ++i)
    for (int side = 0; side < 2; ++side) {
      Bytes& all = sent[side];
      const auto from = all.begin() + i * size;
      const bool lost = i % 1000 == 500 + side;
      if (!lost)
        specs.push_back({i * 60'000 + (i == 0 ? 0 : static_cast<std::int64_t>(random() % 15'000)),
                         static_cast<std::uint16_t>(40'000 + i),
                         0xfff00000u + static_cast<std::uint32_t>(i) * size, Bytes(from, from + size), 0,
                         side == 0 ? 7u : 8u, side == 0});
      if (lost) std::fill(from, from + size, std::uint8_t{0xff});  // mu-law for nothing at all
    }
  Scene s = test::scene_of(specs, {});
  const auto expected_left = as_sox_decodes(dir, sent[0]), expected_right = as_sox_decodes(dir, sent[1]);
  if (expected_left.empty()) GTEST_SKIP() << "no sox";
  ASSERT_TRUE(render_call(s.call, s.packets, test::workers(), dir.path() / "recordings", "long"));
  const auto got = test::read_sound(dir.path() / "recordings" / "long.wav");
  ASSERT_EQ(got.left.size(), expected_left.size());
  EXPECT_TRUE(got.left == expected_left);
  EXPECT_TRUE(got.right == expected_right);
  EXPECT_EQ(s.call.media[0].why + s.call.media[1].why, "");
}

// One side of ten minutes, its clock `ppm` slow, with a burst at these seconds of true time.
constexpr int part = 480, call_s = 600, bursts_s[] = {5, 200, 400, 595};
void speak(std::vector<Spec>& out, double ppm, bool from_target, std::mt19937& random) {
  const double sample_s = (1.0 + ppm / 1e6) / 8000;
  const int packets = static_cast<int>(call_s / (part * sample_s));
  for (int i = 0; i < packets; ++i) {
    Spec p{static_cast<std::int64_t>((i + 1) * part * sample_s * 1e6) +
               static_cast<std::int64_t>(random() % 8 == 0 ? random() % 60'000 : random() % 4'000),
           static_cast<std::uint16_t>(60'000 + i),
           static_cast<std::uint32_t>(i) * part,
           Bytes(part, 0xff),
           0,
           from_target ? 7u : 8u,
           from_target};
    for (int b = 0; b < part; ++b)
      for (const int at : bursts_s) {
        const double t = (i * part + b) * sample_s - at;
        if (t >= 0 && t < 0.03) p.payload[static_cast<std::size_t>(b)] = b / 4 % 2 == 0 ? 0x00 : 0x80;
      }
    out.push_back(std::move(p));
  }
}

std::vector<double> onsets(const std::vector<std::int16_t>& pcm) {
  std::vector<double> out;
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    const double at = static_cast<double>(i) / 8000;
    if (std::abs(pcm[i]) > 10'000 && (out.empty() || at - out.back() > 1)) out.push_back(at);
  }
  return out;
}

TEST(LongCall, ClocksThatDriftKeepBothSidesTogether) {
  for (const double ppm : {500.0, -300.0}) {
    const Folder dir;
    std::mt19937 random{11};
    std::vector<Spec> specs;
    speak(specs, 0, true, random);
    speak(specs, ppm, false, random);
    std::ranges::stable_sort(specs, {}, &Spec::at_us);
    Scene s = test::scene_of(specs, {});
    ASSERT_TRUE(render_call(s.call, s.packets, test::workers(), dir.path() / "recordings", "drift"));
    const auto sound = test::read_sound(dir.path() / "recordings" / "drift.wav");
    const auto left = onsets(sound.left), right = onsets(sound.right);
    ASSERT_EQ(left.size(), std::size(bursts_s)) << ppm;
    ASSERT_EQ(right.size(), std::size(bursts_s)) << ppm;
    for (std::size_t k = 0; k < left.size(); ++k) {
      // By the sender's own clock it would lie up to 0.3 s away.
      EXPECT_NEAR(left[k], right[k], 0.015) << ppm << ' ' << k;
      EXPECT_NEAR(left[k] - left[0], bursts_s[k] - bursts_s[0], 0.001) << ppm << ' ' << k;
    }
    for (const auto& m : s.call.media)
      if (m.direction == intercept::Direction::from_target) {
        EXPECT_EQ(m.why, "") << "the side with a good clock is left as it is";
      } else {
        EXPECT_THAT(m.why, testing::HasSubstr(ppm > 0 ? "ppm slow: stretched" : "ppm fast: stretched"));
      }
  }
}

std::vector<ClockPoint> line(double ppm, int seconds) {
  std::vector<ClockPoint> out;
  for (int i = 0; i < seconds * 50; ++i)
    out.push_back({i * std::int64_t{20'000'000}, static_cast<std::int64_t>(i * 20e6 * ppm / 1e6)});
  return out;
}

TEST(LongCall, WhatIsNoDriftIsLeftAlone) {
  EXPECT_NEAR(clock_stretch(line(500, 600)), 1.0005, 1e-9);
  EXPECT_NEAR(clock_stretch(line(-500, 600)), 0.9995, 1e-9);
  EXPECT_EQ(clock_stretch({}), 1.0);
  EXPECT_EQ(clock_stretch(line(500, 40)), 1.0) << "too short to say";
  EXPECT_EQ(clock_stretch(line(40, 600)), 1.0) << "24 ms: as it was sent";
  EXPECT_EQ(clock_stretch(line(10'000, 600)), 1.0) << "no crystal";
  auto step = line(0, 600);  // another route, 300 ms longer, from the middle on
  for (std::size_t i = step.size() / 2; i < step.size(); ++i) step[i].late += 300'000'000;
  EXPECT_EQ(clock_stretch(step), 1.0);
  auto both = line(150, 1920);  // the same route under a clock that drifts
  for (std::size_t i = both.size() / 2; i < both.size(); ++i) both[i].late += 180'000'000;
  EXPECT_NEAR(clock_stretch(both), 1.00015, 2e-6);
  auto sawtooth = line(0, 1800);  // a queue that fills slowly and empties at once is no clock
  for (std::size_t i = 0; i < sawtooth.size(); ++i)
    sawtooth[i].late += static_cast<std::int64_t>(i % 2500) * 50'000;
  EXPECT_EQ(clock_stretch(sawtooth), 1.0);
  auto congested = line(0, 600);
  for (std::size_t i = 0; i < congested.size(); ++i)
    if (i / 500 % 3 == 2) congested[i].late += 500'000'000;
  EXPECT_EQ(clock_stretch(congested), 1.0);
  auto wild = line(500, 600);  // single packets with wild timestamps change nothing
  wild[1000].sent += 900'000'000'000'000;
  EXPECT_NEAR(clock_stretch(wild), 1.0005, 1e-6);
}

}  // namespace
}  // namespace writ::media
