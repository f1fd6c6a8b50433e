// SPDX-License-Identifier: GPL-3.0-or-later
// Which of the lines that were offered count, from when, and on which hop (RFC 3264).
#include <gtest/gtest.h>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;

const std::string key =
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";

Matter assembled(Bench& b) {
  EXPECT_TRUE(b.engine.finish());
  Matter m = b.sink.matter();
  EXPECT_EQ(m.calls.size(), 1u);
  return m;
}

// The target's hop is in the clear, the caller's is not: an SBC stands between, and passes the tags on.
TEST(OfferAnswer, AnAnswerIsOfTheOfferOfItsOwnHop) {
  Bench b(grants(spec()));
  Call c(b);
  const wire::Endpoint sbc = ep("203.0.113.5", 5060), outer = ep("203.0.113.5", 40000),
                       inner = ep("203.0.113.5", 41000);
  const auto describes = [](Sip m, const wire::Endpoint& e, bool secret) {
    m.body = sdp(e.ip.text(), e.port, "0", secret ? key : "", "audio", secret ? "RTP/SAVP" : "RTP/AVP");
    return m;
  };
  const Sip invite = c.message(c.request("INVITE"), "INVITE", false),
            ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  b.sip(0, c.a, sbc, describes(invite, c.am, true));
  b.sip(0.01, sbc, c.z, describes(invite, inner, true));
  b.sip(1, c.z, sbc, describes(ok, c.zm, false));
  b.sip(1.01, sbc, c.a, describes(ok, outer, true));
  b.talk(1.1, c.am, outer, 0xaaaa, 50);
  b.talk(1.1, inner, c.zm, 0xcccc, 50);
  b.talk(1.1, c.zm, inner, 0xdddd, 50);
  b.talk(1.1, outer, c.am, 0xbbbb, 50);
  c.bye(4);
  const Matter m = assembled(b);
  ASSERT_EQ(m.calls[0].media.size(), 4u);
  for (const MediaStream& s : m.calls[0].media)
    EXPECT_EQ(s.encrypted, s.src == c.am || s.dst == c.am) << s.src.text() << " > " << s.dst.text();
}

// Whose ACK is lost answers again, and has been speaking all the while.
TEST(OfferAnswer, WhatIsAnsweredAgainCountsFromTheFirstAnswer) {
  Bench b(grants(spec()));
  Call c(b);
  const auto asks = [&](double t, const char* codec, bool inside) {
    Sip m = c.message(c.request("INVITE"), "INVITE", inside);
    m.body = sdp(c.am.ip.text(), c.am.port, "97", std::string("a=rtpmap:97 ") + codec + "/8000\r\n");
    b.sip(t, c.a, c.z, m);
  };
  const auto answers = [&](double t, const char* codec) {
    Sip m = c.message("SIP/2.0 200 OK", "INVITE", true);
    m.body = sdp(c.zm.ip.text(), c.zm.port, "97", std::string("a=rtpmap:97 ") + codec + "/8000\r\n");
    b.sip(t, c.z, c.a, m);
  };
  asks(0, "PCMA", false);
  answers(1, "PCMA");
  b.talk(1.1, c.zm, c.am, 0xbbbb, 100, 1, 97);
  ++c.cseq;
  asks(4, "PCMU", true);
  answers(4.1, "PCMU");
  b.talk(4.2, c.zm, c.am, 0xbbbb, 100, 101, 97);
  answers(6.25, "PCMU");
  b.talk(6.3, c.zm, c.am, 0xbbbb, 50, 201, 97);
  c.bye(8);
  const Matter m = assembled(b);
  ASSERT_EQ(m.calls[0].media.size(), 1u);
  const auto& formats = m.calls[0].media[0].formats;
  ASSERT_EQ(formats.size(), 2u);
  EXPECT_EQ(formats[0].codec, "PCMA");
  EXPECT_EQ(formats[1].codec, "PCMU");
  EXPECT_EQ(formats[1].since, at(4.2));
}

// Some offer speech and fax at one port: where fax was refused, what is no speech there is none.
TEST(OfferAnswer, ALineThatTheAnswerRefusesIsNone) {
  for (const bool taken : {false, true}) {
    Bench b(grants(spec()));
    Call c(b);
    const auto both = [](const wire::Endpoint& e, int image_port) {
      return sdp(e.ip.text(), e.port) + "m=image " + std::to_string(image_port) + " udptl t38\r\n";
    };
    Sip invite = c.message(c.request("INVITE"), "INVITE", false);
    invite.body = both(c.am, c.am.port);
    b.sip(0, c.a, c.z, invite);
    Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
    ok.body = both(c.zm, taken ? c.zm.port : 0);
    b.sip(1, c.z, c.a, ok);
    c.talk(1.1, 50);
    const Bytes stun{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    b.udp(2.2, c.zm, c.am, stun);
    c.bye(4);
    std::size_t fax = 0;
    const Matter m = assembled(b);
    for (const MediaStream& s : m.calls[0].media) fax += s.kind == "fax";
    EXPECT_EQ(fax, taken ? 1u : 0u);
  }
}

}  // namespace
}  // namespace writ::intercept
