// SPDX-License-Identifier: GPL-3.0-or-later
// The short way changes nothing: every shared capture, as it is and damaged, gives the same with it and
// without. Without: the frames wear an ERF header, which a glance does not look behind and the decoder does.
#include <gtest/gtest.h>

#include <random>

#include "intercept/test_captures.hh"
#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;

constexpr std::size_t erf_ethernet = 18;

struct Frame {
  Instant at{};
  Bytes bytes;
};

// Of an Ethernet capture; times that the classic format can hold.
std::vector<Frame> frames_of(View file) {
  std::vector<Frame> out;
  auto reader = wire::CaptureReader::open(file);
  if (!reader) return out;
  wire::RawPacket p;
  while (reader->next(p))
    if (p.link_type == 1) out.push_back({std::max(p.at, Instant{}), Bytes(p.bytes.begin(), p.bytes.end())});
  return out;
}

// Some frames get a VLAN tag, some are cut or hit, some come again, some an hour early or late.
void damage(std::vector<Frame>& frames, std::mt19937& random) {
  for (std::size_t n = 0; n < frames.size(); ++n) {
    Bytes& b = frames[n].bytes;
    if (b.size() < 60) continue;
    switch (random() % 24) {
      case 0: {
        const std::uint8_t tag[] = {0x81, 0, 0, 100};
        b.insert(b.begin() + 12, std::begin(tag), std::end(tag));
        break;
      }
      case 1:
        b.resize(14 + random() % (b.size() - 14));
        break;
      case 2:
        b[random() % 60] = static_cast<std::uint8_t>(random());
        break;
      case 3:
        frames[random() % frames.size()] = Frame(frames[n]);
        break;
      case 4:
        if (random() % 8 == 0)
          frames[n].at =
              std::max(Instant{}, frames[n].at + std::chrono::hours{static_cast<int>(random() % 3) - 1});
        break;
      default:
        break;
    }
  }
}

struct Ran {
  RecordingSink sink;
  EngineStats stats;
  std::uint64_t passed = 0;
};

constexpr std::chrono::seconds second{1};

void long_way(const std::vector<Frame>& frames, const std::vector<authority::VerifiedGrant>& grants, Ran& r) {
  Engine engine(grants, r.sink);
  Instant tick{};
  for (const Frame& f : frames) {
    Bytes erf(erf_ethernet, 0);
    erf[8] = 2;
    const std::size_t size = f.bytes.size() + erf_ethernet;
    erf[10] = static_cast<std::uint8_t>(size >> 8), erf[11] = static_cast<std::uint8_t>(size);
    erf[14] = static_cast<std::uint8_t>(f.bytes.size() >> 8),
    erf[15] = static_cast<std::uint8_t>(f.bytes.size());
    put_bytes(erf, f.bytes);
    const wire::RawPacket p{f.at, 197, erf, static_cast<std::uint32_t>(f.bytes.size())};
    EXPECT_FALSE(engine.pass(p));
    ASSERT_TRUE(engine.on_packet(p));
    if (f.at - tick < second && f.at >= tick) continue;
    tick = f.at;
    ASSERT_TRUE(engine.tick(tick));
  }
  ASSERT_TRUE(engine.finish());
  r.stats = engine.stats();
}

void short_way(const std::vector<Frame>& frames, const std::vector<authority::VerifiedGrant>& grants,
               Ran& r) {
  wire::CaptureWriter writer{1};
  for (const Frame& f : frames) writer.add({f.at, 1, f.bytes, static_cast<std::uint32_t>(f.bytes.size())});
  auto reader = wire::CaptureReader::open(writer.bytes());
  ASSERT_TRUE(reader);
  Engine engine(grants, r.sink);
  Instant tick{};
  wire::RawPacket p;
  for (std::uint64_t n = 0;; ++n) {
    const Passed passed = engine.pass_over(*reader, tick, tick + second, n % 5 * 40);
    r.passed += passed.packets;
    if (!reader->next(p)) break;
    if (n % 2 == 0 || !engine.pass(p)) {
      ASSERT_TRUE(engine.on_packet(p));
    }
    if (p.at - tick < second && p.at >= tick) continue;
    tick = p.at;
    ASSERT_TRUE(engine.tick(tick));
  }
  ASSERT_TRUE(engine.finish());
  r.stats = engine.stats();
}

void expect_same(const Ran& a, const Ran& b) {
  EXPECT_EQ(a.stats, b.stats);
  ASSERT_EQ(a.sink.events.size(), b.sink.events.size());
  for (std::size_t i = 0; i < a.sink.events.size(); ++i)
    EXPECT_EQ(encode(a.sink.events[i].e), encode(b.sink.events[i].e)) << i;
  ASSERT_EQ(a.sink.packets.size(), b.sink.packets.size());
  for (std::size_t i = 0; i < a.sink.packets.size(); ++i) {
    const auto &x = a.sink.packets[i], &y = b.sink.packets[i];
    EXPECT_EQ(x.at, y.at);
    EXPECT_EQ(x.tag.call, y.tag.call);
    EXPECT_EQ(x.tag.role, y.tag.role);
    EXPECT_EQ(x.tag.direction, y.tag.direction);
    const bool framed = x.bytes.size() == y.bytes.size() + erf_ethernet;  // of a stream: frames made by us
    EXPECT_EQ(framed ? Bytes(x.bytes.begin() + erf_ethernet, x.bytes.end()) : x.bytes, y.bytes) << i;
  }
}

std::vector<authority::VerifiedGrant> grants_of(View file) {
  GrantSpec s;
  Instant first{};
  s.targets = parties(file, first);
  if (s.targets.empty()) return {};
  s.from = std::max(first - std::chrono::hours{24}, Instant{} + std::chrono::hours{4});
  s.until = s.from + std::chrono::days{29};
  s.trust_from = true;
  std::vector out{carrier().grant(s)};
  s.from = first;  // ends in the middle
  s.until = first + std::chrono::seconds{20};
  out.push_back(carrier().grant(s));
  return out;
}

TEST(PassOver, ChangesNothing) {
  if (!fs::exists(captures() / "INDEX.tsv")) GTEST_SKIP() << "no shared captures here";
  std::mt19937 random{11};
  std::size_t files = 0, isolated = 0, passed = 0, events = 0;
  for (const auto& entry : fs::recursive_directory_iterator(captures())) {
    const auto file = entry.is_regular_file() ? read_file(entry.path()) : Result<Bytes>{};
    if (!file || file->empty()) continue;
    const std::vector<Frame> whole = frames_of(*file);
    const std::vector grants = grants_of(*file);
    if (whole.empty() || grants.empty()) continue;
    ++files;
    for (int round = 0; round < 4; ++round) {
      SCOPED_TRACE(entry.path().filename().string() + " " + std::to_string(round));
      std::vector<Frame> frames = whole;
      if (round > 0) damage(frames, random);
      Ran by_long, by_short;
      long_way(frames, grants, by_long);
      short_way(frames, grants, by_short);
      expect_same(by_long, by_short);
      passed += by_short.passed;
      isolated += by_short.sink.packets.size();
      events += by_short.sink.events.size();
    }
  }
  EXPECT_GT(files, 20u);
  EXPECT_GT(passed, 1000u) << "the test itself passes packets over";
  EXPECT_GT(isolated, 10000u);
  EXPECT_GT(events, 500u);
}

}  // namespace
}  // namespace writ::intercept
