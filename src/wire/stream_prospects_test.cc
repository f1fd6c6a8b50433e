// SPDX-License-Identifier: GPL-3.0-or-later
// SIP on ports that nobody has heard of: its beginning late, in pieces, unseen. And that nothing is kept of
// the others.
#include "wire/stream_prospects.hh"

#include "wire/sip_stream_for_test.hh"
#include "wire/websocket.hh"

namespace writ::wire {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr std::uint16_t unheard = 5080;
constexpr std::uint8_t with_syn = 2;

Bytes on_unheard(std::uint32_t seq, std::string_view data, std::uint16_t src = 40000) {
  return tcp_frame(seq, data, src, unheard);
}

TEST(StreamProspects, TheFirstMessageBehindASynInAnyPiecesAndOrder) {
  const std::string m = message(1, 400);
  for (const std::size_t step : {1u, 7u, 100u, 200u})
    for (const bool backwards : {false, true}) {
      Streams s;
      s.feed(tcp_frame(99, "", 40000, unheard, with_syn));
      for (std::size_t n = 0; n < m.size(); n += step) {
        const std::size_t at = backwards ? (m.size() - 1) / step * step - n : n;
        s.feed(on_unheard(static_cast<std::uint32_t>(100 + at), std::string_view(m).substr(at, step)));
      }
      EXPECT_EQ(s.texts(), std::vector{m}) << step << backwards;
      EXPECT_EQ(s.s.dropped(), 0u);
    }
}

TEST(StreamProspects, WhatIsTriedBehindASynIsWhatMayBeginAMessage) {
  using How = Opening::How;
  const auto judged = [](std::uint32_t seq, std::string_view data, std::uint16_t port = unheard) {
    StreamProspects p{false};
    TcpSegment t;
    t.src = {address("192.0.2.1"), 40000};
    t.dst = {address("192.0.2.2"), port};
    t.seq = 99;
    t.flags = with_syn;
    p.judge(t, {}, false);
    t.seq = seq;
    t.flags = 0;
    t.payload = view_of(data);
    return p.judge(t, {}, false).how;
  };
  EXPECT_EQ(judged(100, "INV"), How::trial);
  EXPECT_EQ(judged(100, std::string(30, '\1')), How::no) << "no message begins so";
  EXPECT_EQ(judged(200, std::string(30, '\1')), How::trial) << "what begins it is on its way";
  EXPECT_EQ(judged(100 + (1u << 20), std::string(30, '\1')), How::no) << "it began long ago";
  const std::string hello("\x16\x03\x01\x00\x20\x01\x00\x00\x1c\x03\x03", 11);
  EXPECT_EQ(judged(100, hello, 5060), How::no) << "TLS";
  EXPECT_EQ(judged(100, "x", 5060), How::sip);
}

// A segment of a connection whose beginning was not seen.
Opening::How of_stranger(StreamProspects& p, std::string_view data, Instant at = {}) {
  TcpSegment t;
  t.src = {address("192.0.2.1"), 40000};
  t.dst = {address("192.0.2.2"), unheard};
  t.payload = view_of(data);
  return p.judge(t, at, false).how;
}

TEST(StreamProspects, AStartLineOfWhichTheFirstBytesComeByThemselves) {
  const std::string m = message(1, 30);
  for (std::size_t cut = 3; cut <= m.find('\n'); ++cut) {
    Streams s;
    s.feed(on_unheard(10, std::string_view(m).substr(0, cut)));
    s.feed(on_unheard(static_cast<std::uint32_t>(10 + cut), std::string_view(m).substr(cut)));
    EXPECT_EQ(s.texts(), std::vector{m}) << cut;
  }
}

// What people write may begin with a word that is a method's name too.
TEST(StreamProspects, AStrangersSentenceIsNotKept) {
  StreamProspects p(false);
  for (const std::string_view text :
       {"REFER to page 12 of it", "Message from the desk: lunch", "info 2026-11-27 10:00:01 disk full"})
    EXPECT_EQ(of_stranger(p, text), Opening::How::no) << text;
}

// So that a flood of text costs no more than so many searches; what can be no text costs none.
TEST(StreamProspects, TextsAreSearchedSoManyTimesASecond) {
  using How = Opening::How;
  constexpr int searches = 256;
  const std::string sip = "a@example.net>\r\nVia: SIP/2.0/TCP 192.0.2.1:5080\r\nCSeq: 1 INVITE\r\n";
  const std::string letter = "what others write to each other, forty characters and more";
  StreamProspects p(false);
  for (int n = 1; n < searches; ++n) of_stranger(p, letter, Instant{10s});
  EXPECT_EQ(of_stranger(p, sip, Instant{10s}), How::trial) << "the last one";
  EXPECT_EQ(of_stranger(p, sip, Instant{10s + 999ms}), How::no);
  EXPECT_EQ(of_stranger(p, sip, Instant{11s}), How::trial);
  for (int n = 1; n < 4 * searches; ++n) {
    of_stranger(p, std::string(60, '\x90'), Instant{12s});
    of_stranger(p, "too short for one", Instant{12s});
  }
  EXPECT_EQ(of_stranger(p, sip, Instant{12s}), How::trial);
}

TEST(StreamProspects, APlaceThatHasShownSipIsHeardEverySegment) {
  const std::string m = message(2, 300);
  Streams s;
  s.feed(on_unheard(0, message(1)));
  s.feed(
      on_unheard(7100, std::string_view(m).substr(100), 41000));  // another connection, joined in the middle
  s.feed(on_unheard(7000, std::string_view(m).substr(0, 100), 41000));
  EXPECT_EQ(s.texts(), (std::vector{message(1), m}));
}

TEST(StreamProspects, JoinedInTheMiddleOfAMessage) {
  const std::string m = message(1, 30);
  Streams s;
  const std::string both = "a=rtpmap:0 PCMU/8000\r\na=sendrecv and more of it\r\n" + m;
  s.feed(on_unheard(10, std::string_view(both).substr(0, both.size() - 20)));
  s.feed(on_unheard(static_cast<std::uint32_t>(10 + both.size() - 20), both.substr(both.size() - 20)));
  EXPECT_EQ(s.texts(), std::vector{m});
}

// What others write about SIP is not SIP: a call of years ago may name an address that is a neighbour's now.
TEST(StreamProspects, ALogOfSipInSomebodysTextIsNoSignalling) {
  for (const std::string& before :
       {std::string("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"),
        std::string(
            "and here is what the switch said to us yesterday\r\n2026-11-27 10:00:01 received\r\n\r\n"),
        std::string("<html><body><pre>it has so much more than headers\r\n<--- SIP read --->\r\n")}) {
    Streams s;
    s.feed(on_unheard(0, before + message(1) + message(2)));
    s.s.finish(s.out);
    EXPECT_TRUE(s.out.empty()) << before;
  }
}

// The same bytes over and over; of strangers nothing waits, however their segments are cut.
TEST(StreamProspects, OfOthersNothingIsKept) {
  for (const std::string_view text :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02 hello from a browser, and so on",
        "220 mail.example ESMTP\r\n", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "SUB a.b 1\r\n"})
    for (const std::size_t step : {3u, 14u, 400u}) {
      Streams s;
      s.feed(tcp_frame(99, "", 40000, unheard, with_syn));
      std::uint32_t seq = 100;
      for (int round = 0; round < 20; ++round)
        for (std::size_t at = 0; at < text.size(); at += step) {
          const std::string_view part = text.substr(at, step);
          s.feed(on_unheard(seq, part));
          seq += static_cast<std::uint32_t>(part.size());
        }
      s.s.finish(s.out);
      EXPECT_TRUE(s.out.empty()) << text;
      EXPECT_EQ(s.s.dropped(), 0u) << text << ' ' << step;
    }
}

TEST(StreamProspects, ManyConnectionsOnTrialTakeNothingFromThoseThatShowedSip) {
  const std::string m = message(1, 300);
  Streams s(8);
  s.feed(on_unheard(0, std::string_view(m).substr(0, 100)));  // begins a message
  for (std::uint16_t port = 1; port < 3000; ++port) {
    s.feed(tcp_frame(99, "", port, 8080, with_syn));
    s.feed(tcp_frame(500, "not the first bytes of it", port, 8080));
    s.feed(tcp_frame(900, "REG", port, 8081));
  }
  s.feed(on_unheard(100, std::string_view(m).substr(100)));
  EXPECT_EQ(s.texts(), std::vector{m});
}

// A table of fixed size: the newer SYN takes the older one's place, and only its connection suffers.
TEST(StreamProspects, AFloodOfSynsIsBounded) {
  StreamProspects p(false);
  TcpSegment t;
  t.src.port = 40000;
  t.dst.port = unheard;
  t.flags = with_syn;
  for (std::uint32_t n = 0; n < 100'000; ++n) {
    for (unsigned i = 0; i < 4; ++i) t.src.ip.b[12 + i] = static_cast<std::uint8_t>(n >> (8 * i));
    EXPECT_EQ(p.judge(t, {}, false).how, Opening::How::no);
  }
  t.flags = 0x18;
  t.seq = 1;
  const Bytes begun = bytes_of("INV");
  t.payload = begun;
  EXPECT_EQ(p.judge(t, {}, false).how, Opening::How::trial) << "the last one is remembered";
}

}  // namespace
}  // namespace writ::wire
