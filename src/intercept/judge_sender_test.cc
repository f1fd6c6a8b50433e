// SPDX-License-Identifier: GPL-3.0-or-later
// Callers whose From does not tell who they are, and callees whose Request-URI does not.
#include <gmock/gmock.h>

#include "intercept/credentials.hh"
#include "intercept/test_registration.hh"

namespace writ::intercept {
namespace {

using namespace test;

// A call with these credentials, asked for by the next hop and accepted; its From tells nothing.
void calls_with(Bench& b, double t, const std::string& id, const wire::Endpoint& to,
                const std::string& credentials) {
  Call c = outgoing(b, id, ep("192.0.2.50", 41000));
  c.caller = "service";
  c.z = to;
  c.invite(t);
  c.response(t + 0.1, 401);
  ++c.cseq;
  c.invite_extra = credentials;
  c.invite(t + 0.2);
  c.response(t + 0.3, 180);
  c.answer(t + 1);
  c.bye(t + 2);
}

TEST(JudgeSender, TheNameThatTheRegistrarAcceptedIsTheTargets) {
  Bench b(grants(spec()));
  Device d{b};
  d.extra = authorization("hb-9f3", "pbx.example.net");
  d.registers(0);
  const wire::Endpoint elsewhere = ep("198.51.100.77", 5060);
  calls_with(b, 1, "other-realm", d.registrar, authorization("hb-9f3", "pbx.example.com"));
  calls_with(b, 5, "other-name", d.registrar, authorization("hb-9f4", "pbx.example.net"));
  EXPECT_EQ(b.sink.events.size(), 1u) << "neighbours: nothing but the registration";
  calls_with(b, 10, "own", elsewhere, authorization("hb-9f3", "pbx.example.net"));
  ASSERT_EQ(b.sink.count(EventType::origination), 1u);
  EXPECT_EQ(b.sink.first(EventType::origination)->detail["identity_source"], "digest");
  // An account that another address of record registers with too is nobody's.
  Device other{b};
  other.aor = "+14045550103";
  other.id = "r2";
  other.phone = ep("192.0.2.51", 5060);
  other.extra = d.extra;
  other.registers(20);
  calls_with(b, 21, "whose", elsewhere, d.extra);
  EXPECT_EQ(b.sink.count(EventType::origination), 1u);
}

// "101" of "asterisk" lives in every hotel.
TEST(JudgeSender, ARealmThatIsNoNameOfTheWorldCountsWhereItWasAccepted) {
  for (const char* realm : {"asterisk", ".pbx", "pbx.local", "10.0.0.1"}) {
    Bench b(grants(spec()));
    Device d{b};
    d.extra = authorization("101", realm);
    d.registers(0);
    calls_with(b, 1, "neighbour", ep("198.51.100.77", 5060), d.extra);
    EXPECT_EQ(b.sink.count(EventType::origination), 0u) << realm;
    calls_with(b, 10, "own", d.registrar, d.extra);
    EXPECT_EQ(b.sink.count(EventType::origination), 1u) << realm;
  }
}

// Devices without a name of their own write username="": that is everybody's.
TEST(JudgeSender, AnEmptyNameIsNobodys) {
  Bench b(grants(spec()));
  Device d{b};
  d.extra = authorization("", "pbx.example.net");
  d.registers(0);
  calls_with(b, 1, "neighbour", d.registrar, d.extra);
  EXPECT_EQ(b.sink.events.size(), 1u) << "nothing but the registration";
}

TEST(JudgeSender, NamesOfOneGrantAreBounded) {
  Credentials known;
  const auto name = [](std::size_t n) { return wire::DigestIdentity{"u" + std::to_string(n), "x.example"}; };
  const auto hits = [&](std::size_t n) {
    std::size_t found = 0;
    known.of(name(n), {}, [&](std::uint32_t, const std::string&) { ++found; });
    return found;
  };
  for (std::size_t n = 0; n <= Credentials::per_grant_max; ++n) known.learn(0, name(n), {}, "+14045550102");
  known.learn(1, name(1), {}, "+14045550103");
  EXPECT_EQ(hits(0), 0u);
  EXPECT_EQ(hits(1), 2u);
  EXPECT_EQ(hits(Credentials::per_grant_max), 1u);
}

struct Hidden {
  const char* extra;
  std::size_t calls, reviews;
};

TEST(JudgeSender, AHiddenCallerIsWhoRegistersFromThere) {
  for (const Hidden& h : std::vector<Hidden>{
           {"", 0, 1},
           {"Contact: <sip:line1@192.0.2.50:5060>\r\n", 1, 0},
           {"Contact: <sip:line2@192.0.2.50:5060>\r\n", 0, 1},
           {"P-Preferred-Identity: <sip:+14045550102@carrier.example>\r\n", 1, 0},
           {"P-Preferred-Identity: <sip:+14045550103@carrier.example>\r\n", 0, 1},
           {"Authorization: Digest username=\"lobby\", realm=\"carrier.example\", nonce=\"n\"\r\n", 0, 1},
           {"Contact: <sip:line1@192.0.2.50:5060>\r\nVia: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKq\r\n", 0, 1},
       }) {
    Bench b(grants(spec()));
    Device d{b};
    d.registers(0);
    Call c = outgoing(b, "hidden", d.phone);
    c.caller = "anonymous";
    c.invite_extra = h.extra;
    rings(c, 1);
    EXPECT_EQ(b.sink.count(EventType::origination), h.calls) << h.extra;
    EXPECT_EQ(b.sink.count(EventType::review), h.reviews) << h.extra;
    // Another place, and another name at that place, are somebody else.
    c.id = "elsewhere";
    c.a = ep("192.0.2.50", 5062);
    rings(c, 20);
    c.id = "guest";
    c.a = d.phone;
    c.caller = "guest";
    rings(c, 40);
    EXPECT_EQ(b.sink.count(EventType::origination), h.calls) << h.extra;
    EXPECT_EQ(b.sink.count(EventType::review), h.reviews) << h.extra;
  }
}

TEST(JudgeSender, AHiddenCallerAtASharedPlaceIsNobody) {
  Bench b(grants(spec()));
  Device d{b}, other{b};
  d.registers(0);
  other.aor = "+14045550103";
  other.id = "r2";
  other.registers(1);
  Call c = outgoing(b, "hidden", d.phone);
  c.caller = "anonymous";
  c.invite_extra = "Contact: <sip:line1@192.0.2.50:5060>\r\n";
  c.whole(2);
  EXPECT_EQ(b.sink.count(EventType::origination), 0u);
}

// A server that wrote the contact into the Request-URI says whom the call was for; only a trusted one proves
// it.
TEST(JudgeCallee, ThePartyThatWasCalled) {
  const std::string header = "P-Called-Party-ID: <sip:+14045550102@carrier.example>\r\n";
  for (const bool trusted : {false, true}) {
    GrantSpec s = spec();
    if (trusted) s.trusted_peers = {"192.0.2.1"};
    Bench b(grants(s));
    invites(b, 0, "sip:zz1@192.0.2.7:5060", header);
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), trusted ? 1u : 0u);
    EXPECT_EQ(b.sink.count(EventType::review), trusted ? 0u : 1u);
    invites(b, 5, "sip:zz1@192.0.2.7:5060", "P-Called-Party-ID: <sip:+14045550103@carrier.example>\r\n");
    EXPECT_EQ(b.sink.count(EventType::termination_attempt), trusted ? 1u : 0u);
    EXPECT_EQ(b.sink.count(EventType::review), trusted ? 0u : 1u);
  }
}

// RFC 3966: a local number and its context may be the target's; that they make one number nobody says.
TEST(JudgeCallee, ALocalNumberInItsContextIsToBeLookedAt) {
  Bench b(grants(spec()));
  invites(b, 0, "tel:5550102;phone-context=+1404");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 0u);
  EXPECT_EQ(b.sink.count(EventType::review), 1u);
  invites(b, 5, "tel:5550102;phone-context=+1405");
  EXPECT_EQ(b.sink.events.size(), 1u);
}

TEST(JudgeCallee, AnotherUserWithASemicolonIsANeighbour) {
  GrantSpec s = spec();
  s.targets = {uri("user@example.com")};
  Bench b(grants(s));
  invites(b, 0, "sip:user;par=u%40example.net@example.com");
  EXPECT_TRUE(b.sink.events.empty());
  invites(b, 5, "sip:user@example.com;par=u");
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
}

}  // namespace
}  // namespace writ::intercept
