// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/engine.hh"

#include <gtest/gtest.h>

#include "intercept/test_registration.hh"

namespace writ::intercept {
namespace {

using namespace test;

TEST(Engine, CallToTargetIsKeptWhole) {
  Bench b(grants(spec()));
  Call c{b};
  c.whole(0);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::sip), 6u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  for (const EventType t : {EventType::termination_attempt, EventType::answer, EventType::release,
                            EventType::cc_open, EventType::cc_close})
    EXPECT_EQ(b.sink.count(t), 1u) << to_string(t);
  EXPECT_EQ(b.sink.first(EventType::release)->detail["cause"], "200 BYE by caller");
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  EXPECT_EQ(m.calls[0].direction, "to-target");
  EXPECT_EQ(m.calls[0].from, "+12125550111");
  EXPECT_EQ(m.calls[0].to, "+14045550102");
  ASSERT_EQ(m.calls[0].media.size(), 2u);
  EXPECT_EQ(m.calls[0].media[0].ssrc, 0xaaaau);
  EXPECT_EQ(m.calls[0].media[0].direction, Direction::to_target);
  EXPECT_EQ(m.calls[0].media[1].direction, Direction::from_target);
  EXPECT_EQ(m.calls[0].media[0].packets, 50u);
  EXPECT_EQ(m.calls[0].media[0].codec, "PCMU");
  EXPECT_TRUE(m.gaps.empty());
}

TEST(Engine, NeighbourLeavesNothing) {
  Bench b(grants(spec()));
  Call c{b};
  c.callee = "+14045550199";
  c.whole(0);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_TRUE(b.sink.packets.empty());
  EXPECT_TRUE(b.sink.events.empty());
}

TEST(Engine, PrefixOfTargetIsSomebodyElse) {
  Bench b(grants(spec()));
  Call c{b};
  c.callee = "+140455501021";
  c.whole(0);
  Call d{b};
  d.id = "c2";
  d.ruri = "+14045550102-0x5572aa";
  d.callee = "+14045550199";
  d.whole(5);
  EXPECT_TRUE(b.sink.packets.empty());
  EXPECT_TRUE(b.sink.events.empty());
}

TEST(Engine, FromAloneIsAReviewAndNothingIsKept) {
  Bench b(grants(spec(Kind::content, "+12125550111")));
  Call c{b};
  c.whole(0);
  c.id = "c2@a.example";
  c.whole(10);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_TRUE(b.sink.packets.empty());
  ASSERT_EQ(b.sink.events.size(), 2u);
  EXPECT_EQ(b.sink.events[0].e.type, EventType::review);
  EXPECT_EQ(b.sink.events[0].e.detail["claimed"], "+12125550111");
  EXPECT_EQ(b.sink.events[0].e.call, 0u);
}

TEST(Engine, DisplayNameAndToAreReviews) {
  Bench b(grants(spec()));
  Call c{b};
  c.callee = "+14045550199";
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.from = "\"+1 404 555 0102\" <sip:+12125550111@carrier.example>;tag=fa";
  b.sip(0, c.a, c.z, m);
  m = c.message(c.request("INVITE"), "INVITE", false);
  m.call_id = "c3";
  m.to = "<sip:+14045550102@carrier.example>";
  b.sip(1, c.a, c.z, m);
  ASSERT_EQ(b.sink.count(EventType::review), 2u);
  EXPECT_EQ(b.sink.events[0].e.detail["source"], "display name");
  EXPECT_EQ(b.sink.events[1].e.detail["source"], "to");
  EXPECT_TRUE(b.sink.packets.empty());
}

TEST(Engine, TrustedFromStartsACall) {
  GrantSpec s = spec(Kind::content, "+12125550111");
  s.trust_from = true;
  Bench b(grants(s));
  Call{b}.whole(0);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(b.sink.first(EventType::origination)->detail["identity_source"], "from-trusted");
}

TEST(Engine, AssertedIdentityCountsFromTrustedPeersOnly) {
  for (const bool trusted : {true, false}) {
    GrantSpec s = spec(Kind::content, "+14045550150");
    s.trusted_peers = {trusted ? "192.0.2.1" : "192.0.2.99"};
    Bench b(grants(s));
    Call c{b};
    c.invite_extra = "P-Asserted-Identity: \"x\" <sip:+14045550150@carrier.example>\r\n";
    c.whole(0);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), trusted ? 100u : 0u);
    EXPECT_EQ(b.sink.count(EventType::review), trusted ? 0u : 1u);
  }
}

std::string digest(const std::string& user) {
  return "Proxy-Authorization: Digest username=\"" + user +
         "\", realm=\"carrier.example\", nonce=\"n\", response=\"r\"\r\n";
}

TEST(Engine, DigestChallengeFlowIsKeptFromTheFirstInvite) {
  Bench b(grants(spec(Kind::content, "+12125550111")));
  Call c{b};
  c.invite(0);
  c.response(0.05, 407);
  c.ack(0.06);
  c.cseq = 2;
  c.invite_extra = digest("+12125550111");
  c.invite(0.1);
  c.response(0.11, 100);
  b.talk(0.12, c.zm, c.am, 0xbbbb, 5);  // early media before the proof
  EXPECT_TRUE(b.sink.packets.empty()) << "nothing before the proof";
  c.response(0.3, 180);
  c.answer(1);
  c.talk(1.1, 50, 10);
  c.bye(3);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::sip), 10u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 105u);
  EXPECT_EQ(b.sink.count(EventType::review), 0u);
  EXPECT_EQ(b.sink.first(EventType::origination)->at, at(0));
  EXPECT_EQ(b.sink.first(EventType::origination)->detail["identity_source"], "digest");
  EXPECT_TRUE(std::is_sorted(b.sink.packets.begin(), b.sink.packets.end(),
                             [](const auto& x, const auto& y) { return x.at < y.at; }));
}

TEST(Engine, RefusedDigestIsAReview) {
  for (const int status : {403, 407}) {
    Bench b(grants(spec(Kind::content, "+12125550111")));
    Call c{b};
    c.invite(0);
    c.response(0.05, 407);
    c.ack(0.06);
    c.cseq = 2;
    c.invite_extra = digest("+12125550111");
    c.invite(0.1);
    c.response(0.2, status);
    ASSERT_TRUE(b.engine.finish());
    EXPECT_TRUE(b.sink.packets.empty());
    EXPECT_EQ(b.sink.count(EventType::review), 1u);
    EXPECT_EQ(b.sink.events.size(), 1u);
  }
}

// Calls of strangers who say that they are the target fill what waits for a proof; the oldest of them goes,
// and the target's own call finds room.
TEST(Engine, AFloodOfUnprovenCallsKeepsNoTargetOut) {
  for (const bool by_bytes : {false, true}) {
    EngineOptions few;
    (by_bytes ? few.pending_bytes_max : few.pending_dialogs_max) = by_bytes ? 64u << 10 : 64;
    Bench b(grants(spec(Kind::content, "+12125550111")), few);
    int strangers = 0;
    const auto flood = [&](double t, int n) {
      for (int i = 0; i < n; ++i) {
        Call x{b};
        x.id = "stranger-" + std::to_string(++strangers);
        x.a = ep("203.0.113.66", 5060);
        x.invite(t);
      }
    };
    flood(0, 1000);
    Call c{b};
    c.invite(1);
    flood(1.01, 20);
    c.response(1.05, 407);
    c.ack(1.06);
    c.cseq = 2;
    c.invite_extra = digest("+12125550111");
    c.invite(1.1);
    flood(1.12, 20);
    c.answer(1.3);
    c.talk(1.4, 50);
    c.bye(3);
    flood(4, 100);
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u) << by_bytes;
    EXPECT_EQ(b.sink.count(EventType::origination), 1u);
    EXPECT_EQ(b.sink.count(EventType::review), static_cast<std::size_t>(strangers)) << "each is said";
  }
}

TEST(Engine, DigestThatNobodyAskedForProvesNothing) {
  Bench b(grants(spec(Kind::content, "+12125550111")));
  Call c{b};
  c.invite_extra = digest("+12125550111");
  c.whole(0);
  EXPECT_TRUE(b.sink.packets.empty());
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
  // The same hop once it was seen to challenge: a phone may use an earlier nonce again.
  Call other{b};
  other.id = "c9";
  other.caller = "+12125550177";
  other.invite(9);
  other.response(9.1, 407);
  c.id = "c2";
  c.cseq = 1;
  c.whole(10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Engine, AcceptanceFromElsewhereDoesNotCount) {
  Bench b(grants(spec(Kind::content, "+12125550111")));
  Call c{b};
  c.invite(0);
  c.response(0.05, 407);
  c.cseq = 2;
  c.invite_extra = digest("+12125550111");
  c.invite(0.1);
  Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
  b.sip(0.2, ep("203.0.113.66", 5060), c.a, ok);
  EXPECT_TRUE(b.sink.packets.empty());
}

TEST(Engine, RegisteredContactProvesTheCaller) {
  Bench b(grants(spec(Kind::content, "+12125550111")));
  Call c{b};
  register_target(b, -10, c, "+12125550111", "sip:phone7@192.0.2.1:5060");
  EXPECT_EQ(b.sink.count(EventType::serving_system), 1u);
  EXPECT_EQ(b.sink.count(PacketRole::sip), 4u);
  c.whole(0);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(b.sink.first(EventType::origination)->detail["identity_source"], "contact");
  // Another source with the same From: no.
  Call d{b};
  d.id = "c2";
  d.a = ep("192.0.2.77", 5060);
  d.am.port = d.zm.port = 50000;
  d.whole(10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
  // A call to the contact, whatever stands in To.
  Call e{b};
  e.id = "c3";
  e.caller = "+13125550133";
  e.callee = "nobody";
  e.a = ep("198.51.100.1", 5060);
  e.z = ep("192.0.2.1", 5060);
  Sip m = e.message("INVITE sip:phone7@192.0.2.1:5060 SIP/2.0", "INVITE", false);
  b.sip(20, e.a, e.z, m);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
}

TEST(Engine, SharedOrExpiredBindingProvesNothing) {
  for (const bool shared : {true, false}) {
    Bench b(grants(spec(Kind::content, "+12125550111")));
    Call c{b};
    register_target(b, 0, c, "+12125550111", "sip:a@192.0.2.1:5060");
    if (shared) register_target(b, 1, c, "+12125550188", "sip:b@192.0.2.1:5060");
    const std::size_t before = b.sink.packets.size();
    c.whole(shared ? 10 : 700);
    EXPECT_EQ(b.sink.packets.size(), before);
    EXPECT_EQ(b.sink.count(EventType::review), 1u);
  }
}

TEST(Engine, PenAndTrapSeeTheirOwnDirectionAndNoContent) {
  struct Row {
    Kind kind;
    bool out, in;
  };
  for (const Row& r :
       {Row{Kind::pen, true, false}, Row{Kind::trap, false, true}, Row{Kind::pen_trap, true, true}}) {
    GrantSpec s = spec(r.kind);
    s.trust_from = true;
    Bench b(grants(s));
    Call in{b};
    in.whole(0);
    Call out{b};
    out.id = "c2";
    out.caller = "+14045550102";
    out.callee = "+12125550111";
    out.whole(10);
    EXPECT_EQ(b.sink.count(EventType::origination), r.out ? 1u : 0u);
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), r.in ? 1u : 0u);
    EXPECT_EQ(b.sink.count(EventType::release), static_cast<std::size_t>(r.out + r.in));
    EXPECT_TRUE(b.sink.packets.empty());
    EXPECT_EQ(b.sink.count(EventType::cc_open) + b.sink.count(EventType::cc_close), 0u);
  }
}

TEST(Engine, PenCanaries) {
  const std::string canary = "CANARY";
  for (const Kind k : {Kind::pen_trap, Kind::content}) {
    Bench b(grants(spec(k)));
    Call c{b};
    Sip m = c.message(c.request("INVITE"), "INVITE", false);
    m.from = "\"" + canary + "\" <sip:+12125550111@carrier.example>;x=" + canary + ";tag=fa";
    m.extra = "Subject: " + canary + "\r\nCall-Info: <http://" + canary +
              ".example/>\r\nAlert-Info: <http://" + canary + ">\r\nReason: SIP;cause=200;text=\"" + canary +
              "\"\r\nP-Access-Network-Info: " + canary + "\r\nGeolocation: <cid:" + canary +
              ">\r\nUser-Agent: " + canary + "\r\nContact: \"" + canary + "\" <sip:a@192.0.2.1>\r\n";
    m.body = sdp("192.0.2.1", 20000, "0", "a=x:" + canary + "\r\ni=" + canary + "\r\n", "audio", "RTP/AVP",
                 canary);
    b.sip(0, c.a, c.z, m);
    m = c.message("SIP/2.0 180 " + canary, "INVITE", true);
    b.sip(0.1, c.z, c.a, m);
    c.answer(1);
    b.talk(1.1, c.am, c.zm, 1, 10, 1, 0, canary);
    b.talk(1.1, c.am, c.zm, 1, 10, 1, 101, canary);
    m = c.message(c.request("INFO"), "INFO", true);
    m.body = "Signal=5 " + canary;
    m.type = "application/dtmf-relay";
    b.sip(2, c.a, c.z, m);
    m = c.message(c.request("MESSAGE"), "MESSAGE", false);
    m.call_id = "m1";
    m.body = "hello " + canary;
    m.type = "text/plain";
    b.sip(2.5, c.a, c.z, m);
    m = c.message(c.request("REFER"), "REFER", true);
    m.extra = "Refer-To: \"" + canary + "\" <sip:+13125550133@carrier.example?Subject=" + canary + ">\r\n";
    b.sip(2.7, c.a, c.z, m);
    m = c.message("SIP/2.0 486 " + canary, "INVITE", true);
    m.call_id = "c5";
    Call d{b};
    d.id = "c5";
    d.invite(3);
    b.sip(3.1, d.z, d.a, m);
    c.cseq = 5;
    c.bye(4);
    ASSERT_TRUE(b.engine.finish());
    const std::string all = b.sink.all();
    EXPECT_EQ(all.find(canary) != std::string::npos, k == Kind::content);
    EXPECT_EQ(b.sink.packets.empty(), k != Kind::content);
    EXPECT_EQ(b.sink.count(EventType::release), 2u);
    EXPECT_GE(b.sink.count(EventType::network_signal), 2u)
        << "MESSAGE to the target is an event without its body";
  }
}

TEST(Engine, WindowEdgesAreHalfOpen) {
  GrantSpec s = spec();
  s.from = at(1.5);
  s.until = at(2.0);
  Bench b(grants(s));
  Call c{b};
  c.invite(0);
  c.response(0.1, 180);
  c.response(1.4, 200, "INVITE", true);
  c.ack(
      1.6);  // the first in-dialog message of the window: the call is joined, its media were announced before
  c.ack(1.6000001);
  EXPECT_EQ(b.sink.count(PacketRole::sip), 2u);
  Sip re = c.message(c.request("INVITE"), "INVITE", true);
  re.cseq = "2 INVITE";
  re.body = sdp("192.0.2.1", 20000);
  b.sip(1.7, c.a, c.z, re);
  for (const double t : {1.75, 1.9999, 2.0, 2.1})
    b.udp(t, c.am, c.zm, rtp(7, static_cast<std::uint16_t>(t * 100)));
  c.cseq = 2;
  c.bye(3);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 2u);
  EXPECT_EQ(b.sink.first(EventType::cc_close)->detail["why"], "authority ended");
  EXPECT_EQ(b.sink.count(EventType::release), 0u);
  for (const auto& p : b.sink.packets) EXPECT_TRUE(p.at >= at(1.5) && p.at < at(2.0));
  for (const auto& e : b.sink.events)
    EXPECT_TRUE(e.e.at >= at(1.5) && e.e.at < at(2.0)) << to_string(e.e.type);
  EXPECT_EQ(b.sink.matter().calls.size(), 1u);
}

TEST(Engine, TwoMattersOnOneCall) {
  GrantSpec s = spec(), p = spec(Kind::trap);
  Bench b({carrier().grant(s), carrier().grant(s), carrier().grant(p)});
  Call{b}.whole(0);
  for (const std::size_t g : {0u, 1u}) {
    EXPECT_EQ(b.sink.count(PacketRole::rtp, g), 100u);
    EXPECT_EQ(b.sink.count(EventType::release, g), 1u);
  }
  EXPECT_EQ(b.sink.count(PacketRole::sip, 2), 0u);
  EXPECT_EQ(b.sink.count(EventType::release, 2), 1u);
}

TEST(Engine, BothPartiesOfOneGrantAreOneCall) {
  GrantSpec s = spec();
  s.targets.push_back(number("+12125550111"));
  s.trust_from = true;
  Bench b(grants(s));
  Call{b}.whole(0);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(b.sink.matter().calls.size(), 1u);
}

TEST(Engine, WhatIsNotReadIsSaidByKind) {
  const auto ipv4 = [](std::uint8_t protocol, View rest) {
    Bytes p{0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};
    put_bytes(p, rest);
    p[3] = static_cast<std::uint8_t>(p.size());
    return p;
  };
  const auto udp = [&](std::uint16_t port, std::string_view data) {
    Bytes u{0x30,
            0x39,
            static_cast<std::uint8_t>(port >> 8),
            static_cast<std::uint8_t>(port),
            0,
            static_cast<std::uint8_t>(8 + data.size()),
            0,
            0};
    put_bytes(u, view_of(data));
    return ipv4(17, u);
  };
  const auto tcp = [&](std::uint8_t port_low, std::string_view data) {
    Bytes t{0x13, port_low, 0x13, port_low, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0, 0, 0, 0, 0, 0};
    put_bytes(t, view_of(data));
    return ipv4(6, t);
  };
  const Bytes pptp{0x30, 1, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  constexpr std::uint32_t raw_ip = 101, ethernet = 1, usb = 189;
  const Bytes mpls{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0x88, 0x47, 0, 0, 0x11, 0xff, 0x45};
  const auto framed = [](std::uint16_t type, View rest) {
    Bytes f{0,
            0,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            2,
            static_cast<std::uint8_t>(type >> 8),
            static_cast<std::uint8_t>(type)};
    put_bytes(f, rest);
    return f;
  };
  struct Row {
    std::optional<Unread> want;
    std::uint32_t link;
    Bytes frame;
  };
  const std::vector<Row> rows = {
      {Unread::tls, raw_ip, tcp(0xc5, "\x16\x03\x01 client hello")},
      {std::nullopt, raw_ip, tcp(0xff, "\x16\x03\x01 somebody's web traffic")},
      {std::nullopt, raw_ip, tcp(0xff, "GET / HTTP/1.1")},
      {Unread::sctp, raw_ip, ipv4(132, Bytes(16))},
      {Unread::tunnel, raw_ip, ipv4(47, pptp)},
      {Unread::malformed, raw_ip, ipv4(4, Bytes(16))},
      {Unread::malformed, raw_ip, ipv4(41, Bytes(16))},
      {Unread::tunnel, raw_ip, ipv4(50, Bytes(16))},
      {std::nullopt, raw_ip, ipv4(1, Bytes(16))},  // ICMP hides no call
      {Unread::malformed, ethernet, mpls},
      {Unread::tunnel, ethernet, framed(0x0800, ipv4(47, pptp))},
      {std::nullopt, ethernet, framed(0x88b5, ipv4(47, pptp))},  // not IP, whatever its bytes look like
      {Unread::malformed, raw_ip, udp(4789, std::string_view("\x08\0\0\0\0\0\x01\0", 8))},
      {Unread::hep, raw_ip, udp(9060, std::string_view("HEP3\0\x20\0\0", 8))},
      {std::nullopt, raw_ip, udp(53, "a question to a name server")},
      {Unread::unknown_link, usb, Bytes(40)},
  };
  for (const Row& r : rows) {
    Bench b(grants(spec()));
    ASSERT_TRUE(b.engine.on_packet({at(0), r.link, r.frame, static_cast<std::uint32_t>(r.frame.size())}));
    ASSERT_TRUE(b.engine.finish());
    UnreadCounts want{};
    if (r.want) want[static_cast<std::size_t>(*r.want)] = 1;
    EXPECT_EQ(b.engine.stats().unread, want) << testing::PrintToString(r.frame);
    ASSERT_EQ(b.sink.count(EventType::gap), r.want ? 1u : 0u);
    if (r.want) {
      EXPECT_EQ(b.sink.first(EventType::gap)->detail["why"], to_string(*r.want));
    }
  }
}

TEST(Engine, MediaAfterZrtpIsEncrypted) {
  const auto zrtp = [](std::string_view type) {
    Bytes p{0x10, 0, 0, 1, 0x5a, 0x52, 0x54, 0x50, 0, 0, 0, 1, 0x50, 0x5a, 0, 3};
    put_bytes(p, view_of(type));
    return p;
  };
  for (const bool both : {false, true}) {
    Bench b(grants(spec()));
    Call c(b);
    c.invite(0);
    c.answer(1);
    b.udp(1.2, c.zm, c.am, zrtp("Confirm1"));
    if (both) b.udp(1.3, c.am, c.zm, zrtp("Confirm2"));
    c.talk(1.4, 20);
    c.bye(3);
    ASSERT_TRUE(b.engine.finish());
    const Matter m = b.sink.matter();
    ASSERT_EQ(m.calls.size(), 1u);
    ASSERT_EQ(m.calls[0].media.size(), 2u);
    for (const MediaStream& s : m.calls[0].media) {
      EXPECT_EQ(s.encrypted, both);
      EXPECT_EQ(s.why.empty(), !both);
    }
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 40u);  // kept in either case
  }
}

TEST(Engine, UnreadableLinkTypesAreSaid) {
  Bench b(grants(spec()));
  b.frame(0, view_of("whatever"), 147);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(EventType::gap), 1u);
}

}  // namespace
}  // namespace writ::intercept
