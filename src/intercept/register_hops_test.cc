// SPDX-License-Identifier: GPL-3.0-or-later
// Where a telephone registers from, and what each of its contacts is worth.
#include <gmock/gmock.h>

#include "intercept/test_registration.hh"

namespace writ::intercept {
namespace {

using namespace test;

const std::string second_via = "Via: SIP/2.0/UDP 192.0.2.50:5060;branch=z9hG4bKp\r\n";

// Both hops are mirrored, with a Via each or, as by a B2BUA, with one: the telephone stays bound, and a
// neighbour's call with a forged From through the same edge is nobody's.
TEST(RegisterHops, AnEdgeProxyIsNotTheTelephone) {
  for (const std::string& edge_writes : {second_via, std::string()}) {
    Bench b(grants(spec()));
    Device d{b};
    d.registers_by_edge(0, edge_writes);
    EXPECT_EQ(b.sink.count(EventType::serving_system), 1u) << "one registration, said once";
    const Event* served = b.sink.first(EventType::serving_system);
    EXPECT_EQ(served->detail["src"], "192.0.2.50:5060");
    EXPECT_EQ(served->detail["registrar"], "198.51.100.9:5060");
    outgoing(b, "forged", d.edge).whole(1);
    EXPECT_EQ(b.sink.count(EventType::origination), 0u);
    EXPECT_EQ(b.sink.count(EventType::review), 1u);
    outgoing(b, "own", d.phone).whole(10);
    EXPECT_EQ(b.sink.count(EventType::origination), 1u);
    // What is called is the contact, on whichever hop.
    invites(b, 20, "sip:line1@192.0.2.50:5060");
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  }
}

// The edge's hop alone is mirrored: what it tells of itself is enough.
TEST(RegisterHops, WhatCameThroughAProxyBindsNoSource) {
  for (const std::string& edge_writes : {second_via, std::string("Path: <sip:edge.example;lr>\r\n")}) {
    Bench b(grants(spec()));
    Device d{b};
    d.ask(0, d.edge, d.registrar, edge_writes);
    d.accept(0.1, d.registrar, d.edge);
    outgoing(b, "forged", d.edge).whole(1);
    EXPECT_EQ(b.sink.count(EventType::origination), 0u);
    EXPECT_EQ(b.sink.count(EventType::review), 1u);
  }
  {  // Both Vias in one line (RFC 3261 7.3.1).
    Bench b(grants(spec()));
    Device d{b};
    b.wrap = [&](double t, const wire::Endpoint& from, const wire::Endpoint& to, View message) {
      std::string text{text_of(message)};
      text.insert(text.find("\r\nFrom"), ", SIP/2.0/UDP 192.0.2.50:5060;branch=z9hG4bKp");
      b.udp(t, from, to, view_of(text));
    };
    d.ask(0, d.edge, d.registrar);
    d.accept(0.1, d.registrar, d.edge);
    b.wrap = nullptr;
    outgoing(b, "forged", d.edge).whole(1);
    EXPECT_EQ(b.sink.count(EventType::origination), 0u);
    EXPECT_EQ(b.sink.count(EventType::review), 1u);
  }
  // A direct registration whose source sends another's call on.
  Bench b(grants(spec()));
  Device d{b};
  d.registers(0);
  Call c = outgoing(b, "sent-on", d.phone);
  c.invite_extra = c.answer_extra = second_via;
  rings(c, 1);
  EXPECT_EQ(b.sink.count(EventType::origination), 0u);
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
}

// Sent again for as long as the registrar is silent (RFC 3261 17.1.2.2), a hop leaves the others known.
TEST(RegisterHops, OneThatIsHeardTenTimesIsOne) {
  Bench b(grants(spec()));
  Device d{b};
  d.ask(0, d.phone, d.edge);
  for (int n = 0; n < 10; ++n) d.ask(0.5 * (n + 1), d.edge, d.registrar, second_via);
  d.accept(6, d.registrar, d.edge);
  --d.cseq;
  d.accept(6.1, d.edge, d.phone);
  EXPECT_EQ(b.sink.first(EventType::serving_system)->detail["src"], "192.0.2.50:5060");
  outgoing(b, "own", d.phone).whole(10);
  EXPECT_EQ(b.sink.count(EventType::origination), 1u);
}

// Once somebody else registers from there it stays so, whatever contact the target registers next.
TEST(RegisterHops, ASharedSourceStaysShared) {
  Bench b(grants(spec()));
  Device d{b}, other{b};
  d.registers(0);
  other.aor = "+14045550103";
  other.id = "r2";
  other.registers(1);
  d.contact = "<sip:line7@192.0.2.50:5060>;expires=300";
  d.registers(2);
  outgoing(b, "whose", d.phone).whole(3);
  EXPECT_EQ(b.sink.count(EventType::origination), 0u);
}

// One Call-ID for the registrations of two lines (RFC 3261 10.2.4): the neighbour's contacts are his.
TEST(RegisterHops, TwoTargetsUnderOneCallIdKeepTheirContactsApart) {
  std::vector<authority::VerifiedGrant> both = grants(spec());
  both.push_back(carrier().grant(spec(Kind::content, "+14045550103")));
  Bench b(std::move(both));
  Device d{b};
  d.registers(0);
  d.aor = "+14045550103";
  d.contact = "<sip:line2@192.0.2.50:5060>;expires=300";
  d.registers(1);
  invites(b, 2, "sip:line2@192.0.2.50:5060");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 0), 0u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt, 1), 1u);
}

TEST(RegisterHops, EachContactHasItsOwnTime) {
  Bench b(grants(spec()));
  Device d{b};
  d.contact = "<sip:old@192.0.2.50:5060>;expires=300";
  d.registers(0);
  d.contact = "<sip:new@192.0.2.50:5060>;expires=300, <sip:old@192.0.2.50:5060>;expires=0";
  d.listed = "<sip:new@192.0.2.50:5060>;expires=300";
  d.registers(1);
  invites(b, 2, "sip:old@192.0.2.50:5060");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 0u);
  invites(b, 3, "sip:new@192.0.2.50:5060");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  // Taking one away leaves the others of the same telephone.
  d.listed.clear();
  d.contact = "<sip:spare@192.0.2.50:5060>;expires=300";
  d.registers(4);
  d.contact = "<sip:spare@192.0.2.50:5060>;expires=0";
  d.registers(5);
  invites(b, 6, "sip:spare@192.0.2.50:5060");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  invites(b, 7, "sip:new@192.0.2.50:5060");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 2u);
  d.contact = "*";
  d.listed = "-";
  d.extra = "Expires: 0\r\n";
  d.registers(8);
  invites(b, 9, "sip:new@192.0.2.50:5060");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 2u);
}

// A registrar that reaches telephones where their packets come from, whether or not its answer says so.
TEST(RegisterHops, ARewrittenContactIsTheTargets) {
  const std::string rewritten = "<sip:line1@203.0.113.9:40123>;expires=300";
  for (const std::string& listed : {rewritten, std::string()}) {
    Bench b(grants(spec()));
    Device d{b};
    d.phone = ep("203.0.113.9", 40123);
    d.contact = "<sip:line1@192.168.1.5:5060>;expires=300";
    d.listed = listed;
    d.registers(0);
    invites(b, 1, "sip:line2@203.0.113.9:40123");
    invites(b, 2, "sip:line1@203.0.113.9:40124");
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), 0u) << "a neighbour behind the same NAT";
    invites(b, 3, "sip:line1@203.0.113.9:40123");
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
    d.contact = "<sip:line1@192.168.1.5:5060>;expires=0";
    d.listed = "<sip:desk@198.51.100.77>;expires=60";
    d.registers(4);
    invites(b, 5, "sip:line1@203.0.113.9:40123");
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
    // Another telephone of the same address of record, known from the list alone.
    invites(b, 6, "sip:desk@198.51.100.77");
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), 2u);
  }
}

}  // namespace
}  // namespace writ::intercept
