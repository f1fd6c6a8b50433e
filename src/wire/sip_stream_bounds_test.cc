// SPDX-License-Identifier: GPL-3.0-or-later
// Streams that are slow, many, or forged: what waits, what gives way, which of two readings is taken.
#include "wire/sip_stream_for_test.hh"

namespace writ::wire {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr std::uint8_t syn_alone = 2;

// A frame of tcp_frame() with its checksum made right, or wrong.
Bytes summed(Bytes f, bool right = true) {
  const RawPacket p = raw(f);
  const Decoded d = decode(p);
  Bytes made;
  const RawPacket good = cut_segment(d.tcp, p, d.network, true, 0, d.tcp.payload, made);
  Bytes out(good.bytes.begin(), good.bytes.end());
  if (!right) out[14 + 20 + 16] = static_cast<std::uint8_t>(out[14 + 20 + 16] ^ 0x55);
  return out;
}

TEST(SipStreamBounds, WhoHasNothingWaitingGivesWayFirst) {
  const std::string m = message(1, 300);
  Streams s(4);
  s.feed(tcp_frame(0, std::string_view(m).substr(0, 100)));
  for (std::uint16_t port = 1; port < 5000; ++port) s.feed(tcp_frame(99, "", port, 5060, syn_alone));
  s.feed(tcp_frame(100, std::string_view(m).substr(100)));
  EXPECT_EQ(s.texts(), std::vector{m});
  EXPECT_EQ(s.s.dropped(), 0u);
}

TEST(SipStreamBounds, HalvesThatAreFarApartInTime) {
  const std::string m = message(1, 300);
  for (const std::size_t cut : {20u, 60u}) {  // within the headers
    Streams s;
    s.feed(tcp_frame(0, std::string_view(m).substr(0, cut)));
    for (int t = 1; t <= 30; ++t) s.s.expire(Instant{std::chrono::seconds{t}}, s.out);
    EXPECT_TRUE(s.out.empty());
    s.feed(tcp_frame(static_cast<std::uint32_t>(cut), std::string_view(m).substr(cut)), Instant{31s});
    EXPECT_EQ(s.texts(), std::vector{m});
    s.s.finish(s.out);
    EXPECT_EQ(s.s.dropped(), 0u);
  }
}

// With whole headers it is worth having at once, and whole when the rest comes.
TEST(SipStreamBounds, ACutMessageIsWholeWhenItsBodyComesLate) {
  const std::string m = message(1, 300);
  Streams s;
  s.feed(tcp_frame(0, std::string_view(m).substr(0, 200)));
  for (int t = 1; t <= 20; ++t) s.s.expire(Instant{std::chrono::seconds{t}}, s.out);
  ASSERT_EQ(s.texts(), std::vector{m.substr(0, 200)});
  EXPECT_TRUE(s.out[0].cut);
  s.feed(tcp_frame(200, std::string_view(m).substr(200)), Instant{21s});
  ASSERT_EQ(s.out.size(), 2u);
  EXPECT_EQ(s.texts()[1], m);
  EXPECT_FALSE(s.out[1].cut);
  s.s.finish(s.out);
  EXPECT_EQ(s.out.size(), 2u);
  EXPECT_EQ(s.s.dropped(), 0u);
}

TEST(SipStreamBounds, NobodyIsWaitedForForEver) {
  const std::string m = message(1, 300);
  Streams s;
  s.feed(tcp_frame(0, std::string_view(m).substr(0, 60)));
  s.s.expire(Instant{40s}, s.out);
  EXPECT_EQ(s.s.dropped(), 1u);
  s.feed(tcp_frame(60, std::string_view(m).substr(60)), Instant{41s});
  s.s.finish(s.out);
  EXPECT_TRUE(s.out.empty());
}

// Strangers' halves: what waits in all is bounded too, and what goes is counted.
TEST(SipStreamBounds, WhatWaitsInAllStreamsIsBounded) {
  Streams s;
  const std::string half = "INVITE sip:1@example.net SIP/2.0\r\nX: " + std::string(60'000, 'x');
  for (std::uint16_t port = 1; port <= 2000; ++port) s.feed(tcp_frame(0, half, port));
  EXPECT_NEAR(static_cast<double>(s.s.dropped()), 2000 - (32 << 20) / static_cast<double>(half.size()), 2);
}

// The receiver throws away what its checksum does not fit: so it is no reading where there is another.
TEST(SipStreamBounds, TheReadingWhoseChecksumFitsIsTaken) {
  const std::string m = message(1, 40);
  std::string forged = m;
  forged.replace(12, 5, "99999");
  const std::string_view half = std::string_view(m).substr(0, 60), rest = std::string_view(m).substr(60);
  {
    Streams s;  // before anything was read
    s.feed(summed(tcp_frame(0, forged.substr(0, 60)), false));
    s.feed(summed(tcp_frame(0, half)));
    s.feed(summed(tcp_frame(60, rest)));
    EXPECT_EQ(s.texts(), std::vector{m});
    EXPECT_TRUE(s.out[0].overlapped);
  }
  {
    Streams s;  // the decoy was read as a message already
    s.feed(summed(tcp_frame(99, "", 40000, 5060, syn_alone)));
    s.feed(summed(tcp_frame(100, forged), false));
    s.feed(summed(tcp_frame(100, m)));
    s.feed(summed(tcp_frame(100 + static_cast<std::uint32_t>(m.size()), message(2))));
    EXPECT_EQ(s.texts(), (std::vector{forged, m, message(2)}));
    EXPECT_TRUE(s.out[1].overlapped);
    EXPECT_EQ(s.s.dropped(), 0u);
  }
}

// Of a segment that a snap length has cut nobody knows whether it fits: who knows where it is cut can make
// the sum of what is left look right.
TEST(SipStreamBounds, ACutSegmentGivesWayToAWholeOne) {
  const std::string m = message(1, 40);
  std::string forged = m.substr(0, 60);
  forged.replace(12, 5, "99999");
  Bytes cut = summed(tcp_frame(0, forged));
  cut[14 + 3] = static_cast<std::uint8_t>(cut[14 + 3] + 100);  // IP's length: so much was more
  ASSERT_TRUE(decode(raw(cut)).tcp.truncated);
  Streams s;
  s.feed(cut);
  s.feed(summed(tcp_frame(0, m.substr(0, 60))));
  s.feed(summed(tcp_frame(60, m.substr(60))));
  ASSERT_EQ(s.texts(), std::vector{m});
  EXPECT_TRUE(s.out[0].overlapped);
}

// Where both fit, or neither does, the first that came is taken as before: a capture that stands before the
// card that computes them shows none that fits.
TEST(SipStreamBounds, AChecksumAloneDecidesNothing) {
  const std::string m = message(1, 40);
  std::string forged = m;
  forged.replace(12, 5, "99999");
  for (const bool right : {true, false}) {
    Streams s;
    s.feed(summed(tcp_frame(0, m), right));
    s.feed(summed(tcp_frame(0, forged), right));
    EXPECT_EQ(s.texts(), std::vector{m}) << right;
    Streams halves;  // nothing of it was read before the other came
    halves.feed(summed(tcp_frame(0, m.substr(0, 60)), right));
    halves.feed(summed(tcp_frame(0, forged.substr(0, 60)), right));
    halves.feed(summed(tcp_frame(60, m.substr(60)), right));
    EXPECT_EQ(halves.texts(), std::vector{m}) << right;
  }
  Streams s;  // one that does not fit is read all the same
  s.feed(summed(tcp_frame(0, m), false));
  EXPECT_EQ(s.texts(), std::vector{m});
}

}  // namespace
}  // namespace writ::wire
