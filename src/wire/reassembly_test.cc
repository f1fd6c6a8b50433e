// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/reassembly.hh"

#include <gmock/gmock.h>

#include <algorithm>

#include "wire/frames_for_test.hh"

namespace writ::wire {
namespace {

using namespace test;

struct Feed {
  Reassembler r;
  Reassembler::Whole whole;
  bool add(View frame, Instant at = {}) {
    const Decoded d = decode(raw(frame, LinkType::raw, at));
    EXPECT_EQ(d.verdict, Verdict::fragment);
    return r.add(d.fragment, raw(frame, LinkType::raw, at), whole);
  }
};

Bytes datagram(std::size_t n) {
  Bytes payload(n);
  for (std::size_t i = 0; i < n; ++i) payload[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return udp(payload);
}

// The piece [8 * from, 8 * to) of `d`; `to` 0: up to the end.
Bytes piece(View d, unsigned from, unsigned to, std::uint16_t id = 1) {
  const View part = to == 0 ? d.subspan(from * 8u) : d.subspan(from * 8u, (to - from) * 8u);
  return ip4(part, 17, static_cast<std::uint16_t>((to == 0 ? 0 : 0x2000) | from), id);
}

TEST(Reassembler, AnyOrder) {
  const Bytes d = datagram(100);
  std::vector<Bytes> parts = {piece(d, 0, 3), piece(d, 3, 6), piece(d, 6, 10), piece(d, 10, 0)};
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    Feed f;
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(f.add(parts[order[i]]), i == 3);
    EXPECT_TRUE(std::ranges::equal(f.whole.decoded.udp.payload, View(d).subspan(8)));
    EXPECT_EQ(f.whole.decoded.udp.src.text(), "192.0.2.1:5060");
    EXPECT_FALSE(f.whole.overlapped || f.whole.decoded.udp.truncated);
    ASSERT_EQ(f.whole.frames.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(f.whole.frames[i], parts[order[i]]);
    EXPECT_EQ(f.r.dropped(), 0u);
  } while (std::ranges::next_permutation(order).found);
}

TEST(Reassembler, ADatagramCameInAtTheInputsOfAllItsFragments) {
  const Bytes d = datagram(100);
  Reassembler r;
  Reassembler::Whole whole;
  std::uint32_t port = 3;
  for (const Bytes& part : {piece(d, 0, 3), piece(d, 3, 6), piece(d, 6, 0)}) {
    RawPacket p = raw(part, LinkType::raw);
    p.ingress = port == 3 ? 3 : 5;
    port = 5;
    r.add(decode(p).fragment, p, whole);
  }
  EXPECT_EQ(whole.decoded.udp.inputs, input_set(3) | input_set(5));
}

TEST(Reassembler, FirstByteWinsAndOverlapIsSaid) {
  const Bytes d = datagram(100);
  Bytes evil(d.size(), 0xee);
  Feed f;
  EXPECT_FALSE(f.add(piece(d, 2, 6)));
  EXPECT_FALSE(f.add(piece(d, 0, 2)));
  EXPECT_FALSE(f.add(piece(evil, 1, 7)));
  EXPECT_TRUE(f.add(piece(d, 7, 0)));
  EXPECT_TRUE(f.whole.overlapped);
  Bytes expected = d;
  std::fill(expected.begin() + 48, expected.begin() + 56, 0xee);  // where the overlapping piece was first
  EXPECT_TRUE(std::ranges::equal(f.whole.decoded.udp.payload, View(expected).subspan(8)));
}

TEST(Reassembler, MirroredTwiceIsNoOverlapAndNoLoss) {
  const Bytes d = datagram(100);
  Feed f;
  EXPECT_FALSE(f.add(piece(d, 0, 5)));
  EXPECT_FALSE(f.add(piece(d, 0, 5)));
  EXPECT_TRUE(f.add(piece(d, 5, 0)));
  EXPECT_FALSE(f.whole.overlapped);
  EXPECT_FALSE(f.add(piece(d, 5, 0)));  // the echo
  EXPECT_FALSE(f.add(piece(d, 0, 5, 2), Instant{std::chrono::minutes{5}}));
  EXPECT_EQ(f.r.dropped(), 0u);
  // Negative control: a leftover with other bytes is a loss.
  EXPECT_FALSE(f.add(piece(datagram(90), 5, 0, 1), Instant{std::chrono::minutes{5}}));
  EXPECT_FALSE(f.add(piece(d, 0, 5, 3), Instant{std::chrono::minutes{10}}));
  EXPECT_EQ(f.r.dropped(), 2u);
}

// A datagram in two fragments, each of them in a tunnel whose own packets are in two.
TEST(Reassembler, AFragmentInATunnelInFragmentsGoesOn) {
  const Bytes d = datagram(100);
  std::vector<Bytes> outer;
  for (const Bytes& inside : {piece(d, 0, 7), piece(d, 7, 0)}) {
    const auto id = static_cast<std::uint16_t>(100 + outer.size());
    outer.push_back(ip4(View(inside).first(40), 4, 0x2000, id));
    outer.push_back(ip4(View(inside).subspan(40), 4, 5, id));
  }
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    Feed f;
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(f.add(outer[order[i]]), i == 3);
    EXPECT_TRUE(std::ranges::equal(f.whole.decoded.udp.payload, View(d).subspan(8)));
    ASSERT_EQ(f.whole.frames.size(), 4u);
    EXPECT_EQ(f.whole.times.size(), 4u);
    for (const Bytes& o : outer)
      EXPECT_EQ(std::count(f.whole.frames.begin(), f.whole.frames.end(), o), 1) << "each is evidence, once";
    EXPECT_FALSE(f.whole.overlapped);
    EXPECT_EQ(f.r.dropped(), 0u);
  } while (std::ranges::next_permutation(order).found);
  Feed half;  // what inside never becomes whole is a loss as ever
  EXPECT_FALSE(half.add(outer[0]));
  EXPECT_FALSE(half.add(outer[1]));
  EXPECT_EQ(half.r.dropped(), 0u);
  EXPECT_FALSE(half.add(piece(d, 0, 5, 9), Instant{std::chrono::minutes{5}}));
  EXPECT_EQ(half.r.dropped(), 1u);
}

TEST(Reassembler, SnapLengthCut) {
  const Bytes d = datagram(100);
  Feed f;
  const Bytes first = piece(d, 0, 5), last = piece(d, 5, 0);
  EXPECT_FALSE(f.add(View(first).first(first.size() - 10)));
  EXPECT_TRUE(f.add(last));
  EXPECT_TRUE(f.whole.decoded.udp.truncated);
  EXPECT_TRUE(std::ranges::equal(f.whole.decoded.udp.payload, View(d).subspan(8, 22)));
}

TEST(Reassembler, BoundsAndAge) {
  const Bytes d = datagram(100);
  Feed f{Reassembler(10, std::chrono::seconds{30}), {}};
  for (std::uint16_t id = 0; id < 25; ++id) EXPECT_FALSE(f.add(piece(d, 0, 5, id)));
  EXPECT_EQ(f.r.dropped(), 15u);
  EXPECT_TRUE(f.add(piece(d, 5, 0, 24)));
  EXPECT_FALSE(f.add(piece(d, 5, 0, 0)));
  EXPECT_FALSE(f.add(piece(d, 5, 0, 20), Instant{std::chrono::seconds{31}}));  // its other half has aged out
  EXPECT_EQ(f.r.dropped(), 25u);
}

TEST(Reassembler, ManyTinyPiecesEnd) {
  const Bytes d = datagram(8000);
  Feed f;
  for (unsigned i = 0; i < 500; ++i) EXPECT_FALSE(f.add(piece(d, i, i + 1)));
  EXPECT_EQ(f.r.dropped(), 1u);
}

TEST(Reassembler, OverlongIsRefused) {
  Feed f;
  EXPECT_FALSE(f.add(ip4(Bytes(100), 17, 0x1fff, 1)));
  EXPECT_FALSE(f.add(piece(datagram(100), 0, 5)));
  EXPECT_TRUE(f.add(piece(datagram(100), 5, 0)));
}

TEST(Reassembler, Ipv6WithOptionsInTheFragments) {
  const Bytes d = join({Bytes{17, 0, 0, 0, 0, 0, 0, 0}, udp(bytes_of("0123456789abcdefghij"))});
  Feed f;
  EXPECT_FALSE(f.add(ip6(join({Bytes{60, 0, 0, 1, 0, 0, 0, 5}, View(d).first(24)}), 44)));
  EXPECT_TRUE(f.add(ip6(join({Bytes{60, 0, 0, 24, 0, 0, 0, 5}, View(d).subspan(24)}), 44)));
  EXPECT_EQ(text_of(f.whole.decoded.udp.payload), "0123456789abcdefghij");
  EXPECT_EQ(f.whole.decoded.udp.dst.text(), "[2001:db8::2]:5070");
}

}  // namespace
}  // namespace writ::wire
