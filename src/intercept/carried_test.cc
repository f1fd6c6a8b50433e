// SPDX-License-Identifier: GPL-3.0-or-later
// Calls whose signalling came in HEP: the same as if it had lain bare on the port, by the packet's own time,
// and only from agents of the allow-list.
#include <gtest/gtest.h>

#include "intercept/test_traffic.hh"
#include "wire/hep_for_test.hh"

namespace writ::intercept {
namespace {

using namespace test;
using wire::test::hep_message;
using wire::test::HepSpec;

const wire::Endpoint agent = ep("203.0.113.9", 40000), collector = ep("203.0.113.1", 9060);
EngineOptions listed() { return {{agent.ip}}; }

// Wraps what a Call sends; `late_s` is how much earlier than its arrival the agent dates it.
struct HepBench : Bench {
  explicit HepBench(std::vector<authority::VerifiedGrant> g, EngineOptions o = listed())
      : Bench(std::move(g), std::move(o)) {
    wrap = [this](double s, const wire::Endpoint& a, const wire::Endpoint& b, View payload) {
      const Bytes m = hep_message({a, b, at(s - late_s)}, payload);
      if (by_tcp)
        tcp(s, agent, collector, text_of(m), part);
      else
        udp(s, agent, collector, m);
    };
  }
  double late_s = 0;
  bool by_tcp = false;
  std::size_t part = 0;
};

std::vector<std::string> told(const RecordingSink& sink, std::size_t grant = 0) {
  std::vector<std::string> out;
  for (const auto& n : sink.events) {
    if (n.grant != grant) continue;
    Event e = n.e;
    e.detail.erase("carried_by");
    out.emplace_back(text_of(encode(e)));
  }
  return out;
}

TEST(Carried, ACallByHepIsTheCallItself) {
  Bench bare(grants(spec()));
  Call{bare}.whole(0);
  ASSERT_TRUE(bare.engine.finish());
  for (const bool by_tcp : {false, true})
    for (const std::size_t part : {0u, 97u}) {
      HepBench b(grants(spec()));
      b.by_tcp = by_tcp;
      b.part = part;
      Call{b}.whole(0);
      ASSERT_TRUE(b.engine.finish());
      if (part == 0) {
        EXPECT_EQ(told(b.sink), told(bare.sink));
      }
      EXPECT_EQ(b.sink.packets.size(), bare.sink.packets.size());
      EXPECT_EQ(b.engine.stats().hep, 6u);
      EXPECT_EQ(b.engine.stats().unread, UnreadCounts{});
      const Matter m = b.sink.matter();
      ASSERT_EQ(m.calls.size(), 1u);
      EXPECT_EQ(m.calls[0].media.size(), 2u);
      const Event* open = b.sink.first(EventType::termination_attempt);
      ASSERT_NE(open, nullptr);
      EXPECT_EQ(open->detail["carried_by"], "HEP agent 2001 at 203.0.113.9");
    }
}

// What is handed over is the datagram that was wrapped: no password, no collector, and every tool can read
// it.
TEST(Carried, TheEvidenceIsTheWrappedDatagram) {
  HepBench b(grants(spec()));
  Call c{b};
  c.invite(0);
  ASSERT_EQ(b.sink.packets.size(), 1u);
  const auto& p = b.sink.packets[0];
  EXPECT_EQ(text_of(p.bytes).find("secret"), std::string_view::npos);
  const wire::Decoded d = wire::decode({p.at, 101, p.bytes, static_cast<std::uint32_t>(p.bytes.size())});
  ASSERT_EQ(d.verdict, wire::Verdict::udp);
  EXPECT_EQ(d.udp.src, c.a);
  EXPECT_EQ(d.udp.dst, c.z);
  EXPECT_TRUE(text_of(d.udp.payload).starts_with("INVITE "));
}

TEST(Carried, SendersThatAreNotListedAreCountedOnly) {
  for (const bool by_tcp : {false, true}) {
    HepBench b(grants(spec()), by_tcp ? EngineOptions{} : EngineOptions{{collector.ip}});
    b.by_tcp = by_tcp;
    Call{b}.whole(0);
    ASSERT_TRUE(b.engine.finish());
    EXPECT_EQ(b.sink.packets.size(), 0u);
    EXPECT_EQ(b.engine.stats().unread[static_cast<std::size_t>(Unread::hep)], 6u);
    ASSERT_EQ(b.sink.count(EventType::gap), 1u);
    EXPECT_EQ(b.sink.first(EventType::gap)->detail["why"], to_string(Unread::hep));
  }
}

TEST(Carried, TheAgentsClockMayTakeAwayButNeverAdd) {
  GrantSpec young = spec(), old = spec();
  young.from = t0;
  young.until = t0 + std::chrono::hours{1};
  const auto run = [&](double arrives_s, double late_s) {
    HepBench b({carrier().grant(young), carrier().grant(old)});
    b.late_s = late_s;
    Call{b}.whole(arrives_s);
    EXPECT_TRUE(b.engine.finish());
    return std::array<std::size_t, 3>{b.sink.count(PacketRole::sip, 0), b.sink.count(PacketRole::sip, 1),
                                      b.engine.stats().unread[static_cast<std::size_t>(Unread::hep_early)]};
  };
  using Found = std::array<std::size_t, 3>;
  EXPECT_EQ(run(10, 0), (Found{6, 6, 0}));
  // Sent after the young grant's beginning, of what was before it.
  EXPECT_EQ(run(10, 600), (Found{0, 6, 6}));
  // Arrived after its end, dated within it: over is over.
  EXPECT_EQ(run(3700, 600), (Found{0, 6, 0}));
  // Dated in the future, and arrived before the beginning: not yet.
  EXPECT_EQ(run(-60, -120), (Found{0, 6, 0}));
  // A clock that runs ahead of ours changes nothing.
  EXPECT_EQ(run(10, -1e6), (Found{6, 6, 0}));
}

TEST(Carried, WhatWaitsForItsProofIsJudgedByTheAgentsClockToo) {
  GrantSpec young = spec();
  young.from = t0;
  HepBench b({carrier().grant(young)});
  Call c{b};
  c.caller = "+14045550102";
  c.callee = "+12125550111";
  const std::string digest =
      "Proxy-Authorization: Digest username=\"+14045550102\", realm=\"carrier.example\"\r\n";
  c.invite(1);
  c.response(1.1, 407);
  c.cseq = 2;
  c.invite_extra = digest;
  c.invite(1.2);
  b.late_s = 60;  // an old message of the same dialog, sent again
  c.response(1.25, 183);
  b.late_s = 0;
  c.response(1.3, 180);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.engine.stats().unread[static_cast<std::size_t>(Unread::hep_early)], 1u);
  EXPECT_FALSE(b.sink.packets.empty());
  for (const auto& p : b.sink.packets) EXPECT_EQ(text_of(p.bytes).find(" 183 "), std::string_view::npos);
}

TEST(Carried, MediaAndReports) {
  HepBench b(grants(spec()));
  Call c{b};
  c.invite(0);
  c.answer(1);
  const auto send = [&](double s, std::uint8_t protocol, View payload) {
    b.udp(s, agent, collector, hep_message({c.zm, c.am, at(s), protocol}, payload));
  };
  send(2, wire::hep_rtp, rtp(0xbbbb, 1));
  Bytes rr{0x81, 201, 0, 7};
  rr.resize(32);
  send(2.1, wire::hep_rtcp, rr);
  send(2.2, wire::hep_rtcp, view_of(R"({"type":200})"));
  send(2.3, 100, view_of("a line of a log"));
  send(2.4, wire::hep_sip, view_of("no SIP"));
  Bytes compressed = hep_message({c.zm, c.am, at(2.5)}, view_of("x"));
  compressed[compressed.size() - 4] = 16;  // the payload's chunk type
  b.udp(2.5, agent, collector, compressed);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.count(PacketRole::rtp), 1u);
  EXPECT_EQ(b.sink.count(PacketRole::rtcp), 1u);
  UnreadCounts want{};
  want[static_cast<std::size_t>(Unread::hep_report)] = 1;
  want[static_cast<std::size_t>(Unread::hep_other)] = 2;
  want[static_cast<std::size_t>(Unread::bad_sip)] = 1;
  EXPECT_EQ(b.engine.stats().unread, want);
}

TEST(Carried, PenRegistersGetNoPacket) {
  HepBench b(grants(spec(authority::Kind::pen_trap)));
  Call{b}.whole(0);
  ASSERT_TRUE(b.engine.finish());
  EXPECT_EQ(b.sink.packets.size(), 0u);
  EXPECT_EQ(b.sink.count(EventType::termination_attempt), 1u);
}

}  // namespace
}  // namespace writ::intercept
