// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of media that are not plain audio between two announced ends: RTCP, other sources, other
// SSRCs, keys, fax.
#include <gmock/gmock.h>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

constexpr const char* sdes_key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";  // of RFC 4568 section 9.1
constexpr const char* sdes_key2 = "MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm";

std::string crypto(const std::string& key) {
  return "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n";
}

// The offer and answer given: transport, and lines behind m=.
void described(Call& c, const std::string& offer, const std::string& answer, const std::string& more_offer,
               const std::string& more_answer) {
  const std::string map = "a=rtpmap:0 PCMU/8000\r\n";
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp(c.am.ip.text(), c.am.port, "0", map + more_offer, "audio", offer);
  c.b.sip(0, c.a, c.z, m);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = sdp(c.zm.ip.text(), c.zm.port, "0", map + more_answer, "audio", answer);
  c.b.sip(1, c.z, c.a, ok);
}

void offered_call(Call& c, const std::string& offer, const std::string& answer, const std::string& more_offer,
                  const std::string& more_answer) {
  described(c, offer, answer, more_offer, more_answer);
  c.talk(1.1, 50);
  c.bye(3);
  ASSERT_TRUE(c.b.engine.finish());
}

Bytes report(std::uint32_t ssrc, std::uint32_t packets, std::uint32_t of, std::uint32_t lost) {
  Bytes b{0x81, 200, 0, 12};
  put_be32(b, ssrc);
  for (const std::uint32_t v : {1u, 2u, 3u, packets, packets * 160, of, lost, 70000u, 1u, 2u, 3u})
    put_be32(b, v);
  return b;
}

TEST(MediaFacts, RtcpOnTheRtpPortIsNoAudioAndItsFactsAreShown) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 50);
  b.udp(2.05, c.am, c.zm, report(0xaaaa, 53, 0xbbbb, 4));  // on the media ports: rtcp-mux
  Bytes bye{0x81, 203, 0, 1, 0, 0, 0xaa, 0xaa};
  b.udp(2.06, c.am, c.zm, bye);
  c.talk(2.2, 10, 51);  // a BYE by RTCP ends nothing
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 2u);
  const MediaStream& s = m.calls[0].media[0];
  EXPECT_EQ(s.ssrc, 0xaaaau);
  EXPECT_EQ(s.packets, 60u);
  EXPECT_EQ(s.rtcp_sent, 53u);
  EXPECT_TRUE(s.rtcp_bye.has_value());
  EXPECT_EQ(m.calls[0].media[1].rtcp_lost, 4);
  const Json j = calls_json(m)["calls"][0]["media"][0];
  EXPECT_EQ(j["rtcp"]["sent"], 53);
  EXPECT_EQ(m.calls[0].release_cause, "200 BYE by caller");
}

TEST(MediaFacts, RtcpAtAHostOfItsOwnIsOfTheMediaItIsNamedWith) {
  Bench b(grants(spec()));
  Call c(b);
  const wire::Endpoint own = ep("192.0.2.50", 53020);
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp(c.am.ip.text(), c.am.port, "0", "a=rtpmap:0 PCMU/8000\r\na=rtcp:53020 IN IP4 192.0.2.50\r\n");
  b.sip(0, c.a, c.z, m);
  c.answer(1);
  c.talk(1.1, 50);
  b.udp(2.2, own, ep(c.zm.ip.text(), c.zm.port + 1), report(0xaaaa, 53, 0xbbbb, 4));
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Matter all = b.sink.matter();
  ASSERT_EQ(all.calls.at(0).media.size(), 2u);
  EXPECT_EQ(all.calls[0].media[0].rtcp_sent, 53u);
  EXPECT_EQ(all.calls[0].media[1].rtcp_lost, 4);
}

TEST(MediaFacts, WhatBothLinesHaveWasAgreed) {
  const std::string dtls = "a=fingerprint:sha-256 AA:BB\r\n", sdes = crypto(sdes_key);
  for (const bool takes_dtls : {false, true}) {
    Bench b(grants(spec()));
    Call c(b);
    offered_call(c, "RTP/SAVP", "RTP/SAVP", dtls + sdes, takes_dtls ? dtls : crypto(sdes_key2));
    const Matter m = b.sink.matter();
    ASSERT_EQ(m.calls.at(0).media.size(), 2u);
    for (const MediaStream& s : m.calls[0].media) {
      EXPECT_TRUE(s.encrypted);
      EXPECT_EQ(s.why,
                takes_dtls ? "captured, not decodable: encrypted, keys agreed by DTLS and unknown" : "");
    }
  }
}

TEST(MediaFacts, ANewSsrcIsAStreamAndACollisionIsTwo) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  b.talk(1.1, c.am, c.zm, 0x1111, 50);
  b.talk(2.1, c.am, c.zm, 0x2222, 50, 900);
  b.talk(1.1, c.zm, c.am, 0x1111, 50);  // the other side has chosen the same
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 3u);
  for (const MediaStream& s : m.calls[0].media) {
    EXPECT_EQ(s.packets, 50u);
    EXPECT_EQ(s.lost, 0u);
    EXPECT_FALSE(s.foreign || s.copy_of);
  }
}

TEST(MediaFacts, WhatComesFromElsewhereIsKeptApart) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 100);
  b.talk(1.5, ep("203.0.113.66", 6666), c.zm, 0xaaaa, 40, 500);  // the caller's SSRC, another's address
  c.bye(5);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 3u);
  int foreign = 0;
  for (const MediaStream& s : m.calls[0].media) {
    EXPECT_EQ(s.foreign, s.src == ep("203.0.113.66", 6666));
    foreign += s.foreign;
    EXPECT_EQ(s.packets, s.foreign ? 40u : 100u);
    if (s.foreign) {
      EXPECT_THAT(s.why, HasSubstr("203.0.113.66:6666, which the call did not announce"));
    }
  }
  EXPECT_EQ(foreign, 1);
}

TEST(MediaFacts, APhoneBehindNatIsNotForeign) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  const wire::Endpoint nat = ep("203.0.113.9", 41000);  // announced is the private address
  b.talk(1.1, nat, c.zm, 0xaaaa, 50);
  b.talk(1.1, c.zm, nat, 0xbbbb, 50);
  c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 2u);
  for (const MediaStream& s : m.calls[0].media) EXPECT_FALSE(s.foreign);
}

// Only the end that was announced tells how the two speak.
TEST(MediaFacts, APhoneBehindNatSpeaksAsItsPeersLineSays) {
  for (const bool secret : {true, false}) {
    Bench b(grants(spec()));
    Call c(b);
    const std::string transport = secret ? "RTP/SAVP" : "RTP/AVP", keys = secret ? crypto(sdes_key) : "";
    described(c, transport, transport, keys, keys);
    const wire::Endpoint nat = ep("203.0.113.9", 41000);
    b.talk(1.1, nat, c.zm, 0xaaaa, 50);
    b.talk(1.1, c.zm, nat, 0xbbbb, 50);
    c.bye(4);
    ASSERT_TRUE(b.engine.finish());
    const Matter m = b.sink.matter();
    ASSERT_EQ(m.calls.at(0).media.size(), 2u);
    for (const MediaStream& s : m.calls[0].media) EXPECT_EQ(s.encrypted, secret) << s.src.text();
  }
}

TEST(MediaFacts, AnAnswerOnlyUnderKeysIsTakenAtItsWord) {
  Bench b(grants(spec()));
  Call c(b);
  offered_call(c, "RTP/AVP", "RTP/SAVP", "", crypto(sdes_key));
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 2u);
  for (const MediaStream& s : m.calls[0].media) EXPECT_TRUE(s.encrypted) << s.src.text();
}

TEST(MediaFacts, KeysOfTheSignallingAreKeptForTheDecoderAndShownNowhere) {
  Bench b(grants(spec()));
  Call c(b);
  offered_call(c, "RTP/SAVP", "RTP/SAVP", crypto(sdes_key) + " inline:" + sdes_key2 + "\r\n",
               crypto(sdes_key2));
  EXPECT_EQ(b.sink.count(EventType::cc_unavailable), 0u) << "the office can open it";
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).srtp_keys.size(), 2u);
  for (const MediaStream& s : m.calls[0].media) {
    EXPECT_TRUE(s.encrypted);
    EXPECT_EQ(s.why, "");
  }
  std::string shown = calls_json(m).dump();
  for (const auto& n : b.sink.events) shown += text_of(encode(n.e));
  for (const char* key : {sdes_key, sdes_key2})
    EXPECT_THAT(shown, Not(HasSubstr(std::string(key).substr(0, 12))));
}

TEST(MediaFacts, KeysThatAreElsewhereAreSaid) {
  const std::string fingerprint = "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n";
  {
    Bench b(grants(spec()));
    Call c(b);
    offered_call(c, "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVPF", fingerprint, fingerprint);
    EXPECT_EQ(b.sink.count(EventType::cc_unavailable), 1u);
    const Matter m = b.sink.matter();
    for (const MediaStream& s : m.calls.at(0).media)
      EXPECT_EQ(s.why, "captured, not decodable: encrypted, keys agreed by DTLS and unknown");
  }
  Bench b(grants(spec()));
  Call c(b);
  offered_call(c, "RTP/SAVP", "RTP/SAVP", "", "");
  EXPECT_EQ(b.sink.count(EventType::cc_unavailable), 1u);
  EXPECT_TRUE(b.sink.matter().calls.at(0).media.at(0).encrypted);
}

TEST(MediaFacts, AnOfferOfKeysThatNobodyTakesUpLeavesPlainAudio) {
  for (const bool taken : {false, true}) {
    Bench b(grants(spec()));
    Call c(b);
    offered_call(c, "RTP/AVP", "RTP/AVP", crypto(sdes_key), taken ? crypto(sdes_key2) : "");
    const Matter m = b.sink.matter();
    ASSERT_EQ(m.calls.at(0).media.size(), 2u);
    for (const MediaStream& s : m.calls[0].media) EXPECT_EQ(s.encrypted, taken);
  }
}

TEST(MediaFacts, FaxOnThePortOfTheAudioIsItsOwnStreamWhateverItsNumbersLookLike) {
  Bench b(grants(spec()));
  Call c(b);
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 50);
  ++c.cseq;
  const std::string image = "a=T38FaxVersion:3\r\n";
  Sip again = c.message(c.request("INVITE"), "INVITE", true);
  again.body = sdp(c.am.ip.text(), c.am.port, "t38", image, "image", "udptl");
  b.sip(2.2, c.a, c.z, again);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  ok.body = sdp(c.zm.ip.text(), c.zm.port, "t38", image, "image", "udptl");
  b.sip(2.3, c.z, c.a, ok);
  b.talk(2.35, c.am, c.zm, 0xaaaa, 3, 51);  // late audio
  for (int i = 0; i < 40; ++i) {
    // Numbers that begin like RTP (0x80..) and like RTCP (0x80c8): lengths tell them apart.
    Bytes d;
    put_be16(d, static_cast<std::uint16_t>(0x80c0 + i));
    put_bytes(d, Bytes{0x08, 0xc0, 0x01, 0x80, 0x00, 0x01, 0xff, 0xc8, 0x00, 0x00, 0x00});
    b.udp(2.5 + i * 0.02, c.am, c.zm, d);
  }
  c.bye(5);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  const MediaStream* fax = nullptr;
  std::uint64_t audio = 0;
  for (const MediaStream& s : m.calls.at(0).media) {
    if (s.kind == "fax") fax = &s;
    if (s.kind == "audio") audio += s.packets;
  }
  ASSERT_NE(fax, nullptr);
  EXPECT_EQ(fax->codec, "T38");
  EXPECT_EQ(fax->fmtp, "version=3");
  EXPECT_EQ(fax->packets, 40u);
  EXPECT_EQ(fax->lost, 0u);
  EXPECT_EQ(audio, 103u);
}

}  // namespace
}  // namespace writ::intercept
