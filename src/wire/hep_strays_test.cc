// SPDX-License-Identifier: GPL-3.0-or-later
// HEP over TCP of a sender that is listed, from wherever we begin to see it.
#include "wire/hep_strays.hh"

#include <gtest/gtest.h>

#include "wire/frames_for_test.hh"
#include "wire/hep_for_test.hh"

namespace writ::wire {
namespace {

using namespace test;

TEST(HepStrays, AHeaderWhoseLengthsCannotBeIsNone) {
  const auto begins = [](std::uint8_t length, std::uint8_t chunk, std::size_t there = 12) {
    Bytes b{'H', 'E', 'P', '3', 0, length, 0, 0, 0, 1, 0, chunk};
    b.resize(there);
    return begins_hep(b);
  };
  EXPECT_TRUE(begins(12, 6));
  EXPECT_FALSE(begins(12, 5)) << "a chunk is six bytes at least";
  EXPECT_FALSE(begins(12, 7)) << "longer than the message";
  EXPECT_FALSE(begins(12, 6, 11));
}

std::vector<Bytes> agent_messages(std::size_t n) {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < n; ++i) {
    HepSpec s;
    s.src = {address("192.0.2.1"), 5060};
    s.dst = {address("192.0.2.2"), 5060};
    out.push_back(hep_message(s, view_of("OPTIONS sip:" + std::to_string(i) + "@h SIP/2.0\r\n\r\n" +
                                         std::string(i * 37 % 200, 'x'))));
  }
  return out;
}

TcpSegment segment(std::size_t at, View payload, std::uint16_t port) {
  TcpSegment t;
  t.src = {address("203.0.113.9"), port};
  t.dst = {address("203.0.113.1"), 9060};
  t.seq = static_cast<std::uint32_t>(at) - 100;  // wraps
  t.payload = payload;
  return t;
}

struct Agent {
  bool send(std::size_t at, View payload, std::uint16_t port = 40000, std::uint8_t flags = 0) {
    TcpSegment t = segment(at, payload, port);
    t.flags = flags;
    return flows.add(t, from_ns(0), out);
  }
  std::vector<Bytes> messages() const {
    std::vector<Bytes> m;
    for (const HepStreamed& s : out) m.push_back(s.message);
    return m;
  }
  HepFlows flows;
  std::vector<HepStreamed> out;
};

TEST(HepStrays, JoinedInTheMiddleOfABusyConnection) {
  const auto messages = agent_messages(40);
  Bytes all;
  for (const Bytes& m : messages) put_bytes(all, m);
  for (const std::size_t skip : {std::size_t{1}, messages[0].size() - 2, std::size_t{100}})
    for (const std::size_t step : {std::size_t{50}, std::size_t{3}, std::size_t{1448}}) {
      Agent a;
      for (std::size_t at = skip; at < all.size(); at += step)
        a.send(at, View(all).subspan(at, std::min(step, all.size() - at)));
      EXPECT_EQ(a.messages(), std::vector<Bytes>(messages.begin() + 1, messages.end()))
          << skip << ' ' << step;
      EXPECT_EQ(a.flows.given_up(), 0u);
    }
}

TEST(HepStrays, PiecesThatCameBeforeTheFirst) {
  const auto messages = agent_messages(3);
  Agent a;
  std::size_t at = 0;
  for (const Bytes& m : messages) {
    const std::size_t cut = m.size() / 2;
    a.send(at + cut, View(m).subspan(cut));
    a.send(at, View(m).first(cut));
    at += m.size();
  }
  EXPECT_EQ(a.messages(), messages);
}

TEST(HepStrays, OtherConnectionsOfTheSenderAreNotHep) {
  Agent a;
  for (std::size_t n = 0; n < 500; ++n)
    EXPECT_FALSE(a.send(n * 30, view_of("HEP3 is a protocol, he says.\r\n")));
  const auto messages = agent_messages(1);
  EXPECT_TRUE(a.send(900'000, messages[0])) << "what was kept of them is bounded and does no harm";
  EXPECT_EQ(a.messages(), messages);
}

// Agents of one host, whose connections have the same sequence numbers.
TEST(HepStrays, APieceOfAnotherConnectionIsNoPartOfTheMessage) {
  const auto messages = agent_messages(2);
  const std::size_t cut = messages[0].size() / 2;
  Agent a;
  a.send(cut, View(messages[1]).subspan(cut), 40001);
  a.send(0, View(messages[0]).first(cut));
  a.send(cut, View(messages[0]).subspan(cut));
  EXPECT_EQ(a.messages(), std::vector<Bytes>{messages[0]});
  a.send(0, View(messages[1]).first(cut), 40001);
  EXPECT_EQ(a.messages(), messages) << "and that one has kept its own";
  EXPECT_EQ(a.flows.given_up(), 0u);
}

TEST(HepStrays, PortsThatAreUsedAgainHaveNothingOfTheConnectionBefore) {
  constexpr std::uint8_t rst = 4;
  const auto messages = agent_messages(2);
  const std::size_t cut = messages[0].size() / 2;
  Agent a;
  for (const Bytes& m : messages) {
    a.send(cut, View(m).subspan(cut));
    a.send(0, View(m).first(cut));
    a.send(m.size(), {}, 40000, rst);
  }
  a.send(0, View(messages[0]).first(cut));
  EXPECT_EQ(a.messages(), messages) << "its second half was another connection's";
}

// The second half of a message waits, then so much of other connections; then its first half comes.
bool still_waits(std::size_t others, std::size_t bytes_each) {
  const Bytes m = agent_messages(1)[0], other(bytes_each, 'x');
  const std::size_t cut = m.size() / 2;
  HepStrays s;
  EXPECT_FALSE(s.add(segment(cut, View(m).subspan(cut), 40000)));
  for (std::size_t n = 0; n < others; ++n) EXPECT_FALSE(s.add(segment(n * 100'000, other, 40001)));
  const auto begun = s.add(segment(0, View(m).first(cut), 40000));
  EXPECT_TRUE(begun.has_value());
  return begun && begun->bytes == m;
}

TEST(HepStrays, WhatWaitsIsFewAndSmall) {
  EXPECT_TRUE(still_waits(60, 10));
  EXPECT_FALSE(still_waits(70, 10)) << "pieces";
  EXPECT_TRUE(still_waits(4, 60'000));
  EXPECT_FALSE(still_waits(5, 60'000)) << "bytes";
}

}  // namespace
}  // namespace writ::wire
