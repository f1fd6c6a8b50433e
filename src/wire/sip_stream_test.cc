// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip_stream.hh"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "wire/sip.hh"
#include "wire/sip_stream_for_test.hh"
#include "wire/websocket.hh"

namespace writ::wire {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(SipStream, AMessageInOneSegmentKeepsItsFrame) {
  Streams s;
  const Bytes f = tcp_frame(100, message(1, 20));
  s.feed(f);
  ASSERT_EQ(s.texts(), std::vector{message(1, 20)});
  ASSERT_EQ(s.out[0].frames.size(), 1u);
  EXPECT_TRUE(std::ranges::equal(s.out[0].frames[0].bytes, f));
  EXPECT_EQ(s.out[0].src.port, 40000);
  EXPECT_EQ(s.out[0].dst.text(), "198.51.100.2:5060");
}

TEST(SipStream, NeighboursInOneSegmentComeApart) {
  Streams s;
  s.feed(tcp_frame(100, message(1, 20) + "\r\n\r\n" + message(2) + message(3, 5)));
  ASSERT_EQ(s.texts(), (std::vector{message(1, 20), message(2), message(3, 5)}));
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(s.out[i].frames.size(), 1u);
    EXPECT_EQ(held(s.out[i].frames[0]), s.texts()[i]) << "a frame shows its own message only";
    EXPECT_EQ(s.out[i].frames[0].link_type, 1u);
  }
  EXPECT_EQ(decode(s.out[2].frames[0]).tcp.seq, 100 + message(1, 20).size() + 4 + message(2).size());
}

// Whatever the order, the cuts and the repetitions: the same messages, and frames that hold just their bytes.
TEST(SipStream, EveryOrderCutAndRepetitionGivesTheSameMessages) {
  std::mt19937 random(20261126);
  for (int round = 0; round < 400; ++round) {
    std::string all;
    std::vector<std::string> want;
    for (int i = 0; i < 6; ++i) {
      want.push_back(message(i, random() % 700, random() % 2 ? "l" : "Content-Length"));
      all += want.back() + (random() % 3 == 0 ? "\r\n\r\n" : "");
    }
    const std::uint32_t base =
        round % 2 ? 0xfffffe00u : static_cast<std::uint32_t>(random());  // wraps in the middle too
    std::vector<std::pair<std::size_t, std::size_t>> parts;
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random() % 500, all.size() - at);
      parts.emplace_back(at, n);
      if (random() % 4 == 0) parts.emplace_back(at > 9 ? at - 9 : at, n);  // again, and overlapping
      at += n;
    }
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)  // out of order within a window, as networks do it
      if (random() % 3 == 0) std::swap(parts[i], parts[std::min(i + 1 + random() % 3, parts.size() - 1)]);
    Streams s;
    s.feed(tcp_frame(base - 1, "", 40000, 5060, 2));
    for (const auto& [at, n] : parts)
      s.feed(tcp_frame(base + static_cast<std::uint32_t>(at), std::string_view(all).substr(at, n)));
    auto got = s.texts();
    std::sort(got.begin(), got.end());
    std::sort(want.begin(), want.end());
    ASSERT_EQ(got, want) << round;
    EXPECT_EQ(s.s.dropped(), 0u);
    for (const SipOverStream& m : s.out) {
      std::string bytes;
      for (const RawPacket& f : m.frames) bytes += held(f);
      EXPECT_EQ(bytes, text_of(m.message));
      EXPECT_FALSE(m.cut || m.overlapped);
    }
  }
}

TEST(SipStream, JoinsInTheMiddleOfAConnectionAtTheNextStartLine) {
  Streams s;
  s.feed(tcp_frame(1000, "a=sendrecv\r\n"));
  s.feed(tcp_frame(1012, message(1)));
  EXPECT_EQ(s.texts(), std::vector{message(1)});
}

// Found by fuzz/tcp_fuzz: the line ends were taken for keep-alives, and the first message was never whole.
TEST(SipStream, LineEndsBeforeAMessageMayBeTheEndOfTheOneBeforeThatComesLate) {
  const std::string both = message(1) + message(2);
  for (std::size_t back = 1; back <= 4; ++back) {
    const std::size_t cut = message(1).size() - back;
    Streams s;
    s.feed(tcp_frame(99, "", 40000, 5060, 2));
    s.feed(tcp_frame(static_cast<std::uint32_t>(100 + cut), both.substr(cut)));
    EXPECT_EQ(s.texts(), std::vector{message(2)}) << "it need not wait";
    s.feed(tcp_frame(100, both.substr(0, cut)));
    EXPECT_EQ(s.texts(), (std::vector{message(2), message(1)})) << back;
    s.s.finish(s.out);
    EXPECT_EQ(s.s.dropped(), 0u);
  }
  Streams s;  // joined at a keep-alive: nothing is missing
  s.feed(tcp_frame(100, "\r\n\r\n" + message(1)));
  s.s.finish(s.out);
  EXPECT_EQ(s.texts(), std::vector{message(1)});
  EXPECT_EQ(s.s.dropped(), 0u);
}

TEST(SipStream, AHoleHoldsUpOnlyTheMessageThatLiesAcrossIt) {
  Streams s;
  const std::string one = message(1, 900), two = message(2, 10);
  s.feed(tcp_frame(0, std::string_view(one).substr(0, 400)));
  s.feed(tcp_frame(static_cast<std::uint32_t>(one.size()), two), Instant{1s});
  EXPECT_EQ(s.texts(), std::vector{two});
  s.s.expire(Instant{60s}, s.out);
  ASSERT_EQ(s.out.size(), 2u);
  EXPECT_TRUE(s.out[1].cut);
  EXPECT_EQ(text_of(s.out[1].message), one.substr(0, 400));
  EXPECT_EQ(s.s.dropped(), 1u);
}

TEST(SipStream, TheFirstBytesThatCameWin) {
  Streams s;
  const std::string m = message(1, 40);
  std::string forged = m.substr(0, 60);
  forged.replace(10, 5, "XXXXX");
  s.feed(tcp_frame(0, m.substr(0, 60)));
  s.feed(tcp_frame(0, forged));
  s.feed(tcp_frame(60, m.substr(60)));
  ASSERT_EQ(s.texts(), std::vector{m});
  EXPECT_TRUE(s.out[0].overlapped);
}

TEST(SipStream, AnyPortWhenItBeginsLikeSipAndNothingOfOthersIsKept) {
  Streams s;
  s.feed(tcp_frame(0, message(1), 40000, 15060));
  s.feed(tcp_frame(0, "GET / HTTP/1.1\r\n\r\n", 40001, 80));
  s.feed(tcp_frame(0, "\x16\x03\x01\x02 hello", 40002, 5060));
  s.feed(tcp_frame(18, message(2), 40001, 80));
  EXPECT_EQ(s.texts(), (std::vector{message(1), message(2)}));
}

// Nothing tells where its first message begins, until time is up: then they come apart like all others. (The
// body before the second ends without a line end.)
TEST(SipStream, MessagesBehindASegmentThatBeginsWithinAWordComeApartToo) {
  Streams s;
  const std::string m = message(1, 9), neighbour = message(2, 30);
  s.feed(tcp_frame(5, m.substr(5) + neighbour));  // "E sip:1@..."
  s.feed(tcp_frame(0, m.substr(0, 5)));
  EXPECT_TRUE(s.out.empty());
  s.s.finish(s.out);
  ASSERT_EQ(s.texts(), (std::vector{m, neighbour}));
  EXPECT_EQ(s.s.dropped(), 0u);
  for (const SipOverStream& one : s.out) {
    std::string bytes;
    for (const RawPacket& f : one.frames) bytes += held(f);
    EXPECT_EQ(bytes, text_of(one.message));
    EXPECT_FALSE(one.cut);
  }
}

// Joined in the middle, and behind a hole: the tail of what is lost costs none of the messages behind it. A
// status line in a body is no message.
TEST(SipStream, MessagesBehindTheTailOfALostOne) {
  Streams s;
  const std::string one = message(1, 20), two = message(2, 5), three = message(3);
  s.feed(tcp_frame(1000, "tail: x\r\n\r\nSIP/2.0 200 OK\r\n" + one + two));
  EXPECT_EQ(s.texts(), (std::vector{one, two}));
  const auto next = static_cast<std::uint32_t>(1000 + 27 + one.size() + two.size());
  s.feed(tcp_frame(next + 500, "of another\r\n\r\n" + three.substr(0, 60)));
  s.feed(tcp_frame(next + 500 + 14 + 60, three.substr(60)));
  EXPECT_EQ(s.texts(), (std::vector{one, two, three}));
}

TEST(SipStream, JunkBetweenMessagesIsPassedOver) {
  Streams s;
  s.feed(tcp_frame(0, message(1) + "HTTP/1.1 400 Bad\r\nX: y\r\n" + message(2)));
  EXPECT_EQ(s.texts(), (std::vector{message(1), message(2)}));
}

TEST(SipStream, PortsThatAreUsedAgainBeginAnew) {
  Streams s;
  s.feed(tcp_frame(500, message(1)));
  s.feed(tcp_frame(9, "", 40000, 5060, 2));
  s.feed(tcp_frame(10, message(2)));
  s.feed(tcp_frame(10 + static_cast<std::uint32_t>(message(2).size()), message(3)));
  EXPECT_EQ(s.texts(), (std::vector{message(1), message(2), message(3)}));
}

// A SYN is sent twice, comes behind the data that follow it, or is forged in the middle of a message, which
// the receiver does not heed (RFC 5961 4): none of them takes away what waits.
TEST(SipStream, ASynTakesNothingAway) {
  constexpr std::uint8_t syn = 2;
  const std::string m = message(7, 400);
  const std::string_view first = std::string_view(m).substr(0, 200), rest = std::string_view(m).substr(200);
  for (const std::uint32_t number : {99u, 0x80000000u}) {
    Streams s;
    s.feed(tcp_frame(100, first));
    s.feed(tcp_frame(number, "", 40000, 5060, syn));
    s.feed(tcp_frame(300, rest));
    EXPECT_EQ(s.texts(), std::vector{m}) << number;
    EXPECT_EQ(s.s.dropped(), 0u);
  }
  {
    Streams s;  // late, and the first segment once more behind it, while the last one waits
    s.feed(tcp_frame(100, first));
    s.feed(tcp_frame(350, rest.substr(50)));
    s.feed(tcp_frame(99, "", 40000, 5060, syn));
    s.feed(tcp_frame(100, first));
    s.feed(tcp_frame(300, rest.substr(0, 50)));
    EXPECT_EQ(s.texts(), std::vector{m});
    EXPECT_EQ(s.s.dropped(), 0u);
  }
  // Another connection indeed, its numbers ahead or behind: what the first one left unfinished is counted.
  for (const std::uint32_t number : {0x40000000u, 0xc0000000u}) {
    Streams s;
    s.feed(tcp_frame(100, first));
    s.feed(tcp_frame(number, "", 40000, 5060, syn));
    const std::string next = message(8, 10);
    s.feed(tcp_frame(number + 1, std::string_view(next).substr(0, 3)));
    s.feed(tcp_frame(number + 4, std::string_view(next).substr(3)));
    EXPECT_EQ(s.texts(), std::vector{next}) << number;
    EXPECT_EQ(s.s.dropped(), 1u);
  }
}

TEST(SipStream, TinySegmentsAndEndlessHeadersStayBounded) {
  Streams s;
  std::uint32_t seq = 0;
  s.feed(tcp_frame(seq, "INVITE sip:x@y SIP/2.0\r\n"));
  seq += 24;
  for (int i = 0; i < 20000; ++i, seq += 4) s.feed(tcp_frame(seq, "A:b\n"));
  EXPECT_GT(s.s.dropped(), 0u);
  s.feed(tcp_frame(seq, message(7)));
  EXPECT_EQ(s.texts().back(), message(7));
}

TEST(SipStream, WebSocketMaskedPlainInPartsWithPings) {
  for (const bool masked : {true, false}) {
    const std::string m = message(1, 300);
    Bytes all = websocket(m, 0x81, masked);
    put_bytes(all, websocket("", 0x89, masked));
    put_bytes(all, websocket(std::string_view(m).substr(0, 100), 0x01, masked));
    put_bytes(all, websocket("x", 0x89, masked));
    put_bytes(all, websocket(std::string_view(m).substr(100), 0x80, masked));
    for (const std::size_t step : {all.size(), std::size_t{7}, std::size_t{150}}) {
      Streams s;
      if (step == 7) s.feed(tcp_frame(0xffffffffu, "", 40000, 5060, 2));
      for (std::size_t at = 0; at < all.size(); at += step)
        s.feed(tcp_frame(static_cast<std::uint32_t>(at),
                         text_of(View(all).subspan(at, std::min(step, all.size() - at))), 40000,
                         step == 7 ? 5060 : 8088));
      EXPECT_EQ(s.texts(), (std::vector{m, m})) << masked << ' ' << step;
    }
  }
}

TEST(SipStream, CutFramesCarryRightChecksums) {
  Streams s;
  s.feed(tcp_frame(100, message(1, 21) + message(2)));
  ASSERT_EQ(s.out.size(), 2u);
  for (const SipOverStream& m : s.out) {
    const View ip = m.frames[0].bytes.subspan(14);
    const auto sum = [](View v, std::uint32_t start) {
      for (std::size_t i = 0; i + 1 < v.size(); i += 2) start += load_be16(v.data() + i);
      if (v.size() % 2) start += static_cast<std::uint32_t>(v.back()) << 8;
      while (start >> 16) start = (start & 0xffff) + (start >> 16);
      return start;
    };
    EXPECT_EQ(sum(ip.first(20), 0), 0xffffu);
    EXPECT_EQ(sum(ip.subspan(20), sum(ip.subspan(12, 8), 6u + static_cast<std::uint32_t>(ip.size() - 20))),
              0xffffu);
  }
}

}  // namespace
}  // namespace writ::wire
