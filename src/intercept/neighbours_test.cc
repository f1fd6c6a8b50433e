// SPDX-License-Identifier: GPL-3.0-or-later
// Who names a neighbour's endpoint does not draw the neighbour in.
#include "intercept/neighbours.hh"

#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

struct Neighbour {
  Bench& b;
  Call c;
  explicit Neighbour(Bench& bench) : b(bench), c(bench) {
    c.id = "neighbour";
    c.caller = "+13125550133";
    c.callee = "+13125550134";
    c.a = ep("203.0.113.10", 5060);
    c.z = ep("203.0.113.20", 5060);
    c.am = ep("192.168.1.10", 5004);
    c.zm = ep("203.0.113.20", 18000);
    c.ftag = ";tag=n1";
    c.ttag = ";tag=n2";
  }
};

// What of the neighbour's and what of the call's own was kept.
std::pair<std::size_t, std::size_t> kept(const Bench& b) {
  std::size_t theirs = 0, own = 0;
  const std::string mark = "neighbour's";
  for (const auto& p : b.sink.packets)
    if (p.tag.role == PacketRole::rtp)
      (std::string(text_of(p.bytes)).find(mark) != std::string::npos ? theirs : own)++;
  return {theirs, own};
}

void neighbours_talk(Neighbour& n, double t) {
  n.b.talk(t, n.c.am, n.c.zm, 0x1111, 20, 1, 0, "neighbour's");
  n.b.talk(t, n.c.zm, n.c.am, 0x2222, 20, 1, 0, "neighbour's");
}

// A device at home announces the same private address as a neighbour whose call is up; its own media come
// from outside, to the carrier's end.
TEST(Neighbours, ASharedPrivateAddressDrawsNobodyIn) {
  Bench b(grants(spec()));
  Neighbour n{b};
  n.c.invite(0);
  n.c.answer(0.5);
  Call c{b};
  c.am = n.c.am;
  c.invite(1);
  c.answer(2);
  const wire::Endpoint outside = ep("198.51.100.200", 43210);
  b.talk(2.1, outside, c.zm, 0xaaaa, 20);
  b.talk(2.1, c.zm, outside, 0xbbbb, 20);
  neighbours_talk(n, 2.2);
  c.bye(4);
  neighbours_talk(n, 4.1);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(kept(b), std::pair(std::size_t{0}, std::size_t{40}));
  const auto gaps = all_of(b, EventType::gap);
  ASSERT_EQ(gaps.size(), 1u) << "and it is said";
  EXPECT_THAT(gaps[0]->detail["why"].get<std::string>(), testing::HasSubstr(n.c.am.text()));
}

TEST(Neighbours, NothingIsSaidWhereNothingWasLeftOut) {
  Bench b(grants(spec()));
  Neighbour n{b};
  n.c.invite(0);
  n.c.answer(0.5);
  Call c{b};
  c.am = n.c.am;
  c.whole(1);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u) << "between its own ends a call is heard";
  EXPECT_EQ(b.sink.count(EventType::gap), 0u);
}

// Whoever calls the target may list anybody's port among the candidates.
TEST(Neighbours, ACandidateDrawsNobodyIn) {
  for (const bool up : {true, false}) {
    Bench b(grants(spec()));
    Neighbour n{b};
    if (up) {
      n.c.invite(0);
      n.c.answer(0.5);
    }
    Call c{b};
    Sip m = c.message(c.request("INVITE"), "INVITE", false);
    m.body = sdp(c.am.ip.text(), c.am.port, "0", "a=candidate:1 1 UDP 1 192.168.1.10 5004 typ host\r\n");
    b.sip(1, c.a, c.z, m);
    c.answer(2);
    neighbours_talk(n, 2.2);
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(kept(b).first, up ? 0u : 40u) << "control: of whom nobody knew";
  }
}

// Ended, or another leg of the same session: the endpoint is the target's as any other.
TEST(Neighbours, WhatHasEndedOrIsALegContestsNothing) {
  const auto learned = [](bool ended, bool leg) {
    Bench b(grants(spec()));
    Neighbour n{b};
    Call c{b};
    const std::string o = "o=- 20301234567 1 IN IP4 192.0.2.77";
    const auto with_origin = [&](const wire::Endpoint& e) {
      std::string s = sdp(e.ip.text(), e.port);
      if (leg) s.replace(s.find("o="), s.find("\r\n", s.find("o=")) - s.find("o="), o);
      return s;
    };
    Sip m = n.c.message(n.c.request("INVITE"), "INVITE", false);
    m.body = with_origin(n.c.am);
    b.sip(0, n.c.a, n.c.z, m);
    n.c.answer(0.2);
    if (ended) n.c.bye(0.5);
    c.am = n.c.am;
    m = c.message(c.request("INVITE"), "INVITE", false);
    m.body = with_origin(c.am);
    b.sip(1, c.a, c.z, m);
    c.answer(2);
    b.talk(2.1, ep("198.51.100.200", 43210), c.am, 0xaaaa, 20);
    EXPECT_TRUE(b.engine.finish());
    return b.sink.count(PacketRole::rtp);
  };
  EXPECT_EQ(learned(false, false), 0u);
  EXPECT_EQ(learned(true, false), 20u);
  EXPECT_EQ(learned(false, true), 20u);
}

// What is known by itself, message by message.
class KnownNeighbours : public testing::Test {
 protected:
  void hear(const std::string& id, const std::string& start, const std::string& method,
            const std::string& body, double t) {
    Sip m{start, "<sip:+13125550133@x>;tag=a", "<sip:+13125550134@x>;tag=b", id, "1 " + method, "", body};
    const std::string text = m.text();
    wire::SipMessage parsed;
    ASSERT_TRUE(wire::parse_sip(view_of(text), parsed));
    n_.note(parsed, body, at(t));
  }
  bool there(int port, const std::string& to = "target", const std::string& origin = "") const {
    return n_.at(ep("192.168.1.10", static_cast<std::uint16_t>(port)), to, origin);
  }
  Neighbours n_;
};

TEST_F(KnownNeighbours, UntilTheirByeIsAccepted) {
  hear("n", "INVITE sip:x@x SIP/2.0", "INVITE", sdp("192.168.1.10", 5004), 0);
  EXPECT_TRUE(there(5004));
  for (const int status : {100, 401, 481, 500}) {
    hear("n", "SIP/2.0 " + std::to_string(status) + " X", "BYE", "", 1);
    EXPECT_TRUE(there(5004)) << status;
  }
  hear("n", "SIP/2.0 200 OK", "BYE", "", 2);
  EXPECT_FALSE(there(5004));
}

TEST_F(KnownNeighbours, ACallIsNoNeighbourOfItself) {
  hear("n", "INVITE sip:x@x SIP/2.0", "INVITE", sdp("192.168.1.10", 5004), 0);
  EXPECT_FALSE(there(5004, "n", "another o="));
}

TEST_F(KnownNeighbours, OfOneCallSixteenEndsAndOfOldOnesNone) {
  std::string body = sdp("192.168.1.10", 5000, "0", "");
  for (int port = 5002; port < 5040; port += 2) body += "m=audio " + std::to_string(port) + " RTP/AVP 0\r\n";
  hear("n", "INVITE sip:x@x SIP/2.0", "INVITE", body, 0);
  EXPECT_TRUE(there(5030));
  EXPECT_FALSE(there(5032));
  hear("later", "INVITE sip:x@x SIP/2.0", "INVITE", sdp("192.168.1.11", 5004), 5 * 3600);
  EXPECT_FALSE(there(5000));
}

TEST_F(KnownNeighbours, OfMoreThanThereIsRoomForTheOldestHalfIsForgotten) {
  constexpr int most = 1 << 16, first = 1;
  const auto call = [&](int n) {
    hear(std::to_string(n), "INVITE sip:x@x SIP/2.0", "INVITE", sdp("192.168.1.10", n), n * 0.001);
  };
  for (int n = first; n < most; ++n) call(n);
  hear("the last", "INVITE sip:x@x SIP/2.0", "INVITE", sdp("192.168.1.11", 5004), 70);
  EXPECT_TRUE(there(first));
  hear("one more", "INVITE sip:x@x SIP/2.0", "INVITE", sdp("192.168.1.12", 5004), 71);
  EXPECT_FALSE(there(first));
  EXPECT_TRUE(there(most - 1));
}

}  // namespace
}  // namespace writ::intercept
