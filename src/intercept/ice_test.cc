// SPDX-License-Identifier: GPL-3.0-or-later
// ICE (RFC 8445, 8839): media that go between candidates, not between the defaults of the m= lines.
#include <gmock/gmock.h>

#include "intercept/test_features.hh"

namespace writ::intercept {
namespace {

using namespace test;

std::string candidate(const wire::Endpoint& e, int component = 1, const std::string& transport = "UDP") {
  return "a=candidate:1 " + std::to_string(component) + " " + transport + " 2130706431 " + e.ip.text() + " " +
         std::to_string(e.port) + " typ host\r\n";
}

// Each side's default is a relay, and its own address a candidate.
struct IceCall {
  Bench& b;
  Call c;
  wire::Endpoint caller_relay = ep("203.0.113.9", 40000), callee_relay = ep("203.0.113.9", 41000);
  std::string media = "0 101", more = "a=rtpmap:101 telephone-event/8000\r\n", transport = "RTP/AVP";

  explicit IceCall(Bench& bench, const std::string& id = "c1@a.example") : b(bench), c(bench) {
    c.id = id;
    c.caller = "+14045550102";
    c.callee = "+12125550111";
  }
  std::string body(const wire::Endpoint& by_default, const std::string& candidates) const {
    return sdp(by_default.ip.text(), by_default.port, media, more + candidates, "audio", transport);
  }
  void up(double t, const std::string& offered, const std::string& answered) {
    Sip invite = c.message(c.request("INVITE"), "INVITE", false);
    invite.body = body(caller_relay, offered);
    b.sip(t, c.a, c.z, invite);
    Sip ok = c.message("SIP/2.0 200 OK", "INVITE", true);
    ok.body = body(callee_relay, answered);
    b.sip(t + 0.5, c.z, c.a, ok);
    c.ack(t + 0.55);
  }
  void up(double t) { up(t, candidate(c.am), candidate(c.zm)); }
};

TEST(Ice, MediaBetweenCandidatesAreTheCalls) {
  for (const bool nowhere : {false, true}) {
    GrantSpec s = trusting(Kind::content);
    s.digits = true;
    Bench b(grants(s));
    IceCall i{b};
    if (nowhere) i.caller_relay = i.callee_relay = ep("0.0.0.0", 9);  // as browsers begin
    i.media = "97 101";
    i.more = "a=rtpmap:97 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n";
    // A picture's line at the same endpoint, with the same candidates again.
    const auto twice = [&](const wire::Endpoint& by_default, const wire::Endpoint& own) {
      return candidate(own) + "m=video " + std::to_string(by_default.port) +
             " RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n" + candidate(own);
    };
    i.up(0, twice(i.caller_relay, i.c.am), twice(i.callee_relay, i.c.zm));
    for (std::uint16_t n = 0; n < 50; ++n) {
      b.udp(1 + 0.02 * n, i.c.am, i.c.zm, rtp(0xaaaa, n, 97));
      b.udp(1.01 + 0.02 * n, i.c.zm, i.c.am, rtp(0xbbbb, n, 97));
    }
    press_4733(b, i.c, 2.1, 4, 90'000, 51);
    i.c.bye(4);
    ASSERT_TRUE(b.engine.finish());
    const Matter m = b.sink.matter();
    ASSERT_EQ(m.calls.size(), 1u);
    ASSERT_EQ(m.calls[0].media.size(), 2u);
    for (const MediaStream& stream : m.calls[0].media) {
      EXPECT_EQ(stream.codec, "PCMA");
      EXPECT_EQ(stream.kind, "audio");
      EXPECT_FALSE(stream.foreign);
      EXPECT_EQ(stream.packets, stream.ssrc == 0xaaaa ? 54u : 50u);
      EXPECT_EQ(stream.direction, stream.ssrc == 0xaaaa ? Direction::from_target : Direction::to_target);
    }
    std::vector<std::string> digits;
    for (const Event* e : all_of(b, EventType::dialed_digit_extraction))
      digits.push_back(e->detail["digits"]);
    EXPECT_EQ(digits, std::vector<std::string>{"4"});
    EXPECT_EQ(b.sink.count(EventType::connection_break), 0u) << "0.0.0.0 beside candidates is no hold";
  }
}

// An INFO of one side that brings candidates (RFC 8840).
void trickle(IceCall& i, double t, bool by_caller, const std::string& ufrag, const std::string& mid,
             const std::string& candidates, const char* type = "application/trickle-ice-sdpfrag") {
  Sip s = i.c.message(i.c.request("INFO"), "INFO", true);
  if (!by_caller) std::swap(s.from, s.to);
  s.cseq = by_caller ? "2 INFO" : "1 INFO";
  s.type = type;
  s.body = "a=ice-ufrag:" + ufrag + "\r\nm=audio 9 RTP/AVP 0\r\na=mid:" + mid + "\r\n" + candidates;
  by_caller ? i.b.sip(t, i.c.a, i.c.z, s) : i.b.sip(t, i.c.z, i.c.a, s);
}

const std::string callers_ice = "a=mid:a\r\na=ice-ufrag:8hhY\r\n",
                  callees_ice = "a=mid:a\r\na=ice-ufrag:9uB6\r\n";

// What there is of a call all of whose candidates trickle in: its streams.
std::vector<MediaStream> trickled_in(IceCall& i, const std::string& offered, const std::string& answered,
                                     std::uint8_t payload_type) {
  i.caller_relay = i.callee_relay = ep("0.0.0.0", 9);
  i.up(0, callers_ice + offered, callees_ice + answered);
  trickle(i, 0.7, true, "8hhY", "a", candidate(i.c.am));
  trickle(i, 0.8, false, "9uB6", "a", candidate(i.c.zm));
  i.b.talk(1, i.c.am, i.c.zm, 0xaaaa, 50, 1, payload_type);
  i.b.talk(1, i.c.zm, i.c.am, 0xbbbb, 50, 1, payload_type);
  i.c.bye(4);
  EXPECT_TRUE(i.b.engine.finish());
  return i.b.sink.matter().calls.at(0).media;
}

// RFC 8840: the offer and the answer come before there is any candidate, which INFO brings.
TEST(Ice, CandidatesThatTrickleInAreTheCalls) {
  const auto isolated = [](const std::string& caller_ufrag, const std::string& mid, const char* type) {
    Bench b(grants(trusting(Kind::content)));
    IceCall i{b};
    i.caller_relay = i.callee_relay = ep("0.0.0.0", 9);
    i.up(0, callers_ice, callees_ice);
    trickle(i, 0.7, true, caller_ufrag, mid, candidate(i.c.am), type);
    trickle(i, 0.8, false, "9uB6", mid, candidate(i.c.zm) + "a=end-of-candidates\r\n", type);
    i.c.talk(1, 50);
    i.c.bye(4);
    EXPECT_TRUE(b.engine.finish());
    const Matter m = b.sink.matter();
    EXPECT_EQ(m.calls.size(), 1u);
    std::size_t media = 0;
    for (const MediaStream& s : m.calls.at(0).media) {
      media += s.packets;
      EXPECT_EQ(s.codec, "PCMU");
      EXPECT_FALSE(s.foreign);
      EXPECT_EQ(s.direction, s.ssrc == 0xaaaa ? Direction::from_target : Direction::to_target);
    }
    if (caller_ufrag == "8hhY" && media == 100) {
      std::vector<std::string> ends;
      for (const EventType t : {EventType::cc_open, EventType::cc_change})
        for (const Event* e : all_of(b, t))
          for (const Json& x : e->detail["media"]) ends.push_back(x["endpoint"]);
      EXPECT_THAT(ends, testing::IsSupersetOf({i.c.am.text(), i.c.zm.text()}));
    }
    return media;
  };
  EXPECT_EQ(isolated("8hhY", "a", "application/trickle-ice-sdpfrag"), 100u);
  EXPECT_EQ(isolated("xxxx", "a", "application/trickle-ice-sdpfrag"), 100u) << "learned from the callee's";
  // Controls: of a line that is not there, of another type.
  EXPECT_EQ(isolated("8hhY", "b", "application/trickle-ice-sdpfrag"), 0u);
  EXPECT_EQ(isolated("8hhY", "a", "text/plain"), 0u);
}

// An INFO that brings one candidate more, of the ICE session with this user fragment.
Sip trickled(const Call& c, const std::string& ufrag, const wire::Endpoint& at) {
  Sip s = c.message(c.request("INFO"), "INFO", true);
  s.cseq = "2 INFO";
  s.type = "application/trickle-ice-sdpfrag";
  s.body = "a=ice-ufrag:" + ufrag + "\r\nm=audio 9 RTP/AVP 0\r\na=mid:a\r\n" + candidate(at);
  return s;
}

// Where the defaults are nowhere the record names the candidates, and says when they change; beside real
// defaults they change nothing of what it names.
TEST(Ice, WhatTricklesInIsSaidWhereItIsAllThereIs) {
  for (const bool nowhere : {true, false}) {
    Bench b(grants(trusting(Kind::content)));
    IceCall i{b};
    if (nowhere) i.caller_relay = i.callee_relay = ep("0.0.0.0", 9);
    i.up(0, "a=mid:a\r\na=ice-ufrag:8hhY\r\n" + candidate(i.c.am), candidate(i.c.zm));
    i.c.talk(1, 5);
    const wire::Endpoint later = ep("192.0.2.1", 20020);
    b.sip(2, i.c.a, i.c.z, trickled(i.c, "8hhY", later));
    const auto changes = all_of(b, EventType::cc_change);
    ASSERT_EQ(changes.size(), nowhere ? 1u : 0u);
    if (nowhere) {
      EXPECT_THAT(changes[0]->detail["media"].dump(), testing::HasSubstr(later.text()));
    }
    b.talk(3, later, i.c.zm, 0xaaaa, 5, 50);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), 15u);
  }
}

// A call that waits for its proof takes nothing from one that is proven, whatever it trickles.
TEST(Ice, ACandidateThatAnUnprovenCallTricklesIsContested) {
  for (const bool named : {true, false}) {
    Bench b({carrier().grant(trusting()), carrier().grant(spec(Kind::content, "+14045550103"))});
    IceCall i{b};
    i.up(0, candidate(i.c.am), candidate(i.c.zm));
    i.c.talk(0.6, 5);
    IceCall waits{b, "w@b.example"};
    waits.c.caller = "+14045550103";
    waits.c.callee = "+12125550112";
    Sip invite = waits.c.message(waits.c.request("INVITE"), "INVITE", false);
    invite.body = waits.body(ep("203.0.113.9", 45000), "a=mid:a\r\na=ice-ufrag:zzzz\r\n");
    b.sip(2, waits.c.a, waits.c.z, invite);
    b.sip(2.1, waits.c.a, waits.c.z, trickled(waits.c, "zzzz", named ? i.c.am : ep("192.0.2.9", 20000)));
    b.talk(3, ep("203.0.113.77", 50000), i.c.am, 0xeeee, 5);
    EXPECT_EQ(b.sink.count(PacketRole::rtp), named ? 10u : 15u) << "of whom nobody knows";
    const auto gaps = all_of(b, EventType::gap);
    ASSERT_EQ(gaps.size(), named ? 1u : 0u);
    if (named) {
      EXPECT_THAT(gaps[0]->detail["why"].get<std::string>(), testing::HasSubstr(i.c.am.text()));
    }
  }
}

// A neighbour whose INFO names the target's endpoint, under another ICE session, takes part in nothing.
TEST(Ice, ACandidateThatANeighbourTricklesIsContested) {
  const auto said = [](const std::string& ufrag) {
    Bench b(grants(trusting(Kind::content)));
    IceCall i{b};
    i.up(0, "a=mid:a\r\na=ice-ufrag:8hhY\r\n" + candidate(i.c.am), candidate(i.c.zm));
    Call n{b};
    n.id = "n@b.example";
    n.caller = "+14045550103";
    n.callee = "+12125550112";
    b.sip(0.8, n.a, n.z, trickled(n, ufrag, i.c.am));
    EXPECT_TRUE(b.engine.finish());
    return std::ranges::count_if(all_of(b, EventType::gap), [&](const Event* e) {
      return e->detail["why"].get<std::string>().starts_with("media endpoint " + i.c.am.text());
    });
  };
  EXPECT_EQ(said("zzzz"), 1);
  EXPECT_EQ(said("8hhY"), 0) << "another leg of the same call";
}

TEST(Ice, WithoutCandidatesOrWithOthersNothingOfItIsTheCalls) {
  const auto isolated = [](const std::string& offered, const std::string& answered) {
    Bench b(grants(trusting(Kind::content)));
    IceCall i{b};
    i.up(0, offered, answered);
    i.c.talk(1, 50);
    i.c.bye(4);
    EXPECT_TRUE(b.engine.finish());
    std::size_t media = 0;
    for (const auto& p : b.sink.packets) media += p.tag.role == PacketRole::rtp;
    return media;
  };
  const wire::Endpoint am = ep("192.0.2.1", 20000), zm = ep("198.51.100.1", 30000);
  EXPECT_EQ(isolated(candidate(am), candidate(zm)), 100u);
  EXPECT_EQ(isolated("", ""), 0u);
  EXPECT_EQ(isolated(candidate(am, 1, "TCP"), candidate(zm, 1, "TCP")), 0u);
  EXPECT_EQ(isolated(candidate(ep("192.0.2.1", 20002)), candidate(ep("198.51.100.1", 30002))), 0u);
}

// Most defaults stand among the candidates: the call's media are announced all the same.
TEST(Ice, ADefaultThatIsACandidateIsTheDefault) {
  Bench b(grants(trusting(Kind::content)));
  IceCall i{b};
  i.up(0, candidate(i.caller_relay) + candidate(i.c.am), candidate(i.callee_relay) + candidate(i.c.zm));
  i.c.talk(1, 5);
  ASSERT_TRUE(b.engine.finish());
  const Event* open = b.sink.first(EventType::cc_open);
  ASSERT_NE(open, nullptr);
  std::vector<std::string> ends;
  for (const Json& m : open->detail["media"]) ends.push_back(m["endpoint"]);
  for (const Event* e : all_of(b, EventType::cc_change))
    for (const Json& m : e->detail["media"]) ends.push_back(m["endpoint"]);
  EXPECT_THAT(ends, testing::IsSupersetOf({i.caller_relay.text(), i.callee_relay.text()}));
  EXPECT_THAT(ends, testing::Not(testing::Contains(i.c.am.text())));
}

TEST(Ice, KeysByDtlsAreSaidOfCandidatesToo) {
  Bench b(grants(trusting(Kind::content)));
  IceCall i{b};
  i.transport = "UDP/TLS/RTP/SAVPF";
  i.more += "a=fingerprint:sha-256 AA:BB\r\n";
  i.up(0);
  i.c.talk(1, 50);
  i.c.bye(4);
  ASSERT_TRUE(b.engine.finish());
  const Matter m = b.sink.matter();
  ASSERT_EQ(m.calls.at(0).media.size(), 2u);
  for (const MediaStream& s : m.calls[0].media) {
    EXPECT_TRUE(s.encrypted);
    EXPECT_THAT(s.why, testing::HasSubstr("DTLS"));
  }
}

TEST(Ice, KeysByDtlsAreSaidOfCandidatesThatTrickleInToo) {
  Bench b(grants(trusting(Kind::content)));
  IceCall i{b};
  i.transport = "UDP/TLS/RTP/SAVPF";
  i.more += "a=fingerprint:sha-256 AA:BB\r\n";
  const auto media = trickled_in(i, "", "", 0);
  ASSERT_EQ(media.size(), 2u);
  for (const MediaStream& s : media) {
    EXPECT_TRUE(s.encrypted);
    EXPECT_THAT(s.why, testing::HasSubstr("DTLS"));
  }
}

// Both sides name their lines alike; a payload type means what the one that hears it has said.
TEST(Ice, ACandidateThatTricklesInIsOfTheLineOfItsOwnSide) {
  Bench b(grants(trusting(Kind::content)));
  IceCall i{b};
  i.media = "97";
  i.more = "";
  const auto media = trickled_in(i, "a=rtpmap:97 PCMA/8000\r\n", "a=rtpmap:97 PCMU/8000\r\n", 97);
  ASSERT_EQ(media.size(), 2u);
  for (const MediaStream& s : media) EXPECT_EQ(s.codec, s.dst == i.c.am ? "PCMA" : "PCMU");
}

// As with an m= line: whoever names an endpoint of a target's call draws nobody in by it.
TEST(Ice, ANeighboursCandidateContestsTheTargets) {
  Bench b(grants(trusting(Kind::content)));
  IceCall i{b};
  i.up(0);
  i.c.talk(1, 10);
  IceCall other{b, "c2@a.example"};
  other.c.caller = "+12125550122";
  other.c.callee = "+12125550123";
  other.caller_relay = ep("203.0.113.9", 45000);
  other.callee_relay = ep("203.0.113.9", 46000);
  other.up(2, candidate(i.c.am), candidate(ep("198.51.100.77", 50000)));
  const std::size_t before = b.sink.packets.size();
  b.talk(3, ep("198.51.100.77", 50000), i.c.am, 0xeeee, 20);  // the neighbour's far end
  std::size_t drawn_in = 0;
  for (std::size_t k = before; k < b.sink.packets.size(); ++k)
    drawn_in += b.sink.packets[k].tag.role == PacketRole::rtp;
  EXPECT_EQ(drawn_in, 0u);
  i.c.talk(4, 10, 11);  // between the two candidates of the call
  EXPECT_GE(b.sink.packets.size(), before + 20);
  i.c.bye(6);
  ASSERT_TRUE(b.engine.finish());
  bool said = false;
  for (const Event* e : all_of(b, EventType::gap))
    said = said || e->detail.value("why", "").find("announced by another call") != std::string::npos;
  EXPECT_TRUE(said);
}

}  // namespace
}  // namespace writ::intercept
