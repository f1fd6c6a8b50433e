// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to lose evidence, each with the packets that must be there: other systems' bugs (handover.md), forged
// ends, ports that are used again, proxies. And the way back: what must not be there.
#include <gtest/gtest.h>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;
using authority::Kind;

TEST(Loss, RetransmittedInviteIsOneCall) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.invite(0.5);
  c.invite(1.5);
  c.answer(2);
  c.talk(2.1, 20);
  c.bye(4);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  EXPECT_EQ(b.sink.count(PacketRole::sip), 7u);
  EXPECT_EQ(b.sink.matter().calls.at(0).media.size(), 2u);
}

TEST(Loss, FragmentedInvite) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite_extra = "Identity: " + std::string(900, 'x') + "\r\n";
  c.invite(0, 480);
  c.answer(1);
  c.talk(1.1, 20);
  c.bye(3);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 40u);
  EXPECT_EQ(b.sink.count(PacketRole::sip), 3u + 4u) << "the frames as they were captured";
  EXPECT_EQ(b.sink.matter().calls.at(0).media.at(0).codec, "PCMU");
}

TEST(Loss, PrivateAddressInSdp) {
  Bench t(grants(spec()));
  Call c{t};
  c.am = ep("10.0.0.5", 20000);
  c.invite(0);
  c.answer(1);
  const wire::Endpoint nat = ep("203.0.113.9", 41000);
  t.talk(1.1, nat, c.zm, 1, 30);
  t.talk(1.101, c.zm, nat, 2, 30);
  c.bye(3);
  EXPECT_EQ(t.sink.count(PacketRole::rtp), 60u);
  const Matter m = t.sink.matter();
  EXPECT_EQ(m.calls.at(0).media.at(0).direction, Direction::to_target);
  EXPECT_EQ(m.calls.at(0).media.at(1).direction, Direction::from_target);
}

TEST(Loss, SecondMediaLine) {
  Bench b(grants(spec()));
  Call c{b};
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp("192.0.2.1", 20000) + "m=video 20010 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" +
           "m=image 20020 udptl t38\r\n";
  b.sip(0, c.a, c.z, m);
  m = c.message("SIP/2.0 200 OK", "INVITE", true);
  m.body = sdp("198.51.100.1", 30000) + "m=video 30010 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" +
           "m=image 30020 udptl t38\r\n";
  b.sip(1, c.z, c.a, m);
  c.ack(1.1);
  b.talk(1.2, ep("192.0.2.1", 20010), ep("198.51.100.1", 30010), 5, 10, 1, 96);
  b.udp(1.5, ep("192.0.2.1", 20020), ep("198.51.100.1", 30020), view_of(std::string_view("\0\1\2\3\4\5", 6)));
  c.bye(2);
  const Matter r = b.sink.matter();
  ASSERT_EQ(r.calls.at(0).media.size(), 2u);
  EXPECT_EQ(r.calls[0].media[0].kind, "video");
  EXPECT_EQ(r.calls[0].media[0].codec, "H264");
  EXPECT_EQ(r.calls[0].media[1].kind, "fax");
}

TEST(Loss, ForwardedLeg) {
  // The target forwards: the second leg has another Call-ID and names the target in History-Info only.
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.response(0.2, 302);
  Call f{b};
  f.id = "leg2";
  f.callee = "+13125550133";
  f.a = ep("198.51.100.1", 5060);
  f.z = ep("203.0.113.5", 5060);
  f.am = ep("198.51.100.1", 31000);
  f.zm = ep("203.0.113.5", 32000);
  f.invite_extra =
      "History-Info: <sip:+14045550102@carrier.example>;index=1, <sip:+13125550133@x.example>;index=1.1\r\n";
  f.whole(1);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(b.sink.count(EventType::redirection), 2u);
  EXPECT_EQ(b.sink.matter().calls.size(), 2u);
}

TEST(Loss, ReInviteMovesMedia) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 10);
  Sip re = c.message(c.request("INVITE"), "INVITE", true);
  c.cseq = 2;
  re.cseq = "2 INVITE";
  c.am = ep("192.0.2.1", 20444);
  re.body = sdp("192.0.2.1", 20444, "9", "");
  b.sip(2, c.a, c.z, re);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  c.zm = ep("198.51.100.1", 30444);
  ok.body = sdp("198.51.100.1", 30444, "9", "");
  b.sip(2.1, c.z, c.a, ok);
  c.ack(2.15);
  b.talk(2.2, ep("192.0.2.1", 20444), c.zm, 0xcccc, 15, 1, 9);
  c.bye(4);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 35u);
  EXPECT_GE(b.sink.count(EventType::cc_change), 1u);
  EXPECT_EQ(b.sink.matter().calls.at(0).media.at(2).codec, "G722");
}

TEST(Loss, BothEndsOnOneAddress) {
  Bench b(grants(spec()));
  Call c{b};
  c.a = ep("192.0.2.1", 5061);
  c.z = ep("192.0.2.1", 5062);
  c.am = ep("192.0.2.1", 20000);
  c.zm = ep("192.0.2.1", 20002);
  c.whole(0);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(b.sink.matter().calls.at(0).media.at(0).direction, Direction::to_target);
}

TEST(Loss, TelUri) {
  Bench b(grants(spec()));
  Call c{b};
  Sip m = c.message("INVITE tel:+1-404-555-0102 SIP/2.0", "INVITE", false);
  m.to = "<tel:+14045550102>";
  m.body = sdp("192.0.2.1", 20000);
  b.sip(0, c.a, c.z, m);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  EXPECT_EQ(b.sink.events.at(0).e.detail["called"], "+14045550102");
}

TEST(Loss, TrailingCrlfAndBareLf) {
  Bench b(grants(spec()));
  Call c{b};
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp("192.0.2.1", 20000);
  b.udp(0, c.a, c.z, view_of("\r\n\r\n" + m.text() + "\r\n\r\n"));
  c.answer(1);
  c.talk(1.1, 10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
}

TEST(Loss, LongCallIsNotIdle) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  for (int i = 0; i < 40; ++i) {
    b.udp(10 + i * 200.0, c.am, c.zm, rtp(1, static_cast<std::uint16_t>(i)));
    ASSERT_TRUE(b.engine.tick(at(11 + i * 200.0)));
    ASSERT_TRUE(b.engine.tick(at(190 + i * 200.0)));
  }
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 40u);
  EXPECT_EQ(b.sink.count(EventType::release), 0u);
  // Silent beyond the limit: ended, said so; and it wakes under its own number.
  ASSERT_TRUE(b.engine.tick(at(9000)));
  ASSERT_EQ(b.sink.count(EventType::release), 1u);
  EXPECT_EQ(b.sink.first(EventType::release)->detail["cause"], "inactivity");
  ASSERT_TRUE(b.engine.tick(at(9100)));
  c.talk(9200, 5);
  c.bye(9300);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 50u);
  EXPECT_EQ(b.sink.count(EventType::release), 2u);
  EXPECT_EQ(b.sink.matter().calls.size(), 1u);
}

TEST(Loss, ForgedEndsStopNothing) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.response(0.1, 180);
  c.answer(1);
  const wire::Endpoint evil = ep("203.0.113.66", 5060);
  Sip bye = c.message(c.request("BYE"), "BYE", true);
  bye.cseq = "9 BYE";
  bye.from = c.party(c.caller) + ";tag=wrong";
  b.sip(1.1, evil, c.z, bye);
  Sip ok = bye;
  ok.start = "SIP/2.0 200 OK";
  b.sip(1.2, c.z, evil, ok);
  Sip cancel = c.message(c.request("CANCEL"), "CANCEL", false);
  b.sip(1.3, evil, c.z, cancel);
  Bytes rtcp_bye{0x81, 203, 0, 1, 0, 0, 0xaa, 0xaa};
  b.udp(1.4, c.am, c.zm, rtcp_bye);
  b.talk(1.5, c.am, c.zm, 0xaaaa, 8, 900, 101);  // DTMF, tones
  EXPECT_EQ(b.sink.count(EventType::release), 0u);
  // A BYE with everything right, answered; the parties go on talking all the same.
  bye = c.message(c.request("BYE"), "BYE", true);
  bye.cseq = "10 BYE";
  b.sip(2, evil, c.z, bye);
  ok = bye;
  ok.start = "SIP/2.0 200 OK";
  b.sip(2.1, c.z, evil, ok);
  for (int i = 0; i < 60; ++i) {
    b.udp(3 + i, c.am, c.zm, rtp(0xaaaa, static_cast<std::uint16_t>(i)));
    ASSERT_TRUE(b.engine.tick(at(3.5 + i)));
  }
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 68u);
  EXPECT_EQ(b.sink.count(PacketRole::rtcp), 1u);
}

TEST(Loss, LatePacketsAfterTheEnd) {
  Bench b(grants(spec()));
  Call c{b};
  c.whole(0, 10);
  b.talk(1.7, c.am, c.zm, 0xaaaa, 10, 100);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 30u);
  ASSERT_TRUE(b.engine.tick(at(20)));
  b.talk(21, c.am, c.zm, 0xaaaa, 10, 200);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 30u);
}

TEST(Neighbour, TakesOverAPortAfterTheEnd) {
  Bench b(grants(spec()));
  Call c{b};
  c.whole(0, 10);
  Call n{b};
  n.id = "n1";
  n.callee = "+14045550199";
  n.a = ep("192.0.2.50", 5060);
  n.am = ep("192.0.2.50", 25000);
  n.invite(1.6);
  n.answer(1.65);
  n.talk(1.8, 20);  // same callee port, within the grace time of the target's call
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
}

TEST(Neighbour, ContestsAPortOfALiveCall) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  const wire::Endpoint nat = ep("203.0.113.9", 41000);
  b.talk(1.1, nat, c.zm, 1, 5);  // known before the contest
  Call n{b};
  n.id = "n1";
  n.callee = "+14045550199";
  n.a = ep("192.0.2.50", 5060);
  n.am = ep("192.0.2.50", 25000);
  n.invite(2);
  n.answer(2.1);
  n.talk(2.2, 20);  // the target's own port on one end: foreign all the same
  c.talk(2.2, 20);
  b.talk(2.3, nat, c.zm, 1, 5, 10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 5u + 40u + 5u);
  ASSERT_EQ(b.sink.count(EventType::gap), 1u);
  EXPECT_NE(b.sink.first(EventType::gap)->detail["why"].get<std::string>().find("announced by another call"),
            std::string::npos);
}

TEST(Proxy, BothLegsAreOneCallAndEachStreamIsMixedOnce) {
  Bench b(grants(spec()));
  Call c{b};
  const wire::Endpoint proxy = ep("198.51.100.1", 5060), relay_a = ep("198.51.100.9", 40000),
                       relay_z = ep("198.51.100.9", 40002), phone = ep("203.0.113.7", 5062);
  c.zm = relay_a;  // what the proxy tells the caller
  Sip leg2 = c.message("INVITE sip:+14045550102-0x55aa@203.0.113.7:5062 SIP/2.0", "INVITE", false);
  leg2.body = sdp(relay_z.ip.text(), relay_z.port);
  Sip ok2 = c.message("SIP/2.0 200 OK", "INVITE", true);
  const wire::Endpoint phone_media = ep("203.0.113.7", 50000);
  ok2.body = sdp(phone_media.ip.text(), phone_media.port);
  c.invite(0);
  b.sip(0.01, proxy, phone, leg2);
  Sip busy = c.message("SIP/2.0 486 Busy", "INVITE", true);
  b.sip(0.5, ep("203.0.113.8", 5062), proxy, busy);  // another fork fails: no end
  b.sip(1, phone, proxy, ok2);
  c.answer(1.01);
  for (int i = 0; i < 20; ++i) {
    const double t = 1.1 + 0.02 * i;
    const auto seq = static_cast<std::uint16_t>(i);
    b.udp(t, c.am, relay_a, rtp(0xaaaa, seq));
    if (i != 7) b.udp(t + 0.001, relay_z, phone_media, rtp(0xaaaa, seq));
    b.udp(t + 0.002, phone_media, relay_z, rtp(0xbbbb, seq));
    b.udp(t + 0.003, relay_a, c.am, rtp(0xbbbb, seq));
  }
  c.bye(3);
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  ASSERT_EQ(m.calls[0].media.size(), 4u);
  EXPECT_EQ(m.calls[0].release_cause, "200 BYE by caller");
  int mixed = 0;
  for (const MediaStream& s : m.calls[0].media) {
    EXPECT_EQ(s.direction, s.ssrc == 0xaaaa ? Direction::to_target : Direction::from_target);
    mixed += !s.copy_of;
  }
  EXPECT_EQ(mixed, 2);
  EXPECT_FALSE(m.calls[0].media[0].copy_of) << "the hop with most packets is the one mixed";
  EXPECT_EQ(m.calls[0].media[1].lost, 1u);
}

TEST(Unavailable, EncryptedAndUnseenMediaAreSaid) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  Sip m = c.message("SIP/2.0 200 OK", "INVITE", true);
  m.body =
      sdp("198.51.100.1", 30000, "0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", "audio", "RTP/SAVP");
  b.sip(1, c.z, c.a, m);
  c.ack(1.1);
  c.bye(2);
  Call d{b};
  d.id = "c2";
  d.invite(10);
  d.answer(11);
  d.bye(12);
  EXPECT_EQ(b.sink.count(EventType::cc_unavailable), 2u);
  EXPECT_EQ(b.sink.matter().unavailable.size(), 2u);
}

TEST(MidCall, AttachesFromTheFirstProvenMessage) {
  GrantSpec s = spec();
  s.from = at(5);
  Bench b(grants(s));
  Call c{b};
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 10);
  Sip re = c.message(c.request("INVITE"), "INVITE", true);
  re.cseq = "2 INVITE";
  re.body = sdp("192.0.2.1", 20000);
  b.sip(6, c.a, c.z, re);
  c.cseq = 2;
  c.response(6.1, 200, "INVITE", true);
  c.talk(7, 10);
  c.bye(9);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  EXPECT_TRUE(b.sink.first(EventType::termination_attempt)->detail.contains("mid_call"));
  EXPECT_EQ(b.sink.count(EventType::release), 1u);
}

TEST(Flood, PendingClaimsAreBoundedAndForgotten) {
  Bench b(grants(spec(Kind::content, "+12125550111")));
  for (int i = 0; i < 3000; ++i) {
    Call c{b};
    c.id = "flood" + std::to_string(i);
    c.invite(i * 0.001);
  }
  EXPECT_TRUE(b.sink.packets.empty());
  ASSERT_TRUE(b.engine.tick(at(200)));
  EXPECT_TRUE(b.sink.packets.empty());
  EXPECT_EQ(b.sink.count(EventType::review), 3000u);
}

}  // namespace
}  // namespace writ::intercept
