// SPDX-License-Identifier: GPL-3.0-or-later
// Ways in which a target hides, or makes the probe look elsewhere, and ways in which other systems lost
// evidence that have no test of their own in loss_test.cc.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using authority::Kind;
using testing::HasSubstr;

std::string gzip_stored(std::string_view s) {  // RFC 1952 with one stored block: no compressor needed
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  const auto n = static_cast<std::uint16_t>(s.size());
  const auto put16 = [&](std::uint32_t v) {
    out.push_back(static_cast<char>(v & 0xff));
    out.push_back(static_cast<char>(v >> 8 & 0xff));
  };
  out.push_back('\x01');
  put16(n);
  put16(static_cast<std::uint16_t>(~n));
  out.append(s);
  std::uint32_t crc = 0xffffffff;
  for (const char c : s) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int k = 0; k < 8; ++k) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  crc = ~crc;
  put16(crc);
  put16(crc >> 16);
  put16(n);
  put16(0);
  return out;
}

// However the name of the target is written, the call is the target's.
TEST(Evasion, SpellingsOfTheTarget) {
  for (const char* uri :
       {"sip:+14045550102@carrier.example", "SIP:+14045550102@CARRIER.example",
        "sip:%2B1404555%30102@x.example", "sips:+1-404-555-0102;npdi;rn=+14045550100@x.example;user=phone",
        "tel:+1.404.555.0102;cic=0288", "tel:(404)555-0102;phone-context=+1",
        "sip:14045550102:secret@192.0.2.77:5099;transport=tcp", "sip:0114045550102@x.example",
        "sip:00014045550102@x.example", "sip:0014045550102@x.example"}) {
    Bench b(grants(spec()));
    Call c{b};
    Sip m = c.message(std::string("INVITE ") + uri + " SIP/2.0", "INVITE", false);
    m.to = "<sip:nobody@x.example>";
    m.body = sdp("192.0.2.1", 20000);
    b.sip(0, c.a, c.z, m);
    const bool other =
        std::string_view(uri).starts_with("sip:01140") || std::string_view(uri).starts_with("sip:00014");
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), other ? 0u : 1u) << uri;
  }
}

std::string rewritten(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// However the message is written: compact, folded, in other letters, padded, packed.
TEST(Evasion, SpellingsOfTheMessage) {
  const auto compact = [](std::string t) {
    t = rewritten(t, "\r\nFrom: ", "\r\nf:");
    t = rewritten(t, "\r\nTo: ", "\r\nt:");
    t = rewritten(t, "\r\nCall-ID: ", "\r\ni:");
    t = rewritten(t, "\r\nContent-Type: ", "\r\nc:");
    return rewritten(t, "\r\nContent-Length: ", "\r\nl:");
  };
  const auto folded = [](std::string t) {
    t = rewritten(t, "\r\nFrom: ", "\r\nFROM\t:\r\n\t ");
    return rewritten(t, "\r\nCall-ID: ", "\r\ncall-id :\r\n ");
  };
  const auto padded = [](std::string t) {
    std::string junk;
    for (int i = 0; i < 400; ++i) junk += "X-Pad: a\r\n";
    return t.insert(t.find("Via:"), junk);
  };
  const auto packed = [](const std::string& t) {
    const std::size_t end = t.find("\r\n\r\n");
    const std::string body = gzip_stored(t.substr(end + 4));
    std::string head =
        rewritten(t.substr(0, t.find("Content-Length")), "Content-Type: ", "e: gzip\r\nContent-Type: ");
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  const auto wrapped = [](const std::string& t) {
    const std::size_t end = t.find("\r\n\r\n");
    const std::string body =
        "preamble\r\n--o\r\nContent-Type: multipart/alternative; boundary=\"i n\"\r\n\r\n--i n\r\n"
        "Content-Type: text/plain\r\n\r\nv=0\r\n--i n\r\nc: application/SDP;x=1\r\n\r\n" +
        t.substr(end + 4) + "\r\n--i n--\r\n--o--\r\n";
    std::string head =
        rewritten(t.substr(0, t.find("Content-Length")), "application/sdp", "multipart/mixed;boundary=o");
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  const std::function<std::string(const std::string&)> ways[] = {compact, folded, padded, packed, wrapped};
  int n = 0;
  for (const auto& way : ways) {
    Bench b(grants(spec()));
    Call c{b};
    Sip m = c.message(c.request("INVITE"), "INVITE", false);
    m.body = sdp("192.0.2.1", 20000);
    b.udp(0, c.a, c.z, view_of(way(m.text())));
    Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
    ok.body = sdp("198.51.100.1", 30000);
    b.udp(1, c.z, c.a, view_of(way(ok.text())));
    // Each end with a stranger: only what its own SDP said can name it.
    b.talk(1.1, c.am, ep("203.0.113.70", 40000), 1, 10);
    b.talk(1.2, c.zm, ep("203.0.113.71", 40000), 2, 10);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u) << "way " << n;
    EXPECT_EQ(b.sink.matter().calls.at(0).media.at(0).codec, "PCMU") << "way " << n;
    ++n;
  }
}

TEST(Evasion, AnEncodingThatNobodyReadsIsSaid) {
  Bench b(grants(spec()));
  Call c{b};
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.extra = "Content-Encoding: br\r\n";
  m.body = "\x1b\x2c";
  b.sip(0, c.a, c.z, m);
  ASSERT_EQ(b.sink.count(EventType::cc_unavailable), 1u);
  EXPECT_THAT(b.sink.first(EventType::cc_unavailable)->detail["why"].get<std::string>(),
              HasSubstr("encoding"));
}

// Sherr et al. 2005: tones in the band that made a recorder stop; and everything else that is not an end.
TEST(Evasion, NothingInTheBandStopsARecording) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  for (int i = 0; i < 200; ++i) {  // the idle tone of 480 Hz, loud, in A-law silence, and comfort noise
    const auto type = static_cast<std::uint8_t>(i % 3 == 0 ? 13 : i % 3 == 1 ? 0 : 101);
    b.udp(1.1 + 0.02 * i, c.am, c.zm, rtp(0xaaaa, static_cast<std::uint16_t>(i), type));
  }
  Bytes bye{0x80, 203, 0, 1, 0, 0, 0xaa, 0xaa}, empty{0x80};
  b.udp(6, c.am, c.zm, bye);
  b.udp(6.1, c.am, c.zm, empty);
  c.talk(7, 20);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 240u);
  EXPECT_EQ(b.sink.count(EventType::release), 0u);
}

// Sherr et al. 2009: call data in masses do not cost a packet of content.
TEST(Evasion, AFloodOfCallDataLosesNoContent) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  int talked = 0;
  for (int i = 0; i < 5000; ++i) {
    Call f{b};
    f.id = "flood" + std::to_string(i);
    f.am.port = static_cast<std::uint16_t>(1024 + i);
    f.invite(2 + 0.001 * i);
    if (i % 20 == 0) c.talk(2 + 0.001 * i, 1, static_cast<std::uint16_t>(++talked));
  }
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 500u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 5001u);
}

// Who learned a Call-ID makes nobody's media the target's.
TEST(Evasion, AForgedDescriptionDrawsNoNeighbourIn) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip forged = c.message(c.request("INVITE"), "INVITE", true);
  forged.from = c.party(c.caller) + ";tag=guess";
  forged.to = c.party(c.callee) + ";tag=guess2";
  forged.cseq = "9 INVITE";
  forged.body = sdp("192.0.2.200", 26000);
  b.sip(2, ep("203.0.113.66", 5060), c.z, forged);
  forged.to = c.party(c.callee);  // as if it were a new branch
  forged.body = sdp("192.0.2.201", 26000);
  b.sip(2.1, ep("203.0.113.66", 5060), c.z, forged);
  b.talk(3, ep("192.0.2.200", 26000), ep("192.0.2.210", 27000), 5, 10);
  b.talk(3, ep("192.0.2.201", 26000), ep("192.0.2.211", 27000), 6, 10);
  c.talk(4, 10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
  EXPECT_EQ(b.sink.count(EventType::gap), 1u) << "and it is said";
}

// A B2BUA that keeps the Call-ID and makes a From tag of its own: sides and media are right.
TEST(Evasion, AnAgentThatKeepsTheCallId) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  Call leg = c;
  leg.ftag = ";tag=agent";
  leg.a = c.z;
  leg.z = ep("203.0.113.5", 5060);
  leg.am = ep("198.51.100.1", 33000);
  leg.zm = ep("203.0.113.5", 34000);
  leg.invite(0.1);
  leg.answer(1);
  c.answer(1.1);
  b.talk(1.2, leg.am, ep("203.0.113.90", 1000), 1, 10);
  b.talk(1.2, leg.zm, leg.am, 2, 10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  for (const auto& p : b.sink.packets)
    if (p.tag.role == PacketRole::rtp && p.at > at(1.2)) {
      EXPECT_NE(p.tag.direction, Direction::unknown);
    }
}

// The bugs of other systems (handover.md) that loss_test.cc does not name.
TEST(Loss, TwoInterceptsOnOneCall) {
  Bench b({carrier().grant(spec()), carrier().grant(spec(Kind::pen_trap)), carrier().grant(spec())});
  Call(b).whole(0);
  for (const std::size_t g : {0u, 2u}) EXPECT_EQ(b.sink.count(PacketRole::rtp, g), 100u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 0u);
  for (const std::size_t g : {0u, 1u, 2u}) EXPECT_EQ(b.sink.count(EventType::release, g), 1u);
}

TEST(Loss, TcpKeepalives) {
  Bench b(grants(spec()));
  b.over_tcp = true;
  Call c{b};
  b.tcp(0, c.a, c.z, "\r\n\r\n");
  c.invite(0.1, 150);
  b.tcp(0.2, c.z, c.a, "\r\n");
  b.tcp(0.3, c.a, c.z, "\r\n\r\n");
  c.answer(1);
  b.tcp(1.5, c.z, c.a, "\r\n\r\n\r\n");
  c.talk(2, 10);
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
  EXPECT_EQ(b.sink.count(EventType::release), 1u);
}

TEST(Loss, SipStartsInTheMiddleOfASegment) {
  Bench b(grants(spec()));
  Call c{b};
  Sip other = c.message("OPTIONS sip:x@carrier.example SIP/2.0", "OPTIONS", false);
  other.call_id = "CANARY-neighbour";
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp("192.0.2.1", 20000);
  b.skip(c.a, c.z, 77);
  // The tail of a message that began before the capture, a neighbour's message, then the target's.
  b.tcp(0, c.a, c.z, "half a header: x\r\n\r\n" + other.text() + m.text(), 411);
  b.over_tcp = true;
  c.answer(1);
  c.talk(2, 10);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
  EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
}

// Strangers announce the media endpoints of a call that is up, in calls to the target and in such as only say
// that they are his: neither takes the call's media away, announced on both sides or behind NAT.
TEST(Evasion, CallsThatNameTheSameEndpointsTakeNothingAway) {
  for (const bool to_target : {true, false})
    for (const bool nat : {false, true}) {
      Bench b(grants(spec()));
      Call c{b};
      c.invite(0);
      c.answer(1);
      const wire::Endpoint seen =
          nat ? ep("203.0.113.7", 40000) : c.am;  // where the caller's packets come from
      const auto talk = [&](double t, std::uint16_t seq) {
        for (int i = 0; i < 25; ++i) {
          b.talk(t + 0.02 * i, seen, c.zm, 0xaaaa, 1, static_cast<std::uint16_t>(seq + i));
          b.talk(t + 0.02 * i + 0.001, c.zm, seen, 0xbbbb, 1, static_cast<std::uint16_t>(seq + i));
        }
      };
      talk(1.1, 1);
      for (int n = 0; n < 300; ++n) {
        Call x{b};
        x.id = "x" + std::to_string(n);
        x.caller = to_target ? "+12125550177" : "+14045550102";
        x.callee = to_target ? "+14045550102" : "+12125550178";
        x.a = ep("203.0.113.66", 5060);
        x.am = n % 2 == 0 ? seen : c.zm;
        x.invite(1.7);
      }
      talk(2, 26);
      talk(3, 51);
      std::size_t kept = 0;
      for (const auto& p : b.sink.packets) kept += p.tag.role == PacketRole::rtp && p.tag.call == 1;
      EXPECT_EQ(kept, 150u) << "to the target: " << to_target << ", NAT: " << nat;
    }
}

// A party that moves its media on and on outgrows no table.
TEST(Evasion, AHundredMovesOfTheMediaAreFollowed) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  std::uint32_t cseq = 20;
  for (int n = 0; n < 100; ++n, ++cseq) {
    c.am.port = static_cast<std::uint16_t>(22000 + 2 * n);
    reinvite(c, 2 + n, true, "sendrecv", 200, cseq);
    c.talk(2.2 + n, 5, static_cast<std::uint16_t>(1 + 5 * n));
  }
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 1000u);
  EXPECT_EQ(b.sink.count(EventType::gap), 0u);
}

}  // namespace
}  // namespace writ::intercept
