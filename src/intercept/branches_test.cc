// SPDX-License-Identifier: GPL-3.0-or-later
// When a call is over, when it only seems so, and several calls under one Call-ID.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

// Both sides' media move to other ports by re-INVITE, and go on there.
void move_on(Call& c, double t, std::uint32_t cseq = 20) {
  c.am.port = static_cast<std::uint16_t>(c.am.port + 2);
  c.zm.port = static_cast<std::uint16_t>(c.zm.port + 2);
  reinvite(c, t, true, "sendrecv", 200, cseq);
  c.talk(t + 0.1, 50, 500);
}

void bye_between(Call& c, double t, const wire::Endpoint& from, const wire::Endpoint& to, int status = 200,
                 const std::string& cseq = "5") {
  Sip m = c.message(c.request("BYE"), "BYE", true);
  m.cseq = cseq + " BYE";
  c.b.sip(t, from, to, m);
  m.start = "SIP/2.0 " + std::to_string(status) + " X";
  c.b.sip(t + 0.05, to, from, m);
}

const wire::Endpoint stranger = ep("203.0.113.66", 5060), accomplice = ep("203.0.113.67", 5060);

// RFC 3261 13.2.2.4: both answer, and the caller ends the one that it does not want.
TEST(Branches, TheCallIsOverWithTheLastOfThem) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call other_branch = c;
  other_branch.ttag = ";tag=loser";
  other_branch.z = ep("198.51.100.9", 5060);
  other_branch.zm = ep("198.51.100.9", 31000);
  other_branch.answer(1.1);
  other_branch.bye(1.2);
  c.talk(1.4, 50);
  move_on(c, 4);
  c.cseq = 40;
  c.bye(9);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 200u);
  const auto ends = all_of(b, EventType::release);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0]->at, at(9));
  EXPECT_EQ(b.sink.count(EventType::cc_close), 1u);
}

TEST(Branches, AnEndThatTheTwoSidesDoNotMindIsNone) {
  for (const bool by_stranger : {false, true}) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    c.talk(1.1, 50);
    bye_between(c, 2.5, by_stranger ? stranger : c.a, c.z);
    move_on(c, 4);
    c.cseq = 40;
    c.bye(9);
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 200u);
    const Matter m = b.sink.matter();
    ASSERT_EQ(m.calls.size(), 1u);
    EXPECT_EQ(m.calls[0].end, at(9));
    EXPECT_EQ(b.sink.count(EventType::cc_open), b.sink.count(EventType::cc_close));
  }
}

TEST(Branches, AByeBetweenStrangersEndsNothing) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  bye_between(c, 2.5, stranger, accomplice, 200, "900");  // beside which the true one looks old
  c.talk(3, 50);
  c.cseq = 40;
  c.bye(9);
  ASSERT_TRUE(b.engine.finish());
  const auto ends = all_of(b, EventType::release);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0]->at, at(9));
}

// Nor between those whom an INVITE has named that is of no dialog of the call, whoever it was sent to.
TEST(Branches, AnInviteOfNoDialogMakesNobodyAPartOfTheCall) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip m = c.message(c.request("INVITE"), "INVITE", true);
  m.from = c.party("+12125550166") + ";tag=guess";
  m.to = c.party(c.callee) + ";tag=other";
  m.extra = "Contact: <sip:x@" + accomplice.ip.text() + ">\r\n";
  b.sip(2, stranger, c.z, m);
  bye_between(c, 2.5, stranger, accomplice);
  EXPECT_EQ(b.sink.count(EventType::release), 0u);
  c.cseq = 40;
  c.bye(9);
  const auto ends = all_of(b, EventType::release);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0]->at, at(9));
}

// RFC 3261 12.2.1.1: without Record-Route the BYE goes from one Contact to the other, past the proxies that
// the INVITE took.
TEST(Branches, AByeBetweenTheContactsEndsTheCall) {
  for (const bool named : {true, false}) {
    Bench b(grants(spec()));
    Call c{b};
    const wire::Endpoint caller = ep("192.0.2.200", 5060), callee = ep("198.51.100.200", 5060);
    if (named) {
      c.invite_extra = "Contact: <sip:x@" + caller.text() + ">\r\n";
      c.answer_extra = "Contact: <sip:y@" + callee.text() + ">\r\n";
    }
    c.invite(0);
    c.answer(1);
    bye_between(c, 5, callee, caller);
    EXPECT_EQ(b.sink.count(EventType::release), named ? 1u : 0u);
  }
}

// The BYE that the two sides did not mind comes once more while they agree to go on.
TEST(Branches, AnEndThatIsSaidAgainIsNone) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 50);
  bye_between(c, 2.5, stranger, c.z);
  c.am.port = static_cast<std::uint16_t>(c.am.port + 2);
  c.zm.port = static_cast<std::uint16_t>(c.zm.port + 2);
  Sip m = c.message(c.request("INVITE"), "INVITE", true);
  m.cseq = "20 INVITE";
  m.body = sdp(c.am.ip.text(), c.am.port);
  b.sip(4, c.a, c.z, m);
  bye_between(c, 4.01, stranger, c.z);
  m.start = "SIP/2.0 200 OK";
  m.body = sdp(c.zm.ip.text(), c.zm.port);
  b.sip(4.1, c.z, c.a, m);
  c.talk(4.2, 50, 500);
  c.cseq = 40;
  c.bye(9);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 200u);
  EXPECT_EQ(b.sink.matter().calls.at(0).end, at(9));
}

// After a stranger's BYE a side may be silent for long (a call on hold); between other ends nothing is the
// call's.
TEST(Branches, SilenceAfterAStrangersByeIsNoEnd) {
  const auto heard = [](bool by_stranger) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    c.talk(1.1, 50);
    bye_between(c, 2.5, by_stranger ? stranger : c.a, c.z);
    for (double t = 3; t < 30; t += 1) EXPECT_TRUE(b.engine.tick(at(t)));
    c.talk(30, 50, 500);
    b.talk(30, c.am, ep("192.0.2.77", 40000), 7, 10);
    EXPECT_TRUE(b.engine.finish());
    EXPECT_EQ(b.sink.count(EventType::cc_open), b.sink.count(EventType::cc_close));
    return b.sink.count(PacketRole::rtp);
  };
  EXPECT_EQ(heard(true), 200u);
  EXPECT_EQ(heard(false), 100u) << "its ports may be another call's by then";
}

TEST(Branches, AByeToADialogThatIsNoMoreEndsIt) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  c.talk(1.1, 50);
  bye_between(c, 2.5, c.a, c.z, 481);
  ASSERT_TRUE(b.engine.finish());
  const Event* end = b.sink.first(EventType::release);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->at, at(2.5));
}

// 422, and again with another Session-Expires; digits one by one after a 484.
TEST(Branches, ARetryOpensAndEndsTheCallAgain) {
  Bench b(grants(trusting(Kind::content, "+12125550111")));
  Call c{b};
  c.ruri = "+1404555";
  c.invite(0);
  c.response(0.1, 484);
  c.ruri = c.callee;
  c.cseq = 2;
  c.invite(1);
  c.answer(2);
  c.talk(2.1, 50);
  c.bye(6);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(EventType::release), 2u);
  EXPECT_EQ(b.sink.count(EventType::cc_close), 1u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  const auto attempts = all_of(b, EventType::origination);
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[1]->detail["request_uri"], "+14045550102");
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.size(), 1u);
  EXPECT_EQ(m.calls[0].start, at(0));
  EXPECT_EQ(m.calls[0].answer, at(2));
  EXPECT_EQ(m.calls[0].end, at(6));
}

std::size_t heard_under_one_id(void (*first)(Call&), bool trust, const wire::Endpoint& from, bool to_target) {
  Bench b(grants(trust ? trusting(Kind::content) : spec()));
  Call decoy{b};
  decoy.invite(0);
  first(decoy);
  Call c{b};
  c.ftag = ";tag=another";
  c.ttag = ";tag=anothers";
  c.a = from;
  c.am = ep("192.0.2.60", 26000);
  c.zm = ep("198.51.100.60", 36000);
  if (!to_target) c.callee = "+13125550133";
  c.cseq = 7;
  c.invite(2);
  c.answer(3);
  c.talk(3.1, 50);
  c.bye(6);
  EXPECT_TRUE(b.engine.finish());
  std::size_t n = 0;
  for (const auto& p : b.sink.packets) n += p.tag.role == PacketRole::rtp && p.at > at(3.1) - Nanos{1};
  if (n > 0) {
    const Matter m = b.sink.matter();
    EXPECT_EQ(m.calls.size(), 2u);
    EXPECT_EQ(m.calls.back().end, at(6));
  }
  return n;
}

// A second call under the Call-ID of one that was refused, given up, answered or is up.
TEST(Branches, CallsUnderOneCallIdAreKeptApart) {
  const auto nothing = [](Call&) {};
  const auto refused = [](Call& c) { c.response(0.5, 486); };
  const auto given_up = [](Call& c) {
    c.b.sip(0.4, c.a, c.z, c.message(c.request("CANCEL"), "CANCEL", false));
    c.response(0.5, 487);
  };
  const auto up = [](Call& c) { c.answer(1); };
  const auto over = [](Call& c) {
    c.answer(1);
    c.bye(1.5);
  };
  const wire::Endpoint same = ep("192.0.2.1", 5060), elsewhere = ep("192.0.2.50", 5060);
  for (void (*first)(Call&) : std::initializer_list<void (*)(Call&)>{nothing, refused, given_up, up, over})
    for (const wire::Endpoint& from : {same, elsewhere}) {
      EXPECT_EQ(heard_under_one_id(first, false, from, true), 100u);
      EXPECT_EQ(heard_under_one_id(first, true, from, true), 100u);
      EXPECT_EQ(heard_under_one_id(first, false, from, false), 0u) << "control: another's call";
    }
}

// Two calls that nothing tells apart are not two dialogs in one place.
TEST(Branches, InvitesWithoutATagUnderOneCallId) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call tagless = c;
  tagless.ftag = "";
  for (int i = 0; i < 3; ++i) {
    tagless.cseq = static_cast<std::uint32_t>(7 + i);
    tagless.am.port = static_cast<std::uint16_t>(26000 + 2 * i);
    tagless.a = ep("192.0.2.50", 5060);
    tagless.invite(2 + i);
  }
  c.talk(6, 10);
  b.talk(6, c.zm, ep("192.0.2.1", 26000), 9, 5);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
  EXPECT_GE(b.sink.count(PacketRole::rtp), 20u);
}

// RFC 3261 8.1.3.5 says only SHOULD of keeping the tag.
TEST(Branches, AChallengedCallThatComesAgainUnderAnotherTag) {
  const auto heard = [](const std::string& user) {
    Bench b(grants(spec(Kind::content, "+12125550111")));
    Call c{b};
    c.invite(0);
    c.response(0.1, 407);
    c.ftag = ";tag=fresh";
    c.cseq = 2;
    c.invite_extra = "Proxy-Authorization: Digest username=\"" + user +
                     "\", realm=\"carrier.example\", nonce=\"n\", uri=\"sip:x\", response=\"0\"\r\n";
    c.invite(0.2);
    c.answer(1);
    c.talk(1.1, 50);
    c.bye(4);
    EXPECT_TRUE(b.engine.finish());
    return b.sink.count(PacketRole::rtp);
  };
  EXPECT_EQ(heard("+12125550111"), 100u);
  EXPECT_EQ(heard("+12125550199"), 0u) << "control";
}

// Whoever calls the target may name anybody's endpoint.
TEST(Branches, AnOfferThatNobodyTakesUpDrawsNothing) {
  const auto heard = [](bool taken_up) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.response(0.1, 100);
    if (taken_up) c.response(0.2, 180);
    c.talk(1, 10);
    EXPECT_TRUE(b.engine.finish());
    return b.sink.count(PacketRole::rtp);
  };
  EXPECT_EQ(heard(false), 0u);
  EXPECT_EQ(heard(true), 20u);
}

// Asked who it is, the side that hangs up asks again.
TEST(Branches, AChallengedByeEndsNothing) {
  for (const int status : {401, 407, 503}) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    bye_between(c, 2, c.a, c.z, status, "5");
    move_on(c, 4);
    bye_between(c, 9, c.a, c.z, 200, "21");
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u) << status;
    const auto ends = all_of(b, EventType::release);
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(ends[0]->at, at(9));
  }
}

}  // namespace
}  // namespace writ::intercept
