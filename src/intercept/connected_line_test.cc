// SPDX-License-Identifier: GPL-3.0-or-later
// Another party at the other end of a call that is up, as a trusted peer says.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;

void asserted(Call& c, double t, const std::string& method, std::uint32_t cseq, bool in_answer,
              const std::string& who) {
  Sip m = c.message(c.request(method), method, true);
  m.cseq = std::to_string(cseq) + " " + method;
  const std::string identity = "P-Asserted-Identity: \"CANARY\" <sip:" + who + "@carrier.example>\r\n";
  // In the answer the far side is the caller's, so the callee asks.
  if (in_answer) std::swap(m.from, m.to);
  if (!in_answer) m.extra = identity;
  c.b.sip(t, in_answer ? c.z : c.a, in_answer ? c.a : c.z, m);
  m.start = "SIP/2.0 200 OK";
  m.extra = in_answer ? identity : "";
  c.b.sip(t + 0.1, in_answer ? c.a : c.z, in_answer ? c.z : c.a, m);
}

TEST(ConnectedLine, AnUpdateAReinviteOrAnAnswerSaysWhoIsThere) {
  for (const Kind k : {Kind::content, Kind::trap}) {
    GrantSpec s = spec(k);
    s.trusted_peers = {"192.0.2.1"};
    Bench b(grants(s));
    Call c{b};
    c.invite_extra = "P-Asserted-Identity: <sip:+12125550111@carrier.example>\r\n";
    c.invite(0);
    c.answer(1);
    asserted(c, 2, "UPDATE", 20, false, "+12125550111");  // nothing new
    EXPECT_EQ(b.sink.count(EventType::connection), 0u);
    asserted(c, 3, "UPDATE", 21, false, "+13125550199");
    asserted(c, 3.5, "UPDATE", 21, false, "+13125550199");
    auto said = all_of(b, EventType::connection);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0]->detail["why"], "connected line");
    EXPECT_EQ(said[0]->detail["replaced"], "+12125550111");
    EXPECT_THAT(strings(said[0], "connected"), ElementsAre("+13125550199", "+14045550102"));
    EXPECT_EQ(said[0]->detail["by"], "other");
    asserted(c, 4, "INVITE", 22, false, "+13125550188");
    asserted(c, 5, "INVITE", 30, true, "+13125550177");
    said = all_of(b, EventType::connection);
    ASSERT_EQ(said.size(), 3u);
    EXPECT_THAT(strings(said[2], "connected"), ElementsAre("+13125550177", "+14045550102"));
    if (k == Kind::trap) {
      EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
    }
  }
}

TEST(ConnectedLine, NobodyElseSaysIt) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  asserted(c, 3, "UPDATE", 21, false, "+13125550199");
  EXPECT_EQ(b.sink.count(EventType::connection), 0u);
}

// Who answers, and the other branches of a call that was answered meanwhile: its parties as they were.
TEST(ConnectedLine, WhatBeginsTheCallPutsNobodyThrough) {
  GrantSpec s = spec();
  s.trusted_peers = {"192.0.2.1", "198.51.100.1"};
  Bench b(grants(s));
  Call c{b};
  c.cseq = 102;
  c.invite(0);
  c.answer_extra = "P-Asserted-Identity: <sip:+14045550155@carrier.example>\r\n";  // of a group
  c.answer(1);
  EXPECT_EQ(b.sink.first(EventType::answer)->detail["answering"], "+14045550155");
  // To another telephone that still rings, with the caller in other words; a B2BUA counts for itself.
  for (const std::uint32_t cseq : {102u, 1u}) {
    Call branch = c;
    branch.cseq = cseq;
    branch.a = c.z;
    branch.z = ep(cseq == c.cseq ? "198.51.100.20" : "198.51.100.21", 5060);
    branch.invite_extra = "P-Asserted-Identity: <sip:reception@carrier.example>\r\n";
    branch.invite(1.5);
  }
  EXPECT_EQ(b.sink.count(EventType::connection), 0u);
}

// Each side counts for itself: the callee's first re-INVITE may have the number of the INVITE.
TEST(ConnectedLine, AReinviteWithTheNumberOfTheInviteIsNone) {
  GrantSpec s = spec();
  s.trusted_peers = {"192.0.2.1"};
  Bench b(grants(s));
  Call c{b};
  c.invite(0);
  c.answer(1);
  asserted(c, 5, "INVITE", 1, true, "+13125550177");
  EXPECT_EQ(b.sink.count(EventType::connection), 1u);
}

TEST(ConnectedLine, ARefusalPutsNobodyThrough) {
  GrantSpec s = spec();
  s.trusted_peers = {"192.0.2.1"};
  Bench b(grants(s));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip m = c.message("SIP/2.0 488 Not Acceptable Here", "UPDATE", true);
  std::swap(m.from, m.to);
  m.cseq = "5 UPDATE";
  m.extra = "P-Asserted-Identity: <sip:+13125550177@carrier.example>\r\n";
  b.sip(2, c.a, c.z, m);
  EXPECT_EQ(b.sink.count(EventType::connection), 0u);
}

}  // namespace
}  // namespace writ::intercept
