// SPDX-License-Identifier: GPL-3.0-or-later
// Ports that are used again after an end that was not seen, and devices that write one o= into every SDP: the
// next call there is a neighbour's. Controls: the target's call that is up after all, and its own other legs.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::HasSubstr;

std::string with_origin(std::string text, std::string_view id) {
  return text.replace(text.find("o=- 1 1"), 7, "o=- " + std::string(id) + " 1");
}

// The ports and the hop of `of`, somebody else's parties.
Call neighbour(const Call& of) {
  Call n{of.b};
  n.id = "neighbour";
  n.caller = "+12125550177";
  n.callee = "+13125550199";
  n.a = of.a;
  n.z = of.z;
  n.am = of.am;
  n.zm = of.zm;
  n.ftag = ";tag=fn";
  n.ttag = ";tag=tn";
  return n;
}

void announce(const Call& c, double t, bool by_caller, std::string_view o,
              const std::string& method = "INVITE") {
  Sip m = by_caller ? c.message(c.request(method), method, method == "ACK")
                    : c.message("SIP/2.0 200 OK", method, true);
  const wire::Endpoint& at = by_caller ? c.am : c.zm;
  m.body = with_origin(sdp(at.ip.text(), at.port), o);
  c.b.sip(t, by_caller ? c.a : c.z, by_caller ? c.z : c.a, m);
}

// The same within a dialog.
void announce_late(const Call& c, double t, bool by_caller) {
  Sip m = c.message(by_caller ? c.request("UPDATE") : "SIP/2.0 200 OK", "UPDATE", true);
  const wire::Endpoint& at = by_caller ? c.am : c.zm;
  m.body = with_origin(sdp(at.ip.text(), at.port), by_caller ? "53655765" : "61728394");
  c.b.sip(t, by_caller ? c.a : c.z, by_caller ? c.z : c.a, m);
}

TEST(Rivals, WhoAnnouncesBothEndsHasThePorts) {
  for (const bool same_origin : {false, true}) {
    Bench b(grants(spec()));
    Call c{b};
    announce(c, 0, true, "53655765");
    announce(c, 1, false, "61728394");
    c.ack(1.1);
    c.talk(1.2, 50);  // its BYE is not seen
    Call n = neighbour(c);
    announce(n, 20, true, same_origin ? "53655765" : "222222");
    announce(n, 21, false, same_origin ? "61728394" : "333333");
    n.talk(21.2, 50, 500);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
    const auto gaps = all_of(b, EventType::gap);
    ASSERT_EQ(gaps.size(), 3u) << "each endpoint, and that the ports are gone";
    EXPECT_EQ(gaps[1]->at, at(21));
    EXPECT_THAT(gaps[1]->detail["why"].get<std::string>(), HasSubstr("both ends of this call's media"));
    // The call is up after all.
    reinvite(c, 25, true, "sendrecv");
    c.talk(26, 50, 900);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 200u);
  }
}

TEST(Rivals, ThatTakeTheFarEndBehindANatToo) {
  Bench b(grants(spec()));
  Call c{b};
  announce(c, 0, true, "53655765");
  announce(c, 1, false, "61728394");
  const wire::Endpoint nat = ep("203.0.113.77", 40001);
  b.talk(1.2, c.am, nat, 7, 10);
  b.talk(1.2, nat, c.am, 8, 10);
  Call n = neighbour(c);
  announce(n, 20, true, "222222");
  announce(n, 21, false, "333333");
  b.talk(21.2, c.am, nat, 9, 10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
}

// Both are targets of a grant each: nobody's evidence holds the other's call.
TEST(Rivals, OfAnotherGrant) {
  Bench b({carrier().grant(spec()), carrier().grant(spec(Kind::content, "+13125550199"))});
  Call c{b};
  announce(c, 0, true, "53655765");
  announce(c, 1, false, "61728394");
  c.talk(1.2, 50);
  Call n = neighbour(c);
  announce(n, 20, true, "222222");
  announce(n, 21, false, "333333");
  n.talk(21.2, 50, 500);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 0), 100u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp, 1), 100u);
}

TEST(Rivals, OneOriginInEverySdpMakesNoLeg) {
  Bench b(grants(spec()));
  Call c{b};
  announce(c, 0, true, "53655765");
  announce(c, 1, false, "61728394");
  c.talk(1.2, 10);
  Call n = neighbour(c);
  n.z = n.zm = ep("198.51.100.66", 33000);
  announce(n, 20, true, "53655765");
  announce(n, 21, false, "333333");
  n.talk(21.2, 10, 500);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
  EXPECT_EQ(b.sink.count(EventType::gap), 1u);
  // Nor are two calls to the target one.
  Call second = neighbour(c);
  second.id = "second";
  second.callee = c.callee;
  second.am = ep("192.0.2.1", 20080);
  announce(second, 30, true, "53655765");
  EXPECT_EQ(b.sink.count(EventType::connection), 0u);
}

// A device in the middle hands both SDPs on unchanged and refreshes its own leg later.
TEST(Rivals, TheCallsOwnLegsTakeNothing) {
  Bench b(grants(spec()));
  Call c{b};
  announce(c, 0, true, "53655765");
  Call leg = neighbour(c);
  leg.a = c.z;
  leg.z = ep("203.0.113.5", 5060);
  announce(leg, 0.1, true, "53655765");
  announce(leg, 1, false, "61728394");
  announce(c, 1.1, false, "61728394");
  announce(leg, 1.2, false, "61728394");  // retransmitted
  c.talk(2, 10);
  announce(leg, 100, true, "53655765");
  announce(leg, 100.1, false, "61728394");
  c.talk(101, 10, 500);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 40u);
  EXPECT_EQ(b.sink.count(EventType::gap), 0u);
}

// From where the target's call went another person's call goes on, too: only what comes as soon as a device
// hands an SDP on is a leg.
TEST(Rivals, WhatComesLaterFromTheSameHostIsNoLeg) {
  Bench b(grants(spec()));
  Call c{b};
  announce(c, 0, true, "53655765");
  announce(c, 1, false, "61728394");
  c.ack(1.05);
  c.talk(1.2, 50);  // its BYE is not seen
  Call n = neighbour(c);
  n.a = c.z;
  n.z = ep("203.0.113.5", 5060);
  announce(n, 20, true, "222222");
  announce(n, 21, false, "333333");
  n.talk(21.2, 50, 500);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

// What a device in the call's way begins, from there to there.
Call leg_of(const Call& c, const std::string& id, const wire::Endpoint& from, const wire::Endpoint& to) {
  Call leg = neighbour(c);
  leg.id = id;
  leg.a = from;
  leg.z = to;
  return leg;
}

// Whether anybody is said to share the endpoints of a call when `legs` have announced them.
std::size_t contested(const std::function<void(Call&)>& legs) {
  Bench b(grants(trusting()));
  Call c{b};
  legs(c);
  return b.sink.count(EventType::gap);
}

// What a B2BUA hands on, wherever it stands in the call's way.
TEST(Rivals, ALegIsOneWhereverItLies) {
  const wire::Endpoint second = ep("203.0.113.5", 5060), third = ep("203.0.113.6", 5060),
                       before = ep("203.0.113.7", 5060);
  const char* const offered = "53655765";
  const char* const answered = "61728394";
  EXPECT_EQ(contested([&](Call& c) {
              announce(c, 0, true, offered);
              announce(leg_of(c, "2", second, third), 0.1, true, offered);
            }),
            1u)
      << "control: from where the call did not go";
  EXPECT_EQ(contested([&](Call& c) {  // behind a proxy that sent the call's own INVITE on
              announce(c, 0, true, offered);
              announce(leg_of(c, c.id, c.z, second), 0.05, true, offered);
              announce(leg_of(c, "2", second, third), 0.1, true, offered);
            }),
            0u);
  EXPECT_EQ(contested([&](Call& c) {  // behind another leg
              announce(c, 0, true, offered);
              announce(leg_of(c, "2", c.z, second), 0.05, true, offered);
              announce(leg_of(c, "3", second, third), 0.1, true, offered);
            }),
            0u);
  EXPECT_EQ(contested([&](Call& c) {  // before it: the target's is the second, and the first comes again
              const Call first = leg_of(c, "0", before, c.a);
              announce(first, 0, true, offered);
              announce(c, 0.1, true, offered);
              announce(first, 0.5, true, offered);
            }),
            0u);
  EXPECT_EQ(contested([&](Call& c) {  // first heard of by an answer, which has the offer
              Sip bare = c.message(c.request("INVITE"), "INVITE", false);
              c.b.sip(0, c.a, c.z, bare);
              const Call leg = leg_of(c, "2", c.z, second);
              announce(leg, 1, false, answered);
              announce(c, 1.1, false, answered);
              announce(leg, 1.5, false, answered);
            }),
            0u);
  EXPECT_EQ(contested([&](Call& c) {  // both joined in the middle
              announce_late(c, 0, true);
              announce_late(leg_of(c, "2", c.z, second), 0.1, true);
            }),
            0u);
}

// Of a call that was joined late it is not known whether it still rings: a neighbour that begins later from
// where it goes has the ports.
TEST(Rivals, OfACallThatWasJoinedLateToo) {
  Bench b(grants(trusting()));
  Call c{b};
  announce_late(c, 0, true);
  announce_late(c, 0.1, false);
  c.talk(1, 50);  // its BYE is not seen
  Call n = leg_of(c, "neighbour", c.z, ep("203.0.113.5", 5060));
  announce(n, 20, true, "222222");
  announce(n, 21, false, "333333");
  n.talk(21.2, 50, 500);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

}  // namespace
}  // namespace writ::intercept
