// SPDX-License-Identifier: GPL-3.0-or-later
// Several Call-IDs of one call. Each for a content grant and, where it may differ, for a pen register.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

TEST(Legs, OfABackToBackAgentAreJoinedByWhatSurvivesIt) {
  const std::string uuid = "ab30317f1a784dc48ff824d0d3715d86",
                    icid = "P-Charging-Vector: icid-value=1234bc9876e;orig-ioi=x\r\n";
  for (const std::string& extra :
       {"Session-ID: " + uuid + ";remote=00000000000000000000000000000000\r\n", icid}) {
    Bench b(grants(trusting()));
    Call c{b};
    c.caller = "+14045550102";
    c.callee = "+12125550111";
    c.invite_extra = extra;
    c.invite(0);
    Call second{b};
    second.id = "leg2";
    second.caller = c.caller;
    second.callee = c.callee;
    second.a = c.z;
    second.z = ep("203.0.113.5", 5060);
    second.am = ep("198.51.100.1", 31000);
    second.zm = ep("203.0.113.5", 32000);
    second.invite_extra = extra;
    second.invite(0.1);
    second.answer(1);
    c.answer(1.1);
    Call other = second;
    other.id = "no-leg";
    other.invite_extra =
        "Session-ID: 00000000000000000000000000000000;remote=00000000000000000000000000000000\r\n";
    other.invite(2);
    const auto joined = all_of(b, EventType::connection);
    ASSERT_EQ(joined.size(), 1u) << extra;
    EXPECT_EQ(joined[0]->call_id, "leg2");
    EXPECT_EQ(joined[0]->detail["leg_of"], c.id);
    const Json j = calls_json(b.sink.matter());
    EXPECT_EQ(j["calls"][1]["leg_of"], c.id);
  }
}

TEST(Legs, AnotherLegsSdpIsNoRivalsClaimToThePort) {
  // The agent hands the SDP on unchanged to a leg that names the target nowhere; media then come from a NAT.
  for (const bool same_session : {true, false}) {
    Bench b(grants(spec()));
    Call c{b};
    Sip m = c.message(c.request("INVITE"), "INVITE", false);
    m.body = sdp("10.0.0.5", 20000);
    m.body.replace(m.body.find("o=- 1 1"), 7, "o=x 837261 1");
    b.sip(0, c.a, c.z, m);
    Call leg{b};
    leg.id = "leg2";
    leg.callee = "+12125550199";
    leg.caller = "anonymous";
    leg.a = c.z;
    leg.z = ep("203.0.113.5", 5060);
    Sip n = leg.message(leg.request("INVITE"), "INVITE", false);
    n.body = m.body;
    n.body.replace(n.body.find("837261 1"), 8, same_session ? "837261 2" : "837262 2");
    b.sip(0.1, leg.a, leg.z, n);
    c.answer(1);
    b.talk(1.1, c.zm, ep("203.0.113.77", 40001), 7, 10);
    b.talk(1.2, ep("10.0.0.5", 20000), ep("203.0.113.78", 41000), 8, 10);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), same_session ? 20u : 10u);
    EXPECT_EQ(b.sink.count(EventType::gap), same_session ? 0u : 1u);
  }
}

}  // namespace
}  // namespace writ::intercept
