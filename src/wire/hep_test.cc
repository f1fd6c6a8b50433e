// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/io.hh"
#include "base/test_shared.hh"
#include "wire/hep_for_test.hh"
#include "wire/made_frame.hh"
#include "wire/pcap.hh"
#include "wire/sip.hh"

namespace writ::wire {
namespace {

using test::hep_message;
using test::hep_of;
using test::put_chunk;

Endpoint hep_end(std::string_view ip, std::uint16_t port) {
  Endpoint e;
  EXPECT_TRUE(Address::parse(ip, e.ip));
  e.port = port;
  return e;
}

TEST(Hep, SaysWhatTheAgentWrote) {
  for (const char* ip : {"192.0.2.1", "2001:db8::1"}) {
    const Instant t = from_ns(1'790'000'000'123'456'000);
    const Bytes m = hep_message({hep_end(ip, 5060), hep_end(ip, 5062), t, hep_sip, 6, 7}, view_of("OPTIONS"));
    HepMessage h;
    ASSERT_TRUE(parse_hep(m, h));
    EXPECT_TRUE(h.has_addresses && h.has_time && !h.truncated && !h.compressed);
    EXPECT_EQ(h.src, hep_end(ip, 5060));  // the vendor's chunk of the same number was not taken for it
    EXPECT_EQ(h.dst, hep_end(ip, 5062));
    EXPECT_EQ(h.at, t);
    EXPECT_EQ(h.transport, 6);
    EXPECT_EQ(h.protocol, hep_sip);
    EXPECT_EQ(h.agent, 7u);
    EXPECT_EQ(text_of(h.payload), "OPTIONS");
  }
}

TEST(Hep, LengthsThatLieAreBelievedAsFarAsTheBytesGo) {
  const Bytes good = hep_message({hep_end("192.0.2.1", 1), hep_end("192.0.2.2", 2)}, view_of("0123456789"));
  HepMessage h;
  for (std::size_t n = 0; n < good.size(); ++n) {  // a snap length cuts anywhere
    const bool any = parse_hep(View(good).first(n), h);
    EXPECT_EQ(any, n > good.size() - 10) << n;  // an empty payload is none
    if (any) {
      EXPECT_TRUE(h.truncated);
      EXPECT_EQ(h.payload.size(), n - (good.size() - 10));
    }
  }
  Bytes lie = good;
  lie[4] = lie[5] = 0;  // a total that is none
  ASSERT_TRUE(parse_hep(lie, h));
  EXPECT_EQ(text_of(h.payload), "0123456789");
  lie = good;
  lie[10] = 0;
  lie[11] = 3;  // the first chunk is shorter than its own head
  EXPECT_FALSE(parse_hep(lie, h));
  EXPECT_TRUE(h.truncated);
  EXPECT_FALSE(parse_hep(view_of("HEP2\0\x10............"), h));
  EXPECT_FALSE(parse_hep(hep_of({}), h));
}

TEST(Hep, TheFirstOfTwoCountsAndHalfAnAddressIsNone) {
  Bytes c;
  put_chunk(c, 15, view_of("first"));
  put_chunk(c, 15, view_of("second"));
  put_chunk(c, 3, view_of("\1\2\3\4"));
  put_chunk(c, 4, view_of("\1\2"));
  HepMessage h;
  const Bytes message = hep_of(c);
  ASSERT_TRUE(parse_hep(message, h));
  EXPECT_EQ(text_of(h.payload), "first");
  EXPECT_FALSE(h.has_addresses);
  EXPECT_FALSE(h.has_time);
}

// What sipcapture's own dissector for Wireshark says of the eight messages (it is no part of Debian's
// tshark).
TEST(Hep, RealMessagesOfARealAgent) {
  const fs::path file = shared_folder() / "captures" / "hep" / "hep.pcap";
  if (!fs::exists(file)) GTEST_SKIP() << "no captures beside the tree";
  struct Row {
    bool back;  // from .2 to .1
    std::uint16_t port;
    std::int64_t seconds, micros;
    int protocol;
    const char* begins;
  };
  const std::vector<Row> rows = {
      {false, 5060, 1481455196, 100, 1, "INVITE sip:nodejs@127.0.0.1 SIP/2.0\n"},
      {true, 5060, 1481455196, 325, 1, "SIP/2.0 100 Trying\n"},
      {true, 5060, 1481455197, 126, 1, "SIP/2.0 407 Proxy Authentication Required\n"},
      {false, 5060, 1481455198, 127, 1, "OPTIONS sip:127.0.0.1 SIP/2.0\n"},
      {false, 0, 1481455199, 126, 100, "SYSLOG: Processing OPTIONS"},
      {true, 5060, 1481455200, 326, 1, "SIP/2.0 200 Alive\n"},
      {false, 5060, 1481455201, 627, 1, "PUBLISH sip:nodejs@127.0.0.1:5999;transport=udp SIP/2.0\n"},
      {false, 0, 1481455202, 927, 5, "{\"sender_information\":"},
  };
  const auto bytes = read_file(file);
  ASSERT_TRUE(bytes);
  auto reader = CaptureReader::open(*bytes);
  ASSERT_TRUE(reader);
  RawPacket p;
  for (const Row& r : rows) {
    ASSERT_TRUE(reader->next(p));
    const Decoded d = decode(p);
    HepMessage h;
    ASSERT_TRUE(parse_hep(d.udp.payload, h)) << r.begins;
    const Endpoint one = hep_end("192.168.1.1", r.port), two = hep_end("192.168.1.2", r.port);
    EXPECT_EQ(h.src, r.back ? two : one) << r.begins;
    EXPECT_EQ(h.dst, r.back ? one : two) << r.begins;
    EXPECT_EQ(h.at, from_ns(r.seconds * 1'000'000'000 + r.micros * 1000)) << r.begins;
    EXPECT_EQ(h.protocol, r.protocol) << r.begins;
    EXPECT_EQ(h.agent, 2001u);
    EXPECT_TRUE(text_of(h.payload).starts_with(r.begins)) << text_of(h.payload);
    SipMessage m;
    EXPECT_EQ(parse_sip(h.payload, m), r.protocol == 1) << r.begins;
  }
  EXPECT_FALSE(reader->next(p));
}

TEST(Hep, OldVersionsAreToldFromWhatIsNone) {
  const auto old = [](std::uint8_t version, std::uint8_t length, std::size_t header,
                      std::string_view inside) {
    Bytes b = {version, length, static_cast<std::uint8_t>(header >= 40 ? 10 : 2), 17, 0x13, 0xc4, 0x13, 0xc4};
    b.resize(header, 1);
    put_bytes(b, view_of(inside));
    return b;
  };
  constexpr std::string_view invite = "INVITE sip:+14045550102@example.com SIP/2.0\r\nCall-ID: x\r\n\r\n";
  EXPECT_TRUE(looks_like_old_hep(old(1, 16, 16, invite)));
  EXPECT_TRUE(looks_like_old_hep(old(2, 28, 28, invite)));
  EXPECT_TRUE(looks_like_old_hep(old(2, 16, 28, invite)));
  EXPECT_TRUE(looks_like_old_hep(old(1, 40, 40, invite)));
  EXPECT_FALSE(looks_like_old_hep(old(3, 16, 16, invite)));
  EXPECT_FALSE(looks_like_old_hep(old(1, 17, 17, invite)));
  EXPECT_FALSE(looks_like_old_hep(old(1, 16, 16, "something else altogether, of the same length")));
  EXPECT_FALSE(looks_like_old_hep(Bytes{1, 16}));
}

std::vector<Bytes> some_messages(std::size_t n, std::mt19937& random) {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < n; ++i) {
    std::string text = "HEP3 inside of a payload is no beginning " + std::to_string(i);
    text.append(400 + random() % 3000, 'x');
    out.push_back(hep_message({hep_end("192.0.2.1", 1), hep_end("192.0.2.2", 2)}, view_of(text)));
  }
  return out;
}

TEST(HepStream, CutAnywhereTheMessagesAreTheSame) {
  std::mt19937 random{11};
  for (int round = 0; round < 20; ++round) {
    const auto messages = some_messages(20, random);
    Bytes all;
    for (const Bytes& m : messages) put_bytes(all, m);
    HepSplitter s;
    std::vector<Bytes> got;
    for (View rest = all; !rest.empty();) {
      const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random() % (round < 3 ? 3 : 2000));
      s.add(rest.first(n));
      rest = rest.subspan(n);
      for (View m; s.next(m);) got.emplace_back(m.begin(), m.end());
    }
    EXPECT_EQ(got, messages);
    EXPECT_EQ(s.given_up(), 0u);
  }
}

TEST(HepStream, AfterAHoleTheNextMessageIsFound) {
  std::mt19937 random{12};
  const auto messages = some_messages(4, random);
  HepSplitter s;
  View m;
  s.add(View(messages[0]).first(100));
  EXPECT_FALSE(s.next(m));
  s.gap();
  s.add(View(messages[1]).last(View(messages[1]).size() - 200));  // the middle of one: no beginning, then one
  s.add(messages[2]);
  ASSERT_TRUE(s.next(m));
  EXPECT_EQ(Bytes(m.begin(), m.end()), messages[2]);
  EXPECT_FALSE(s.next(m));
  EXPECT_EQ(s.given_up(), 2u);
}

TEST(HepStream, SegmentsInAnyOrderAndTwice) {
  std::mt19937 random{13};
  for (int round = 0; round < 20; ++round) {
    const auto messages = some_messages(30, random);
    Bytes all;
    for (const Bytes& m : messages) put_bytes(all, m);
    const std::uint32_t first = round % 2 == 0 ? 0xffffff00u : 5u;  // numbers wrap
    std::vector<std::pair<std::size_t, std::size_t>> parts;
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t n = std::min<std::size_t>(all.size() - at, 1 + random() % 1400);
      parts.emplace_back(at, n);
      if (random() % 5 == 0) parts.emplace_back(at, std::min<std::size_t>(n + 50, all.size() - at));
      at += n;
    }
    for (std::size_t i = 1; i + 4 < parts.size(); i += 4)  // the first shows that it is HEP at all
      std::shuffle(parts.begin() + static_cast<std::ptrdiff_t>(i),
                   parts.begin() + static_cast<std::ptrdiff_t>(i) + 4, random);
    HepFlows flows;
    std::vector<HepStreamed> out;
    for (const auto& [at, n] : parts) {
      TcpSegment t;
      t.src = hep_end("203.0.113.9", 40000);
      t.dst = hep_end("203.0.113.1", 9060);
      t.seq = first + static_cast<std::uint32_t>(at);
      t.payload = View(all).subspan(at, n);
      EXPECT_TRUE(flows.add(t, from_ns(0), out));
    }
    ASSERT_EQ(out.size(), messages.size());
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i].message, messages[i]);
    EXPECT_EQ(flows.given_up(), 0u);
  }
}

TEST(HepStream, AHoleIsWaitedForNotForEver) {
  std::mt19937 random{14};
  const auto messages = some_messages(3, random);
  HepFlows flows;
  std::vector<HepStreamed> out;
  TcpSegment t;
  t.src = hep_end("203.0.113.9", 40000);
  t.dst = hep_end("203.0.113.1", 9060);
  const auto send = [&](std::size_t skipped, View payload) {
    t.seq = 1000 + static_cast<std::uint32_t>(skipped);
    t.payload = payload;
    return flows.add(t, from_ns(0), out);
  };
  EXPECT_FALSE(send(0, view_of("GET / HTTP/1.1")));
  EXPECT_TRUE(send(0, messages[0]));
  EXPECT_TRUE(send(messages[0].size() + messages[1].size(), messages[2]));
  EXPECT_EQ(out.size(), 1u);
  flows.expire(from_ns(5'000'000'000), out);
  EXPECT_EQ(out.size(), 1u);
  flows.expire(from_ns(11'000'000'000), out);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[1].message, messages[2]);
}

// Lengths and checksums of a frame that is made here: the ones' complement sum over everything is all ones.
TEST(MadeFrame, EveryOtherToolCanReadIt) {
  for (const auto& [a, b] : {std::pair{"192.0.2.1", "198.51.100.7"}, std::pair{"2001:db8::1", "2001:db8::2"},
                             std::pair{"192.0.2.1", "2001:db8::2"}})
    for (const std::size_t n : {0u, 1u, 2u, 1400u, 65507u}) {
      Bytes storage;
      const Bytes payload(n, 0xa5);
      const RawPacket p = udp_frame(hep_end(a, 5060), hep_end(b, 60000), payload, from_ns(1), storage);
      const Decoded d = decode(p);
      ASSERT_EQ(d.verdict, Verdict::udp);
      EXPECT_EQ(d.udp.src, hep_end(a, 5060));
      EXPECT_EQ(d.udp.dst, hep_end(b, 60000));
      EXPECT_EQ(d.udp.payload.size(), n);
      const std::size_t header = p.bytes[0] >> 4 == 4 ? 20 : 40;
      std::uint32_t sum = 17 + static_cast<std::uint32_t>(8 + n);
      const View checked = p.bytes.subspan(header == 20 ? 12 : 8);
      for (std::size_t i = 0; i < checked.size(); i += 2)
        sum += static_cast<std::uint32_t>(checked[i] << 8 | (i + 1 < checked.size() ? checked[i + 1] : 0));
      while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
      EXPECT_EQ(sum, 0xffffu) << a << " " << n;
    }
}

}  // namespace
}  // namespace writ::wire
