// SPDX-License-Identifier: GPL-3.0-or-later
// Features of telephony as call-identifying events: hold, transfer, conferences, keys, registrations, legs.
// Each for a content grant and, where it may differ, for a pen register.
#include <gmock/gmock.h>

#include <functional>

#include "intercept/test_traffic.hh"

namespace writ::intercept {
namespace {

using namespace test;
using authority::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

GrantSpec trusting(Kind k = Kind::content, std::string target = "+14045550102") {
  GrantSpec s = spec(k, std::move(target));
  s.trust_from = true;
  return s;
}

std::vector<const Event*> all_of(const Bench& b, EventType t, std::size_t grant = 0) {
  std::vector<const Event*> out;
  for (const auto& n : b.sink.events)
    if (n.grant == grant && n.e.type == t) out.push_back(&n.e);
  return out;
}

std::vector<std::string> strings(const Event* e, const char* key) {
  return e == nullptr ? std::vector<std::string>{"no such event"}
                      : e->detail.value(key, std::vector<std::string>{});
}

// A re-INVITE of one side with a direction, and its answer.
void reinvite(Call& c, double t, bool by_caller, const std::string& direction, int status = 200,
              std::uint32_t cseq = 20) {
  Sip m = c.message(c.request("INVITE"), "INVITE", true);
  if (!by_caller) std::swap(m.from, m.to);
  m.cseq = std::to_string(cseq) + " INVITE";
  const wire::Endpoint own = by_caller ? c.am : c.zm, far = by_caller ? c.zm : c.am;
  const std::string attribute = "a=" + direction + "\r\n";
  m.body = sdp(own.ip.text(), own.port, "0", attribute);
  c.b.sip(t, by_caller ? c.a : c.z, by_caller ? c.z : c.a, m);
  Sip r = m;
  r.start = "SIP/2.0 " + std::to_string(status) + " X";
  r.body = status == 200
               ? sdp(far.ip.text(), far.port, "0", direction == "sendonly" ? "a=recvonly\r\n" : attribute)
               : "";
  c.b.sip(t + 0.05, by_caller ? c.z : c.a, by_caller ? c.a : c.z, r);
}

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

TEST(Hold, AnEarlyOfferToReceiveOnlyIsNoHold) {
  Bench b(grants(spec()));
  Call c{b};
  Sip m = c.message(c.request("INVITE"), "INVITE", false);
  m.body = sdp("192.0.2.1", 20000, "0", "a=sendonly\r\n");
  b.sip(0, c.a, c.z, m);
  c.answer(1);
  EXPECT_EQ(b.sink.count(EventType::connection_break), 0u);
}

Sip refer(const Call& c, bool by_caller, const std::string& to, std::uint32_t cseq) {
  Sip m = c.message(c.request("REFER"), "REFER", true);
  if (!by_caller) std::swap(m.from, m.to);
  m.cseq = std::to_string(cseq) + " REFER";
  m.extra = "Refer-To: " + to + "\r\n";
  return m;
}

Call transferred(Bench& b, const Call& from) {
  Call n{b};
  n.id = "new-leg";
  n.caller = from.caller;
  n.callee = "+13125550133";
  n.a = from.a;
  n.z = ep("203.0.113.5", 5060);
  n.am = ep("192.0.2.1", 20700);
  n.zm = ep("203.0.113.5", 32700);
  n.ftag = ";tag=fn";
  n.ttag = ";tag=tn";
  return n;
}

TEST(Transfer, BlindByTheTargetIsFollowed) {
  for (const Kind k : {Kind::content, Kind::trap, Kind::pen}) {
    Bench b(grants(spec(k)));
    Call c{b};
    c.invite(0);
    c.answer(1);
    b.sip(2, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example?X=CANARY>", 40));
    Sip notify = c.message("NOTIFY sip:x@198.51.100.1 SIP/2.0", "NOTIFY", true);
    notify.cseq = "50 NOTIFY";
    notify.type = "message/sipfrag;version=2.0";
    notify.body = "SIP/2.0 100 Trying\r\n";
    b.sip(2.2, c.a, c.z, notify);
    Call n = transferred(b, c);
    n.whole(2.5);
    notify.cseq = "51 NOTIFY";
    notify.body = "SIP/2.0 200 OK\r\nSubject: CANARY\r\n";
    b.sip(3.6, c.a, c.z, notify);
    b.sip(3.7, c.a, c.z, notify);
    c.bye(4);
    const bool seen = k != Kind::pen;  // a call to the target: a pen register has no part in it
    ASSERT_EQ(b.sink.count(EventType::subject_signal), seen ? 1u : 0u);
    ASSERT_EQ(b.sink.count(EventType::termination_attempt), seen ? 2u : 0u);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), k == Kind::content ? 100u : 0u);
    if (!seen) continue;
    EXPECT_EQ(b.sink.first(EventType::subject_signal)->detail["refer_to"], "+13125550133");
    const auto opened = all_of(b, EventType::termination_attempt);
    EXPECT_EQ(opened[1]->detail["identity_source"], "transfer");
    EXPECT_EQ(opened[1]->detail["transferred_from"], c.id);
    EXPECT_EQ(opened[1]->detail["direction"], "redirected");
    const auto redirections = all_of(b, EventType::redirection);
    ASSERT_EQ(redirections.size(), 2u);
    const auto* old = redirections[0]->call_id == c.id ? redirections[0] : redirections[1];
    EXPECT_EQ(old->detail["new_call_id"], "new-leg");
    std::vector<int> statuses;
    for (const Event* e : all_of(b, EventType::network_signal))
      if (e->detail.contains("refer_status")) statuses.push_back(e->detail["refer_status"]);
    EXPECT_THAT(statuses, ElementsAre(100, 200));
    if (k != Kind::content) {
      EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
    }
  }
}

TEST(Transfer, OnlyThePartyThatWasSentAndOnlyThere) {
  struct Row {
    const char* what;
    std::function<void(Call&)> change;
  };
  const Row rows[] = {{"somebody else behind the same address", [](Call& n) { n.caller = "+12125550177"; }},
                      {"from another address", [](Call& n) { n.a = ep("192.0.2.9", 5060); }},
                      {"to another place", [](Call& n) { n.callee = "+13125550144"; }}};
  for (const Row& r : rows) {
    Bench b(grants(spec()));
    Call c{b};
    c.invite(0);
    c.answer(1);
    b.sip(2, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 40));
    Call n = transferred(b, c);
    r.change(n);
    n.whole(2.5);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 0u) << r.what;
  }
  // Too late, and a second call of the same party there.
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  b.sip(2, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 40));
  Call n = transferred(b, c);
  n.whole(3);
  n.id = "again";
  n.whole(10);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  b.sip(20, c.z, c.a, refer(c, false, "<sip:+13125550133@carrier.example>", 41));
  n.id = "late";
  n.whole(90);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Transfer, AReferWithWrongTagsIsNone) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Sip forged = refer(c, false, "<sip:+13125550133@carrier.example>", 40);
  forged.from = c.party(c.callee) + ";tag=guess";
  forged.to = c.party(c.caller) + ";tag=other";
  b.sip(2, c.z, c.a, forged);
  Call n = transferred(b, c);
  n.whole(2.5);
  EXPECT_EQ(b.sink.count(EventType::subject_signal), 0u);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 0u);
}

TEST(Transfer, AttendedReplacesTheTargetsDialog) {
  // The target speaks with two parties, then gives them to each other (RFC 5589 7).
  Bench b(grants(trusting()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call second = transferred(b, c);  // the target calls the third party
  second.id = "consultation";
  second.caller = "+14045550102";
  second.a = c.z;
  second.am = ep("198.51.100.1", 30500);
  second.invite(2);
  second.answer(3);
  b.sip(4, c.z, c.a,
        refer(c, false,
              "<sip:+13125550133@carrier.example?Replaces=consultation%3Bto-tag%3Dtn%3Bfrom-tag%3Dfn>", 40));
  EXPECT_EQ(b.sink.first(EventType::subject_signal)->detail["replaces"], "consultation");
  Call n = transferred(b, c);
  n.id = "joined";
  n.ftag = ";tag=fj";
  n.ttag = ";tag=tj";
  n.a = ep("192.0.2.99", 5060);  // from where it comes does not matter: it knows the dialog's identifiers
  n.invite_extra = "Replaces: consultation;to-tag=tn;from-tag=fn\r\n";
  n.whole(5);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  const auto opened = all_of(b, EventType::termination_attempt);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1]->detail["identity_source"], "replaces");
  EXPECT_EQ(opened[1]->detail["direction"], "redirected");
  // The same with tags that are not the dialog's is somebody else's call.
  n.id = "foreign";
  n.invite_extra = "Replaces: consultation;to-tag=tn;from-tag=guess\r\n";
  n.whole(15);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Transfer, ReplacesAtTheTargetIsACallToTheTarget) {
  // The target's partner gives its place to a third party; the Request-URI is the target's contact of the
  // day.
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call n = transferred(b, c);
  n.caller = "+13125550133";
  n.callee = "x9f3";
  n.a = ep("203.0.113.5", 5060);
  n.z = c.z;
  n.invite_extra = "Replaces: " + c.id + ";to-tag=tz;from-tag=fa\r\n";
  n.whole(3);
  const auto opened = all_of(b, EventType::termination_attempt);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1]->detail["direction"], "to-target");
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
}

TEST(Redirect, AMovedCallIsFollowedWithoutDiversion) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  Sip m = c.message("SIP/2.0 302 Moved", "INVITE", true);
  m.extra = "Contact: <sip:+13125550133@carrier.example>;q=1\r\n";
  b.sip(0.2, c.z, c.a, m);
  Call n = transferred(b, c);
  n.whole(0.5);
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 100u);
  EXPECT_EQ(all_of(b, EventType::termination_attempt).at(1)->detail["transferred_from"], c.id);
}

const char* conference_xml(int version, const char* state, const char* users) {
  static std::string t;
  t = "<?xml version=\"1.0\"?><!-- <user entity='sip:ghost@x'/> --><ci:conference-info "
      "xmlns:ci='urn:ietf:params:xml:ns:conference-info' entity='sip:conf7@focus.example' state='" +
      std::string(state) + "' version='" + std::to_string(version) + "'><ci:users>" + users +
      "</ci:users></ci:conference-info>";
  return t.c_str();
}

std::string user(const char* uri, const char* status) {
  return std::string("<ci:user entity=\"sip:") + uri +
         "\"><ci:display-text>CANARY</ci:display-text><ci:endpoint><ci:status>" + status +
         "</ci:status></ci:endpoint></ci:user>";
}

TEST(Conference, SubjectInitiatedWithItsParties) {
  for (const Kind k : {Kind::content, Kind::pen}) {
    Bench b(grants(trusting(k)));
    Call c{b};
    c.caller = "+14045550102";
    c.callee = "conf7";
    c.answer_extra = "Contact: <sip:conf7@focus.example:5060>;isfocus\r\n";
    c.invite(0);
    c.answer(1);
    const Event* first = b.sink.first(EventType::conf_party_change);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->detail["conference"], "conf7@focus.example");
    EXPECT_EQ(first->detail["initiated_by_target"], true);
    b.sip(2, c.a, c.z, refer(c, true, "<sip:+13125550133@carrier.example>", 30));
    Sip n = c.message("NOTIFY sip:t@192.0.2.1 SIP/2.0", "NOTIFY", true);
    std::swap(n.from, n.to);
    n.type = "application/conference-info+xml";
    const auto tell = [&](double t, int version, const char* state, const std::string& users) {
      n.cseq = std::to_string(10 + version) + " NOTIFY";
      n.body = conference_xml(version, state, users.c_str());
      b.sip(t, c.z, c.a, n);
    };
    tell(3, 1, "full", user("+14045550102@carrier.example", "connected"));
    tell(4, 2, "partial", user("+13125550133@carrier.example", "connected"));
    tell(4.1, 2, "partial", user("+13125550133@carrier.example", "connected"));
    tell(5, 3, "partial", user("+13125550133@carrier.example", "on-hold"));
    tell(6, 4, "partial", user("+13125550133@carrier.example", "connected"));
    tell(7, 5, "partial", "<ci:user entity='sip:+13125550133@carrier.example' state='deleted'/>");
    tell(8, 4, "full", "");  // an old one comes late
    const auto changes = all_of(b, EventType::conf_party_change);
    ASSERT_EQ(changes.size(), 6u);
    EXPECT_THAT(strings(changes[2], "joined"), ElementsAre("+13125550133"));
    EXPECT_THAT(strings(changes[2], "communicating"), ElementsAre("+13125550133", "+14045550102"));
    EXPECT_THAT(strings(changes[3], "held"), ElementsAre("+13125550133"));
    EXPECT_THAT(strings(changes[5], "removed"), ElementsAre("+13125550133"));
    EXPECT_EQ(b.sink.count(EventType::subject_signal), 1u) << "the REFER that asks the party in";
    if (k == Kind::pen) {
      EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
    }
  }
}

TEST(Conference, ThreeWayOfOneTelephone) {
  Bench b(grants(trusting()));
  Call c{b};  // a call to the target
  c.invite(0);
  c.answer(1);
  reinvite(c, 2, false, "sendonly", 200, 20);
  Call second = transferred(b, c);
  second.id = "second";
  second.caller = "+14045550102";
  second.a = c.z;
  second.am = ep("198.51.100.1", 30500);
  second.invite(3);
  second.answer(4);
  EXPECT_EQ(b.sink.count(EventType::conf_party_change), 0u) << "one is on hold";
  reinvite(c, 5, false, "sendrecv", 200, 21);
  ASSERT_EQ(b.sink.count(EventType::conf_party_change), 1u);
  EXPECT_THAT(strings(b.sink.first(EventType::conf_party_change), "communicating"),
              testing::UnorderedElementsAre("+12125550111", "+13125550133"));
  c.bye(9);
  const auto changes = all_of(b, EventType::conf_party_change);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_THAT(strings(changes[1], "removed"), ElementsAre("+12125550111"));
}

TEST(Conference, TwoCallsOfOneNumberAloneAreNone) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  Call d{b};
  d.id = "other";
  d.caller = "+12125550122";
  d.am = ep("192.0.2.7", 20000);
  d.zm = ep("198.51.100.1", 30900);
  d.invite(2);
  d.answer(3);
  EXPECT_EQ(b.sink.count(EventType::conf_party_change), 0u);
}

void press_info(Bench& b, Call& c, double t, const std::string& type, const std::string& body, int cseq) {
  Sip m = c.message(c.request("INFO"), "INFO", true);
  m.cseq = std::to_string(cseq) + " INFO";
  m.type = type;
  m.body = body;
  b.sip(t, c.a, c.z, m);
  b.sip(t + 0.01, c.a, c.z, m);  // retransmitted
}

void press_4733(Bench& b, const Call& c, double t, int key, std::uint32_t timestamp, std::uint16_t seq) {
  for (int i = 0; i < 4; ++i) {
    Bytes p{0x80, static_cast<std::uint8_t>(101 | (i == 0 ? 0x80 : 0))};
    put_be16(p, static_cast<std::uint16_t>(seq + i));
    put_be32(p, timestamp);
    put_be32(p, 0xaaaa);
    p.push_back(static_cast<std::uint8_t>(key));
    p.push_back(i > 1 ? 0x8a : 0x0a);
    put_be16(p, static_cast<std::uint16_t>(160 * (i + 1)));
    b.udp(t + 0.02 * i, c.am, c.zm, p);
  }
}

TEST(Digits, ExtractedOnlyUnderAContentGrantThatSaysSo) {
  struct Row {
    Kind kind;
    bool toggle;
    std::vector<std::string> digits;
  };
  for (const Row& r : {Row{Kind::content, true, {"47", "9#"}}, Row{Kind::content, false, {}},
                       Row{Kind::pen_trap, false, {}}, Row{Kind::pen, false, {}}}) {
    GrantSpec s = trusting(r.kind);
    s.digits = r.toggle;
    Bench b(grants(s));
    Call c{b};
    c.caller = "+14045550102";
    c.callee = "+12125550111";
    c.invite(0);
    c.answer(1);
    press_4733(b, c, 2, 4, 16000, 1);
    press_4733(b, c, 2.5, 7, 20000, 5);
    press_info(b, c, 3, "application/dtmf-relay", "Signal=9\r\nDuration=160\r\n", 10);
    press_info(b, c, 3.5, "application/dtmf", "#", 11);
    press_info(b, c, 4, "application/dtmf-relay", "Signal=hf\r\n", 12);
    c.cseq = 12;
    c.bye(6);
    std::vector<std::string> got;
    for (const Event* e : all_of(b, EventType::dialed_digit_extraction)) got.push_back(e->detail["digits"]);
    EXPECT_EQ(got, r.digits) << authority::to_string(r.kind) << r.toggle;
    ASSERT_EQ(b.sink.count(EventType::subject_signal), 1u) << "the flash, and no word of keys";
    EXPECT_EQ(b.sink.first(EventType::subject_signal)->detail["signal"], "flash");
    if (!got.empty()) {
      EXPECT_EQ(b.sink.first(EventType::dialed_digit_extraction)->at, at(2.5));
      EXPECT_EQ(b.sink.first(EventType::dialed_digit_extraction)->detail["source"], "rfc4733");
    }
  }
}

TEST(Digits, APauseEndsAnEventAndTheOtherPartysKeysAreNotTheSubjects) {
  GrantSpec s = trusting();
  s.digits = true;
  Bench b(grants(s));
  Call c{b};  // to the target: the caller's keys are not the target's
  c.invite(0);
  c.answer(1);
  press_4733(b, c, 2, 4, 16000, 1);
  press_info(b, c, 3, "application/dtmf", "5", 10);
  ASSERT_TRUE(b.engine.tick(at(9)));
  c.cseq = 12;
  c.bye(10);
  EXPECT_EQ(b.sink.count(EventType::dialed_digit_extraction), 0u);
  Call d{b};
  d.id = "out";
  d.caller = "+14045550102";
  d.callee = "+12125550111";
  d.invite(20);
  d.answer(21);
  press_4733(b, d, 22, 1, 16000, 1);
  ASSERT_TRUE(b.engine.tick(at(28)));
  EXPECT_EQ(b.sink.count(EventType::dialed_digit_extraction), 1u);
  press_4733(b, d, 29, 1, 76000, 1);
  d.bye(30);
  EXPECT_EQ(b.sink.count(EventType::dialed_digit_extraction), 2u);
}

TEST(Registration, GrantedTimeFailureAndRemoval) {
  Bench b(grants(spec(Kind::pen_trap)));
  const wire::Endpoint phone = ep("192.0.2.50", 5060), registrar = ep("198.51.100.9", 5060);
  Sip m{"REGISTER sip:carrier.example SIP/2.0",
        "<sip:+14045550102@carrier.example>;tag=r",
        "<sip:+14045550102@carrier.example>",
        "r1",
        "1 REGISTER",
        "Contact: <sip:line1@192.0.2.50:5060>\r\nExpires: 3600\r\n",
        "",
        ""};
  const auto answer = [&](double t, const std::string& start, const std::string& extra) {
    Sip r = m;
    r.start = start;
    r.to += ";tag=x";
    r.extra = extra;
    b.sip(t, registrar, phone, r);
  };
  b.sip(0, phone, registrar, m);
  answer(0.1, "SIP/2.0 403 Forbidden", "");
  const Event* refused = b.sink.first(EventType::serving_system);
  ASSERT_NE(refused, nullptr);
  EXPECT_THAT(refused->detail["failure"].get<std::string>(), HasSubstr("403"));
  m.call_id = "r2";
  b.sip(1, phone, registrar, m);
  answer(1.1, "SIP/2.0 200 OK",
         "Contact: <sip:else@203.0.113.1>;expires=3000, <sip:line1@192.0.2.50:5060>;expires=60\r\n");
  const Event* served = all_of(b, EventType::serving_system).at(1);
  EXPECT_EQ(served->detail["expires_s"], 60);
  EXPECT_EQ(served->detail["registrar"], "198.51.100.9:5060");
  EXPECT_EQ(served->frame, 4u) << "the packet it was read from";
  // From the bound address, without a digest: a call of the target, as long as the registrar granted.
  Call c{b};
  c.caller = "+14045550102";
  c.callee = "+12125550111";
  c.a = phone;
  c.id = "bound";
  c.whole(30, 0);
  c.id = "expired";
  c.whole(120, 0);
  EXPECT_EQ(b.sink.count(EventType::origination), 1u);
  m.call_id = "r3";
  m.extra = "Contact: *\r\nExpires: 0\r\n";
  b.sip(200, phone, registrar, m);
  answer(200.1, "SIP/2.0 200 OK", "");
  EXPECT_EQ(all_of(b, EventType::serving_system).at(2)->detail["registering"], false);
}

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

TEST(Signals, MessagesWaitingAndTextMessages) {
  Bench b(grants(spec(Kind::pen_trap)));
  Call c{b};
  Sip n = c.message("NOTIFY sip:+14045550102@192.0.2.7 SIP/2.0", "NOTIFY", false);
  n.call_id = "mwi";
  n.type = "application/simple-message-summary";
  n.body = "Messages-Waiting: yes\r\nMessage-Account: sip:CANARY@x\r\nVoice-Message: 2/8\r\n";
  b.sip(0, c.a, c.z, n);
  Sip m = c.message(c.request("MESSAGE"), "MESSAGE", false);
  m.call_id = "sms";
  m.type = "text/plain";
  m.body = "CANARY";
  b.sip(1, c.a, c.z, m);
  m.start = "SIP/2.0 202 Accepted";
  b.sip(1.1, c.z, c.a, m);
  EXPECT_EQ(b.sink.all().find("CANARY"), std::string::npos);
  const Json j = calls_json(b.sink.matter());
  std::vector<std::string> kinds;
  for (const Json& e : j["signals"])
    kinds.push_back(e["type"].get<std::string>() + " " + e.value("signal", e.value("event", std::string())));
  EXPECT_THAT(kinds, testing::Contains("NetworkSignal MESSAGE"));
  EXPECT_THAT(kinds, testing::Contains("NetworkSignal NOTIFY"));
  EXPECT_THAT(kinds, testing::Contains("SurveillanceStatus activation"));
  bool waiting = false;
  for (const Json& e : j["signals"]) waiting = waiting || e.value("message_waiting", false);
  EXPECT_TRUE(waiting);
}

TEST(Status, SaidWithTheFirstWordUnderAGrantAndAtItsEnd) {
  GrantSpec s = spec();
  s.until = at(60);
  Bench b({carrier().grant(s), carrier().grant(spec(Kind::content, "+14045550177"))});
  Call c{b};
  c.callee = "+12125550190";
  c.id = "foreign";
  c.whole(0);
  EXPECT_TRUE(b.sink.statuses.empty());
  c.id = "own";
  c.callee = "+14045550102";
  c.whole(10);
  ASSERT_EQ(b.sink.statuses.size(), 1u);
  EXPECT_EQ(b.sink.statuses[0].e.at, at(0)) << "since the window and the input began";
  ASSERT_TRUE(b.engine.tick(at(61)));
  ASSERT_TRUE(b.engine.finish());
  ASSERT_EQ(b.sink.statuses.size(), 2u) << "and nothing under the grant that nothing passed for";
  EXPECT_EQ(b.sink.statuses[1].e.detail["event"], "deactivation");
  EXPECT_EQ(b.sink.statuses[1].e.at, at(60) - Nanos{1});
}

TEST(Events, NameThePacketTheyWereReadFrom) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);           // 1
  c.response(0.1, 180);  // 2
  c.answer(1);           // 3, 4
  c.talk(1.1, 5);        // 5..14
  c.bye(2);              // 15, 16
  EXPECT_EQ(b.sink.first(EventType::termination_attempt)->frame, 1u);
  EXPECT_EQ(b.sink.first(EventType::network_signal)->frame, 2u);
  EXPECT_EQ(b.sink.first(EventType::answer)->frame, 3u);
  EXPECT_EQ(b.sink.first(EventType::release)->frame, 15u) << "the BYE, whose answer made it count";
  EXPECT_EQ(b.sink.first(EventType::release)->at, at(2));
  const auto back = decode_event(encode(*b.sink.first(EventType::answer)));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->frame, 3u);
}

TEST(Cancel, TheCallerGaveUp) {
  Bench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.response(0.1, 180);
  b.sip(1, c.a, c.z, c.message(c.request("CANCEL"), "CANCEL", false));
  c.response(1.05, 200, "CANCEL");
  c.response(1.1, 487);
  ASSERT_EQ(b.sink.count(EventType::release), 1u);
  EXPECT_EQ(b.sink.first(EventType::release)->detail["by"], "caller");
  EXPECT_THAT(b.sink.first(EventType::release)->detail["cause"].get<std::string>(), HasSubstr("487"));
}

}  // namespace
}  // namespace writ::intercept
