// SPDX-License-Identifier: GPL-3.0-or-later
// Signalling that is forged in part, cannot be read, or comes where nobody expects it: used or said, and
// nothing of the neighbours.
#include <gtest/gtest.h>

#include "intercept/test_traffic.hh"
#include "intercept/tls_places.hh"
#include "wire/deflate_for_test.hh"
#include "wire/sip_stream_for_test.hh"

namespace writ::intercept {
namespace {

using namespace test;

std::uint64_t counted(const Bench& b, Unread u) {
  return b.engine.stats().unread[static_cast<std::size_t>(u)];
}

std::string invite_text(const Call& c) {
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp(c.am.ip.text(), c.am.port);
  return m.text();
}

// The first message of its direction, with another reading of a part of its bytes.
void forged(Bench& b, double t, const wire::Endpoint& from, const wire::Endpoint& to,
            const std::string& text) {
  constexpr std::size_t forged_at = 200;
  std::string other = text;
  for (std::size_t n = forged_at; n < forged_at + 9; ++n) other[n] = 'X';
  b.frame(t, ipv4_tcp(from, to, 0, text.substr(0, 250)));
  b.frame(t + 0.01, ipv4_tcp(from, to, 100, other.substr(100, 150)));
  b.frame(t + 0.02, ipv4_tcp(from, to, 250, text.substr(250)));
  b.skip(from, to, static_cast<std::uint32_t>(text.size()));
}

TEST(OddSignalling, SegmentsThatDisagreeAreSaidOfTheCall) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call c(b);
  forged(b, 0, c.a, c.z, invite_text(c));
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = sdp(c.zm.ip.text(), c.zm.port);
  forged(b, 1, c.z, c.a, ok.text());
  c.ack(1.05);
  c.talk(1.1, 50);
  c.bye(3);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(EventType::gap), 1u) << "once of a call";
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  EXPECT_EQ(m.calls[0].anomalies,
            std::vector<std::string>{"TCP segments of the signalling disagree: one reading was taken"});
  EXPECT_EQ(m.calls[0].release_cause, "200 BYE by caller");
  EXPECT_EQ(b.sink.all().find("XXXXXXXXX"), std::string::npos) << "the other reading may be anybody's";
}

TEST(OddSignalling, SegmentsOfANeighbourThatDisagreeAreNobodysBusiness) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call c(b);
  c.callee = "+14045550166";
  forged(b, 0, c.a, c.z, invite_text(c));
  c.answer(1);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_TRUE(b.sink.events.empty());
  EXPECT_TRUE(b.sink.packets.empty());
}

// What the probe has found in any order is evidence that is read in any order: ports, SYNs and handshakes are
// not in it.
TEST(OddSignalling, ACallOnAnUnheardPortIsReadAgainFromItsEvidence) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call c(b);
  c.a.port = 40000;
  c.z.port = 5080;
  Sip neighbour = c.message("OPTIONS sip:h SIP/2.0", "OPTIONS", false);
  neighbour.call_id = "CANARY";
  neighbour.to = c.party("+14045550166");
  b.sip(0, c.a, c.z, neighbour);
  const std::string text = invite_text(c);
  const auto next = static_cast<std::uint32_t>(neighbour.text().size());
  b.frame(0.1, ipv4_tcp(c.a, c.z, next + 200, text.substr(200)));
  b.frame(0.2, ipv4_tcp(c.a, c.z, next + 5, text.substr(5, 195)));
  b.frame(0.3, ipv4_tcp(c.a, c.z, next, text.substr(0, 5)));
  b.skip(c.a, c.z, static_cast<std::uint32_t>(text.size()));
  c.answer(1);
  c.talk(1.1, 50);
  c.bye(3);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  ASSERT_EQ(m.calls[0].media.size(), 2u);
  for (const MediaStream& s : m.calls[0].media) EXPECT_EQ(s.packets, 50u);
  EXPECT_TRUE(m.calls[0].anomalies.empty()) << m.calls[0].anomalies.front();
  EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
}

TEST(OddSignalling, NoContentLengthOverTcp) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call c(b);
  const auto bare = [](std::string text) {
    const std::size_t at = text.find("Content-Length");
    return text.erase(at, text.find('\n', at) + 1 - at);
  };
  b.tcp(0, c.a, c.z, bare(invite_text(c)));
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = sdp(c.zm.ip.text(), c.zm.port);
  b.tcp(1, c.z, c.a, bare(ok.text()));
  c.ack(1.05);
  c.talk(1.1, 50);
  c.bye(3);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  EXPECT_EQ(m.calls[0].media.size(), 2u);
  EXPECT_EQ(m.calls[0].anomalies, std::vector<std::string>{"SIP: no Content-Length in a stream"});
}

TEST(OddSignalling, CompressedWebSocketsAreSaid) {
  const wire::Endpoint phone = ep("192.0.2.1", 40000), gateway = ep("192.0.2.20", 8088);
  for (const bool is_sip : {true, false}) {
    Bench b(grants(spec()));
    b.tcp(0, phone, gateway,
          "GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: " +
              std::string(is_sip ? "sip" : "mqtt") + "\r\n\r\n");
    b.tcp(1, phone, gateway,
          "\xc1\x05"
          "12345");
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(counted(b, Unread::websocket_compressed), is_sip ? 1u : 0u);
    EXPECT_EQ(b.sink.count(EventType::gap), is_sip ? 1u : 0u);
  }
}

// The evidence holds the message's text: the office could not inflate it without those before.
TEST(OddSignalling, CompressedWebSocketsAreRead) {
  const auto framed = [](std::string_view payload) {
    return std::string(text_of(wire::test::websocket(payload, 0xc1, true)));
  };
  Bench b(grants(spec()));
  const wire::Endpoint phone = ep("192.0.2.1", 40000), gateway = ep("192.0.2.20", 8088);
  b.tcp(0, phone, gateway, "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: sip\r\n\r\n");
  b.tcp(0.1, gateway, phone,
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: sip\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n");
  Call c(b);
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp(c.am.ip.text(), c.am.port);
  b.tcp(1, phone, gateway, framed(text_of(wire::test::Deflater().message(m.text()))));
  Sip other = m;
  other.start = "INVITE sip:+12125550199@carrier.example SIP/2.0";
  other.to = "<sip:+12125550199@carrier.example>";
  other.call_id = "neighbour";
  b.tcp(2, phone, gateway, framed(text_of(wire::test::Deflater().message(other.text()))));
  ASSERT_TRUE(b.engine.finish());
  const Event* e = b.sink.first(EventType::termination_attempt);
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(e->detail["inflated"], true);
  EXPECT_EQ(e->at, at(1));
  ASSERT_EQ(b.sink.count(PacketRole::sip), 1u);
  const Matter matter = b.sink.matter();
  EXPECT_EQ(text_of(matter.packets.at(0).datagram), m.text());
  EXPECT_EQ(counted(b, Unread::websocket_compressed), 0u);
}

TEST(OddSignalling, TlsWhereSignallingSaysItIsSpoken) {
  const std::string record = "\x16\x03\x01\x02 client hello";
  const auto tls_after = [&](const std::string& header, const wire::Endpoint& server) {
    Bench b(grants(spec()));
    Sip m = Call(b).message("OPTIONS sip:h SIP/2.0", "OPTIONS", false);
    m.extra = header + "\r\n";
    b.sip(0, ep("192.0.2.1", 5060), ep("192.0.2.2", 5060), m);
    b.tcp(1, ep("198.51.100.9", 40000), server, record);
    b.tcp(1, server, ep("198.51.100.9", 40001), record);
    EXPECT_TRUE(b.engine.finish());
    EXPECT_EQ(b.sink.count(EventType::gap), counted(b, Unread::tls) > 0 ? 1u : 0u);
    EXPECT_TRUE(b.sink.packets.empty());
    return counted(b, Unread::tls);
  };
  const wire::Endpoint there = ep("192.0.2.7", 5081);
  for (const char* header :
       {"Via: SIP/2.0/TLS 192.0.2.7:5081;branch=x", "v: sip/2.0/wss 192.0.2.7:5081",
        "Contact: <sip:x@192.0.2.7:5081;transport=TLS>", "Contact: sips:x@192.0.2.7:5081",
        "Record-Route: <sip:192.0.2.7:5081;transport=tls;lr>"})
    EXPECT_EQ(tls_after(header, there), 2u) << header;
  for (const char* header :
       {"Via: SIP/2.0/TCP 192.0.2.7:5081", "Contact: <sip:x@192.0.2.7:5081;transport=tcp>", "X: y",
        "Via: SIP/2.0/TLS example.net:5081", "Via: SIP/2.0/TLS 192.0.2.8:5081", "Via: SIP/2.0/TLS 192.0.2.7"})
    EXPECT_EQ(tls_after(header, there), 0u) << header;
}

TEST(TlsPlaces, AreBounded) {
  TlsPlaces p;
  const std::string record = "\x16\x03\x01\x02";
  const auto holds = [&](int n) {
    wire::TcpSegment t;
    t.dst = ep("10.0." + std::to_string(n / 256) + "." + std::to_string(n % 256), 5081);
    t.payload = view_of(record);
    return p.are_in(t);
  };
  for (int n = 0; n < 3000; ++n) {
    const std::string text = "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TLS 10.0." + std::to_string(n / 256) +
                             "." + std::to_string(n % 256) + ":5081\r\n\r\n";
    wire::SipMessage m;
    ASSERT_TRUE(wire::parse_sip(view_of(text), m));
    p.learn(m);
    ASSERT_TRUE(holds(n));
  }
  EXPECT_FALSE(holds(0));
  EXPECT_FALSE(holds(1900));
}

TEST(OddSignalling, WhatWasMeantToBeSipAndCannotBeReadIsCounted) {
  const std::vector<std::pair<std::string, bool>> rows = {{"INVITE what is this\r\nVia: x\r\n", true},
                                                          {"SIP/2.0 twohundred\r\n", true},
                                                          {"?INVITE sip:x SIP/2.0\r\n", true},
                                                          {"OPTIONS * HTTP/1.1\r\n", false},
                                                          {"OPTIONS rtsp://h RTSP/1.0\r\n", false},
                                                          {"GET / HTTP/1.1\r\n\r\n", false},
                                                          {"HTTP/1.1 200 OK\r\n\r\n", false},
                                                          {"jaK", false},
                                                          {"\r\n\r\n", false}};
  for (const auto& [text, counts] : rows) {
    Bench b(grants(spec()));
    b.udp(0, ep("192.0.2.1", 5060), ep("192.0.2.2", 5060), view_of(text));
    b.udp(0, ep("192.0.2.1", 5070), ep("192.0.2.2", 5070), view_of(text));
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(counted(b, Unread::bad_sip), counts ? 1u : 0u) << text;
  }
}

TEST(OddSignalling, AUserPartThatHoldsAnAt) {
  const auto calls_to = [](const std::string& user) {
    Bench b(grants(spec()));
    Call c(b);
    c.ruri = user;
    c.callee = "+12125550199";
    c.whole(0, 5);
    EXPECT_TRUE(b.engine.finish());
    return b.sink.matter().calls.size();
  };
  EXPECT_EQ(calls_to("+14045550102@corp.example"), 1u);
  EXPECT_EQ(calls_to("+14045550102%40corp.example"), 1u);
  EXPECT_EQ(calls_to("+14045550103@corp.example"), 0u);
  EXPECT_EQ(calls_to("x@+14045550102"), 0u);
  EXPECT_EQ(calls_to("somebody%40+14045550102"), 0u);
}

}  // namespace
}  // namespace writ::intercept
