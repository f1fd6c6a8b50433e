// SPDX-License-Identifier: GPL-3.0-or-later
// Redirection inside of one Call-ID, by the telephone (3xx) or by a proxy (Diversion, History-Info), and who
// answered.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;

const wire::Endpoint telephone = ep("198.51.100.20", 5060), gateway = ep("198.51.100.30", 5060);

// The call's INVITE on its way from the proxy to another place.
void branch(Call& c, double t, const wire::Endpoint& to, const std::string& uri,
            const std::string& extra = "") {
  Sip m = c.message("INVITE sip:" + uri + " SIP/2.0", "INVITE", false);
  m.extra = extra;
  m.body = sdp(c.am.ip.text(), c.am.port);
  c.b.sip(t, c.z, to, m);
}

void reply(Call& c, double t, const wire::Endpoint& place, const std::string& status,
           const std::string& extra = "") {
  Sip m = c.message("SIP/2.0 " + status, "INVITE", true);
  m.extra = extra;
  c.b.sip(t, place, c.z, m);
}

TEST(Redirection, ByTheTelephoneToItsProxy) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  branch(c, 0.1, telephone, "x9f3@198.51.100.20");
  for (const double t : {0.2, 0.7})
    reply(c, t, telephone, "302 Moved", "Contact: <sip:+13125550133@carrier.example>\r\n");
  branch(c, 0.8, gateway, "+13125550133@gw.example");
  reply(c, 1, gateway, "200 OK");
  c.answer(1.01);
  c.talk(1.2, 10);
  const auto said = all_of(b, EventType::redirection);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0]->detail["redirected_from"], "+14045550102");
  EXPECT_EQ(said[0]->detail["redirected_to"], "+13125550133");
  EXPECT_EQ(b.sink.first(EventType::answer)->detail["answering"], "+13125550133");
  EXPECT_EQ(b.sink.count(EventType::release), 0u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u);
  ASSERT_TRUE(b.engine.tick(at(100)));
  for (const Event* e : all_of(b, EventType::gap)) EXPECT_EQ(e->detail["why"], "") << "it was followed";
  // A 3xx that comes from nowhere in the call says nothing.
  Call other{b};
  other.id = "other";
  other.am.port = 22000;
  other.invite(200);
  reply(other, 200.2, ep("203.0.113.66", 5060), "302 Moved", "Contact: <sip:+13125550144@x>\r\n");
  EXPECT_EQ(b.sink.count(EventType::redirection), 1u);
}

TEST(Redirection, ByAProxyThatSaysForWhom) {
  const std::string target = "<sip:+14045550102@carrier.example";
  for (const std::string& extra :
       {"Diversion: " + target + ">;reason=user-busy\r\n",
        "History-Info: " + target + ">;index=1,<sip:+13125550133@gw.example>;index=1.1;mp=1\r\n",
        "History-Info: " + target +
            "?Reason=SIP%3Bcause%3D486>;index=1,<sip:+13125550133@gw.example>;index=2\r\n",
        "History-Info: " + target + ">;index=1,<sip:+13125550133@gw.example;cause=486>;index=2\r\n",
        "Diversion: " + target + ">;reason=user-busy, <urn:service:nobody>\r\n"}) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite_extra = "Diversion: <sip:+12125550166@carrier.example>;reason=unconditional\r\n";
    c.invite(0);
    branch(c, 0.1, telephone, "x9f3@198.51.100.20", c.invite_extra);
    reply(c, 0.2, telephone, "486 Busy Here");
    for (const double t : {0.3, 0.8})
      branch(c, t, gateway, "+13125550133@gw.example", c.invite_extra + extra);
    reply(c, 1, gateway, "200 OK");
    const auto said = all_of(b, EventType::redirection);
    ASSERT_EQ(said.size(), 1u) << extra << "who diverted it to the target is no news";
    EXPECT_EQ(said[0]->detail["redirected_from"], "+14045550102");
    EXPECT_EQ(said[0]->detail["redirected_to"], "+13125550133");
    EXPECT_EQ(said[0]->at, at(0.3));
    EXPECT_EQ(b.sink.first(EventType::answer)->detail["answering"], "+13125550133");
  }
}

// That a call went to the target's own telephone is no redirection.
TEST(Redirection, NotToTheTargetsContact) {
  for (const std::string& reason : {std::string(), std::string("?Reason=SIP%3Bcause%3D200")}) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    branch(c, 0.1, telephone, "x9f3@198.51.100.20",
           "History-Info: <sip:+14045550102@carrier.example" + reason +
               ">;index=1,<sip:x9f3@198.51.100.20>;index=1.1;rc=1\r\n");
    reply(c, 1, telephone, "200 OK");
    EXPECT_EQ(b.sink.count(EventType::redirection), 0u) << reason;
    EXPECT_EQ(b.sink.first(EventType::answer)->detail["answering"], "+14045550102");
  }
}

TEST(Redirection, ToWhereTheRequestGoes) {
  Bench b(grants(spec()));
  Call c{b};
  c.ruri = "+13125550133";
  c.invite_extra = "Diversion: <sip:+14045550102@carrier.example>;reason=unconditional\r\n";
  c.whole(0);
  const auto said = all_of(b, EventType::redirection);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0]->detail["redirected_to"], "+13125550133") << "To still names the target";
}

}  // namespace
}  // namespace writ::intercept
