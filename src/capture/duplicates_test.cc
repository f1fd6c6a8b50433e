// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/duplicates.hh"

#include <random>

#include "capture/capture_for_test.hh"

namespace writ::capture {
namespace {

using namespace test;

wire::RawPacket dup_at(double ms, const Bytes& f) {
  return {from_ns(1'790'000'000'000'000'000 + static_cast<std::int64_t>(ms * 1e6)), 1, f,
          static_cast<std::uint32_t>(f.size())};
}

Bytes dup_rtp(std::uint16_t seq) {
  Bytes b{0x80, 0};
  put_be16(b, seq);
  b.resize(172, 0x55);
  return frame("192.0.2.1", 20000, "198.51.100.1", 30000, b);
}

// As another port, VLAN or router shows the same packet.
Bytes other_mac(Bytes f) {
  std::fill(f.begin(), f.begin() + 12, std::uint8_t{7});
  return f;
}
Bytes in_vlan(const Bytes& f) {
  Bytes out(f.begin(), f.begin() + 12);
  put_be32(out, 0x81000064);
  put_bytes(out, View(f).subspan(12));
  return out;
}
Bytes behind_a_router(Bytes f) {
  --f[14 + 8];
  f[14 + 10] = 0x12;
  return f;
}
Bytes of_another_class(Bytes f) {
  f[14 + 1] = 0xb8;
  return f;
}
Bytes in_vxlan(const Bytes& f, std::uint16_t port) {
  Bytes inner{8, 0, 0, 0, 0, 0, 1, 0};
  put_bytes(inner, f);
  return frame("203.0.113.1", port, "203.0.113.2", 4789, inner);
}

TEST(Duplicates, TheSamePacketOnAnotherPortIsOne) {
  Duplicates d;
  const Bytes f = dup_rtp(1);
  EXPECT_FALSE(d.seen(dup_at(0, f)));
  for (const Bytes& copy : {f, other_mac(f), in_vlan(f), behind_a_router(f), of_another_class(f),
                            in_vxlan(f, 1), in_vxlan(in_vlan(f), 2)})
    EXPECT_TRUE(d.seen(dup_at(4, copy)));
  EXPECT_TRUE(d.seen(dup_at(-3, f)));  // the ports' order
  EXPECT_EQ(d.removed(), 8u);
}

TEST(Duplicates, WhatSaysSomethingNewStays) {
  Duplicates d;
  const Bytes f = dup_rtp(1);
  EXPECT_FALSE(d.seen(dup_at(0, f)));
  EXPECT_FALSE(d.seen(dup_at(0.1, dup_rtp(2))));
  Bytes elsewhere = f;  // what a B2BUA sends on: same payload, other address or port
  elsewhere[14 + 19] = 9;
  EXPECT_FALSE(d.seen(dup_at(0.2, elsewhere)));
  elsewhere = f;
  elsewhere[14 + 20 + 3] ^= 1;
  EXPECT_FALSE(d.seen(dup_at(0.3, elsewhere)));
  for (const std::size_t byte : {5u, 24u, 50u, 100u, 199u}) {  // any bit from the IP header on
    Bytes changed = f;
    changed[14 + byte] ^= 0x10;
    EXPECT_FALSE(d.seen(dup_at(0.4, changed))) << byte;
  }
  EXPECT_FALSE(d.seen(dup_at(5.5, f)));  // and the same bytes later: somebody sent them again
  const Bytes invite =
      frame("192.0.2.1", 5060, "198.51.100.1", 5060, view_of("INVITE sip:x@example.com SIP/2.0\r\n\r\n"));
  for (const double ms : {0.0, 500.0, 1500.0, 3500.0}) EXPECT_FALSE(d.seen(dup_at(ms, invite))) << ms;
  for (const double ms : {4000.0, 4010.0, 4020.0}) EXPECT_FALSE(d.seen(dup_at(ms, invite))) << "T1 of 10 ms";
  Bytes arp(42, 0);
  arp[12] = 8;
  arp[13] = 6;
  EXPECT_FALSE(d.seen(dup_at(0, arp)));
  EXPECT_FALSE(d.seen(dup_at(0, arp)));
  EXPECT_EQ(d.removed(), 0u);
}

// A million packets a second, each twice, 1 ms apart: they are found, and none of the different ones is
// taken.
TEST(Duplicates, UnderLoad) {
  Duplicates d;
  Bytes f = dup_rtp(0);
  const auto number = [&](std::uint32_t n) {
    for (int i = 0; i < 4; ++i) f[60u + static_cast<unsigned>(i)] = static_cast<std::uint8_t>(n >> (8 * i));
  };
  std::size_t wrong = 0, found = 0;
  for (std::uint32_t n = 0; n < 200'000; ++n) {
    number(n);
    wrong += d.seen(dup_at(n * 0.001, f)) ? 1 : 0;
    if (n < 1000) continue;
    number(n - 1000);
    found += d.seen(dup_at(n * 0.001, f)) ? 1 : 0;
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_GE(found, 198'900u);  // where five fall into one place of the table, the oldest is forgotten
}

TEST_F(CaptureTest, AMirrorOfBothDirectionsGivesTheEvidenceOfOne) {
  auto map = MappedFile::open(capture_);
  auto reader = wire::CaptureReader::open(map->bytes());
  wire::CaptureWriter doubled{1};
  wire::RawPacket p;
  std::uint64_t n = 0;
  while (reader->next(p)) {
    const Bytes copy = in_vlan(behind_a_router(Bytes(p.bytes.begin(), p.bytes.end())));
    doubled.add(p);
    doubled.add({p.at + std::chrono::microseconds{300}, 1, copy, static_cast<std::uint32_t>(copy.size())});
    ++n;
  }
  ASSERT_TRUE(write_file(dir_ / "d.pcap", doubled.bytes()));
  const auto g = carrier_->grant(Kind::content, target).value();
  ASSERT_TRUE(run({g}, dir_ / "once"));
  RunSettings settings;
  settings.drop_duplicates = true;
  const auto r = run_of(
      dir_ / "d.pcap", {g}, dir_ / "twice", [] { return Status{}; }, settings);
  ASSERT_TRUE(r) << to_text(r.error());
  EXPECT_EQ(r->duplicates, n);
  for (const auto stream : {vault::Stream::call_data, vault::Stream::content})
    EXPECT_EQ(opened(g, dir_ / "twice", stream), opened(g, dir_ / "once", stream));
  const auto kept = run_of(dir_ / "d.pcap", {g}, dir_ / "kept");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->duplicates, 0u);
  EXPECT_EQ(opened(g, dir_ / "kept", vault::Stream::content).size(),
            2 * opened(g, dir_ / "once", vault::Stream::content).size());
}

}  // namespace
}  // namespace writ::capture
