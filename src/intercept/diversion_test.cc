// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that name the target as who redirected them, and whose word that is.
#include <gtest/gtest.h>

#include "intercept/test_registration.hh"

namespace writ::intercept {
namespace {

using namespace test;

TEST(Diversion, IsARedirectedCall) {
  Bench b(grants(spec()));
  Call c{b};
  c.callee = "+14045550199";
  c.invite_extra = "Diversion: <sip:+14045550102@carrier.example>;reason=unconditional\r\n";
  c.whole(0);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(b.sink.first(EventType::termination_attempt)->detail["direction"], "redirected");
  EXPECT_EQ(b.sink.count(EventType::redirection), 1u);
}

// Where the order names the peers whose word counts, nobody else has a call recorded by a Diversion.
TEST(Diversion, OfAStrangerIsAClaimWhereTrustedPeersAreNamed) {
  for (const bool trusted : {true, false})
    for (const char* header : {"Diversion: <sip:+14045550102@carrier.example>;reason=unconditional\r\n",
                               "History-Info: <sip:+14045550102@carrier.example>;index=1\r\n"}) {
      GrantSpec s = spec();
      s.trusted_peers = {trusted ? "192.0.2.1" : "192.0.2.99"};
      Bench b(grants(s));
      Call c{b};
      c.callee = "+14045550199";
      c.invite_extra = header;
      c.whole(0);
      EXPECT_EQ(b.sink.count(PacketRole::rtp), trusted ? 100u : 0u) << header;
      EXPECT_EQ(b.sink.count(EventType::review), trusted ? 0u : 1u) << header;
      if (!trusted) {
        EXPECT_EQ(b.sink.first(EventType::review)->detail["source"], "diversion");
      }
    }
}

// The proxy is trusted, and sends on what a stranger wrote.
TEST(Diversion, ThatAStrangerWroteIsNoBetterPassedOn) {
  GrantSpec s = spec();
  s.trusted_peers = {"198.51.100.1"};
  Bench b(grants(s));
  Call c{b};
  c.callee = "+14045550199";
  c.invite_extra = "Diversion: <sip:+14045550102@carrier.example>\r\n";
  Call on = c;
  on.a = c.z;
  on.z = ep("203.0.113.5", 5060);
  c.invite(0);
  on.invite(0.01);
  on.answer(1);
  c.answer(1.01);
  c.talk(1.1, 50);
  c.bye(3);
  EXPECT_TRUE(b.sink.packets.empty());
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 0u);
}

TEST(Diversion, ByTheTargetsOwnTelephone) {
  GrantSpec s = spec();
  s.trusted_peers = {"192.0.2.99"};
  Bench b(grants(s));
  Call c{b};
  register_target(b, -10, c, "+14045550102", "sip:phone7@192.0.2.1:5060");
  c.callee = "+14045550199";
  c.invite_extra = "Diversion: <sip:+14045550102@carrier.example>\r\n";
  const std::size_t before = b.sink.count(PacketRole::rtp);
  c.whole(0);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), before + 100);
  EXPECT_EQ(b.sink.first(EventType::termination_attempt)->detail["identity_source"], "contact");
}

}  // namespace
}  // namespace writ::intercept
