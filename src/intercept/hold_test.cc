// SPDX-License-Identifier: GPL-3.0-or-later
// Hold as call-identifying events. Each for a content grant and, where it may differ, for a pen register.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;
using testing::ElementsAre;

TEST(Hold, BreaksAndRestoresTheConnectionOnceAndSaysWho) {
  for (const Kind k : {Kind::content, Kind::pen_trap}) {
    Bench b(grants(spec(k)));
    Call c{b};
    c.invite(0);
    c.answer(1);
    reinvite(c, 2, false, "sendonly", 491, 20);  // refused: nobody is on hold
    EXPECT_EQ(b.sink.count(EventType::connection_break), 0u);
    reinvite(c, 3, false, "sendonly", 200, 21);
    reinvite(c, 3.01, false, "sendonly", 200, 21);  // once more, as on another hop
    ASSERT_EQ(b.sink.count(EventType::connection_break), 1u);
    const Event* held = b.sink.first(EventType::connection_break);
    EXPECT_THAT(strings(held, "removed"), ElementsAre("+12125550111"));
    EXPECT_EQ(held->detail["by"], "target");
    EXPECT_EQ(held->at, at(3.05));
    reinvite(c, 5, false, "sendrecv", 200, 22);
    ASSERT_EQ(b.sink.count(EventType::connection), 1u);
    reinvite(c, 6, true, "inactive", 200, 30);
    EXPECT_EQ(all_of(b, EventType::connection_break).at(1)->detail["by"], "other");
    c.cseq = 30;
    c.bye(8);
    EXPECT_EQ(b.sink.count(EventType::release), 1u);
  }
}

TEST(Hold, ByAnAddressOfZerosAndInAnAnswerToAnInviteWithoutOffer) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip m = c.message(c.request("INVITE"), "INVITE", true);
  m.cseq = "2 INVITE";
  m.body = sdp("0.0.0.0", 20000);
  b.sip(2, c.a, c.z, m);
  m = c.message("SIP/2.0 200 OK", "INVITE", true);
  m.cseq = "2 INVITE";
  m.body = sdp("198.51.100.1", 30000);
  b.sip(2.1, c.z, c.a, m);
  EXPECT_EQ(b.sink.count(EventType::connection_break), 1u);
  m = c.message(c.request("INVITE"), "INVITE", true);
  m.cseq = "3 INVITE";
  b.sip(3, c.a, c.z, m);
  m = c.message("SIP/2.0 200 OK", "INVITE", true);
  m.cseq = "3 INVITE";
  m.body = sdp("198.51.100.1", 30000, "0", "a=sendonly\r\n");
  b.sip(3.1, c.z, c.a, m);
  EXPECT_EQ(b.sink.count(EventType::connection_break), 1u) << "not before the ACK";
  m = c.message(c.request("ACK"), "ACK", true);
  m.cseq = "3 ACK";
  m.body = sdp("192.0.2.1", 20000, "0", "a=recvonly\r\n");
  b.sip(3.2, c.a, c.z, m);
  EXPECT_EQ(b.sink.count(EventType::connection_break), 2u);
  c.talk(3.3, 10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 20u) << "held calls are kept as they are";
}

// An INVITE without an offer: the other side offers, the ACK answers.
void late_offer(Call& c, double t, std::uint32_t cseq, const std::string& offer, const std::string& reply) {
  Sip m = c.message(c.request("INVITE"), "INVITE", true);
  m.cseq = std::to_string(cseq) + " INVITE";
  c.b.sip(t, c.a, c.z, m);
  m.start = "SIP/2.0 200 OK";
  m.body = sdp("198.51.100.1", 30000, "0", "a=" + offer + "\r\n");
  c.b.sip(t + 0.1, c.z, c.a, m);
  m = c.message(c.request("ACK"), "ACK", true);
  m.cseq = std::to_string(cseq) + " ACK";
  m.body = sdp("192.0.2.1", 20000, "0", "a=" + reply + "\r\n");
  c.b.sip(t + 0.2, c.a, c.z, m);
}

TEST(Hold, AndResumeByTheAnswerInTheAck) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  const auto breaks = [&] { return all_of(b, EventType::connection_break); };
  const auto resumes = [&] { return all_of(b, EventType::connection); };
  late_offer(c, 2, 20, "sendrecv", "sendonly");
  ASSERT_EQ(breaks().size(), 1u);
  EXPECT_EQ(breaks()[0]->detail["by"], "other");
  EXPECT_EQ(breaks()[0]->at, at(2.2));
  late_offer(c, 3, 21, "recvonly", "sendonly");  // music goes on
  EXPECT_EQ(breaks().size() + resumes().size(), 1u);
  late_offer(c, 4, 22, "sendrecv", "sendrecv");
  ASSERT_EQ(resumes().size(), 1u);
  EXPECT_EQ(resumes()[0]->detail["by"], "other");
  // Held as CUCM does it: by an offer, then music by a late one; back by a late one.
  reinvite(c, 5, true, "inactive", 200, 23);
  late_offer(c, 5.3, 24, "sendrecv", "sendonly");
  late_offer(c, 7, 25, "sendrecv", "sendrecv");
  EXPECT_EQ(breaks().size(), 2u);
  EXPECT_EQ(resumes().size(), 2u);
  // Who is offered a hold answers "inactive" to that, and holds nobody.
  late_offer(c, 8, 26, "inactive", "inactive");
  ASSERT_EQ(breaks().size(), 3u);
  EXPECT_EQ(breaks()[2]->detail["by"], "target");
}

TEST(Hold, AnEarlyOfferToReceiveOnlyIsNoHold) {
  Bench b(grants(spec()));
  Call c{b};
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp("192.0.2.1", 20000, "0", "a=sendonly\r\n");
  b.sip(0, c.a, c.z, m);
  c.answer(1);
  EXPECT_EQ(b.sink.count(EventType::connection_break), 0u);
}

}  // namespace
}  // namespace writ::intercept
