// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over WebSocket on ports that nobody has heard of: what the handshake opens, frames in pieces, frames
// behind a hole, frames that cannot be read.
#include <algorithm>

#include "wire/deflate_for_test.hh"
#include "wire/sip_stream_for_test.hh"
#include "wire/websocket_handshake.hh"

namespace writ::wire {
namespace {

using namespace test;

constexpr std::uint16_t client = 40000, server = 8088;
const std::string request =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
const std::string response =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nsec-websocket-protocol : xmpp, SIP\r\n\r\n";

std::string frame_text(std::string_view payload, std::uint8_t first = 0x81, bool masked = true) {
  return std::string(text_of(websocket(payload, first, masked)));
}

// From the server to the client: the addresses the other way round.
Bytes back(Bytes f) {
  std::swap_ranges(f.begin() + 26, f.begin() + 30, f.begin() + 30);
  return f;
}

struct Handshake : Streams {
  std::uint32_t up = 1000, down = 5000;  // next sequence numbers
  explicit Handshake(bool with_request = true) {
    if (with_request) feed(tcp_frame(up, request, client, server, 0x18, down));
    up += static_cast<std::uint32_t>(request.size());
    feed(back(tcp_frame(down, response, server, client, 0x18, up)));
    down += static_cast<std::uint32_t>(response.size());
  }
  void send(std::string_view data, std::size_t from = 0, std::size_t length = std::string_view::npos) {
    feed(tcp_frame(up + static_cast<std::uint32_t>(from), data.substr(from, length), client, server));
  }
  void answer(std::string_view data) { feed(back(tcp_frame(down, data, server, client))); }
};

TEST(WebSocketHandshake, OnlyOfSip) {
  EXPECT_TRUE(upgrades_to_sip(view_of(request)));
  EXPECT_TRUE(upgrades_to_sip(view_of(response)));
  for (const char* other :
       {"GET /ws HTTP/1.1\r\nSec-WebSocket-Protocol: xmpp, sipx\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\nSec-WebSocket-Protocol: sip",
        "HTTP/1.1 200 OK\r\nSec-WebSocket-Protocol: sip\r\n\r\n", "Sec-WebSocket-Protocol: sip\r\n", ""})
    EXPECT_FALSE(upgrades_to_sip(view_of(other))) << other;
}

TEST(WebSocketStream, TheHandshakeOpensBothDirections) {
  const std::string m = message(1, 300), f = frame_text(m);
  for (const bool with_request : {true, false})
    for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{8}, std::size_t{100}}) {
      Handshake h(with_request);
      h.send(f, cut);  // the second piece first
      h.send(f, 0, cut);
      h.answer(frame_text(message(2), 0x81, false).substr(0, 2));
      h.down += 2;
      h.answer(frame_text(message(2), 0x81, false).substr(2));
      EXPECT_EQ(h.texts(), (std::vector{m, message(2)})) << with_request << cut;
      EXPECT_EQ(h.s.dropped(), 0u);
    }
}

TEST(WebSocketStream, FramesGluedToAKeepAliveOrToTheHandshake) {
  Handshake h;
  h.send(frame_text("\r\n\r\n") + frame_text(message(1)));
  EXPECT_EQ(h.texts(), std::vector{message(1)});
  Streams s;
  s.feed(tcp_frame(0, request + frame_text(message(1)), client, server, 0x18, 77));
  s.feed(back(tcp_frame(77, response + frame_text(message(2), 0x81, false), server, client)));
  EXPECT_EQ(s.texts(), (std::vector{message(1), message(2)}));
}

TEST(WebSocketStream, AFrameHeaderByItselfInAConnectionJoinedInTheMiddle) {
  const std::string f = frame_text(message(1, 200));
  Streams s;
  s.feed(tcp_frame(50, f.substr(0, 8), client, server));
  s.feed(tcp_frame(58, f.substr(8), client, server));
  EXPECT_EQ(s.texts(), std::vector{message(1, 200)});
}

TEST(WebSocketStream, BehindAHoleAFrameMayBeginInTheMiddleOfASegment) {
  const std::string lost = frame_text(message(1, 200)), f = frame_text(message(2, 20));
  for (const std::string& before : {lost.substr(lost.size() - 40), frame_text("", 0x89)}) {
    Handshake h;
    h.send(frame_text(message(0)));
    h.up += 3000;
    h.send(before + f);
    EXPECT_EQ(h.texts(), (std::vector{message(0), message(2, 20)}));
    for (const RawPacket& p : h.out[1].frames) EXPECT_EQ(held(p), f) << "and nothing of the one before";
  }
}

TEST(WebSocketStream, WhatIsCompressedIsCountedAndPassedOver) {
  Handshake h;
  h.send(frame_text("what deflate made of a message", 0xc1) + frame_text(message(1)));
  EXPECT_EQ(h.texts(), std::vector{message(1)});
  EXPECT_EQ(h.s.compressed(), 1u);
  Streams stranger;  // who never said that he speaks SIP
  stranger.feed(tcp_frame(0, frame_text("what deflate made of something", 0xc1), client, server));
  EXPECT_EQ(stranger.s.compressed(), 0u);
}

// A browser's connection: each direction goes on with its own text; a ping and a message that is not
// compressed stand between. What comes out is the message and a datagram that holds it alone.
TEST(WebSocketStream, WhatIsCompressedIsReadInItsOrder) {
  const std::string agreed =
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: sip\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
  const auto begin = [&](Streams& s) {
    s.feed(tcp_frame(1000, request, client, server, 0x18, 5000));
    s.feed(back(
        tcp_frame(5000, agreed, server, client, 0x18, 1000 + static_cast<std::uint32_t>(request.size()))));
  };
  Deflater up, down;
  const auto packed = [](Deflater& d, const std::string& m, bool masked) {
    return frame_text(text_of(d.message(m)), 0xc1, masked);
  };
  const std::string one = packed(up, message(1, 200), true), two = packed(up, message(2, 200), true),
                    three = packed(up, message(3, 200), true), answer = packed(down, message(4), false);
  const std::string sent = one + frame_text("", 0x89) + frame_text(message(9)) + two + three;
  const auto from = [&](std::size_t at, std::size_t n) {
    const std::uint32_t seq = 1000 + static_cast<std::uint32_t>(request.size() + at);
    return tcp_frame(seq, std::string_view(sent).substr(at, n), client, server);
  };
  Streams s;
  begin(s);
  s.feed(from(40, 100));  // the second piece first
  s.feed(from(0, 40));
  s.feed(from(0, 40));
  s.feed(from(140, std::string::npos));
  s.feed(back(tcp_frame(5000 + static_cast<std::uint32_t>(agreed.size()), answer, server, client)));
  EXPECT_EQ(s.texts(),
            (std::vector{message(1, 200), message(9), message(2, 200), message(3, 200), message(4)}));
  EXPECT_EQ(s.s.compressed(), 0u);
  for (std::size_t i = 0; i < s.out.size(); ++i) {
    EXPECT_EQ(s.out[i].inflated, i != 1);
    if (!s.out[i].inflated) continue;
    ASSERT_EQ(s.out[i].frames.size(), 1u);
    const Decoded d = decode(s.out[i].frames[0]);
    ASSERT_EQ(d.verdict, Verdict::udp);
    EXPECT_EQ(d.udp.src, s.out[i].src);
    EXPECT_EQ(d.udp.dst, s.out[i].dst);
    EXPECT_EQ(text_of(d.udp.payload), s.texts()[i]);
  }
  // Behind a hole what is compressed cannot be read, and is counted; what is not, can.
  Streams lossy;
  begin(lossy);
  lossy.feed(from(0, one.size()));
  lossy.feed(from(one.size() + 2, std::string::npos));
  lossy.s.finish(lossy.out);
  EXPECT_EQ(lossy.texts().at(0), message(1, 200));
  for (const std::string& t : lossy.texts()) EXPECT_TRUE(t == message(1, 200) || t == message(9)) << t;
  EXPECT_GT(lossy.s.compressed() + lossy.s.dropped(), 0u);
}

TEST(WebSocketStream, WhereEachIsCompressedByItselfAHoleCostsOnlyItself) {
  const std::string agreed =
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: sip\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n";
  Streams s;
  s.feed(tcp_frame(1000, request, client, server, 0x18, 5000));
  std::uint32_t next = 1000 + static_cast<std::uint32_t>(request.size());
  s.feed(back(tcp_frame(5000, agreed, server, client, 0x18, next)));
  for (int n = 1; n <= 3; ++n) {
    const std::string f = frame_text(text_of(Deflater().message(message(n))), 0xc1);
    if (n == 2)
      s.feed(tcp_frame(next, frame_text("what no compressor wrote", 0xc1), client, server));
    else
      s.feed(tcp_frame(next, f, client, server));
    next +=
        static_cast<std::uint32_t>(n == 2 ? frame_text("what no compressor wrote", 0xc1).size() : f.size());
  }
  EXPECT_EQ(s.texts(), (std::vector{message(1), message(3)}));
  EXPECT_EQ(s.s.compressed(), 1u);
}

// Half of a message of a connection that said it would be SIP is a loss, though nothing of it was ever whole.
TEST(WebSocketStream, WhatIsMissingAfterAHandshakeIsSaid) {
  Handshake h;
  h.send(frame_text(message(1, 200)), 0, 8);
  h.s.finish(h.out);
  EXPECT_EQ(h.s.dropped(), 1u);
}

}  // namespace
}  // namespace writ::wire
