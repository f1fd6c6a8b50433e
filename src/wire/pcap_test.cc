// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/pcap.hh"

#include <gmock/gmock.h>

#include "wire/frames_for_test.hh"

namespace writ::wire {
namespace {

using namespace test;
using testing::HasSubstr;

// Builds files in either byte order.
struct Builder {
  bool big;
  Bytes out{};
  void put(std::uint64_t v, int width) {
    for (int i = 0; i < width; ++i)
      out.push_back(static_cast<std::uint8_t>(v >> (8 * (big ? width - 1 - i : i))));
  }
  void u16(std::uint64_t v) { put(v, 2); }
  void u32(std::uint64_t v) { put(v, 4); }
  void block(std::uint32_t type, const Bytes& body) {
    const std::size_t padded = (body.size() + 3) / 4 * 4;
    u32(type);
    u32(padded + 12);
    put_bytes(out, body);
    out.resize(out.size() + padded - body.size());
    u32(padded + 12);
  }
  void section() {
    Builder b{big};
    b.u32(0x1a2b3c4d);
    b.u16(1);
    b.u16(0);
    b.put(~0ull, 8);
    block(0x0a0d0d0a, b.out);
  }
  void interface(std::uint16_t link, int tsresol = -1, std::int64_t offset = 0, std::string_view name = "") {
    Builder b{big};
    b.u16(link);
    b.u16(0);
    b.u32(0);
    if (!name.empty()) {
      b.u16(2);
      b.u16(name.size());
      put_bytes(b.out, view_of(name));
      b.out.resize((b.out.size() + 3) / 4 * 4);
    }
    if (tsresol >= 0) {
      b.u16(9);
      b.u16(1);
      b.u32(big ? static_cast<std::uint64_t>(tsresol) << 24 : static_cast<std::uint64_t>(tsresol));
    }
    b.u16(14);
    b.u16(8);
    b.put(static_cast<std::uint64_t>(offset), 8);
    b.u32(0);
    block(1, b.out);
  }
  void option(std::uint16_t code, std::uint64_t value) {
    u16(code);
    u16(8);
    put(value, 8);
  }
  void statistics(std::uint32_t interface, std::uint64_t ifdrop, std::uint64_t osdrop) {
    Builder b{big};
    b.u32(interface);
    b.put(0, 8);
    b.option(4, 999);  // received
    b.option(5, ifdrop);
    b.option(7, osdrop);
    b.u32(0);
    block(5, b.out);
  }
  void packet_after_drops(std::uint32_t interface, std::uint64_t ticks, View data, std::uint64_t drops) {
    Builder b{big};
    b.u32(interface);
    b.u32(ticks >> 32);
    b.u32(ticks & 0xffffffff);
    b.u32(data.size());
    b.u32(data.size());
    put_bytes(b.out, data);
    b.out.resize((b.out.size() + 3) / 4 * 4);
    b.option(4, drops);
    b.u32(0);
    block(6, b.out);
  }
  void packet(std::uint32_t interface, std::uint64_t ticks, View data) {
    Builder b{big};
    b.u32(interface);
    b.u32(ticks >> 32);
    b.u32(ticks & 0xffffffff);
    b.u32(data.size());
    b.u32(data.size() + 1);
    put_bytes(b.out, data);
    block(6, b.out);
  }
};

const Bytes frame = bytes_of("a frame");
constexpr std::int64_t second = 1'700'000'000;

std::vector<RawPacket> read(View file, std::string* broken = nullptr, bool* truncated = nullptr) {
  auto r = CaptureReader::open(file);
  EXPECT_TRUE(r);
  std::vector<RawPacket> all;
  if (!r) return all;
  for (RawPacket p; r->next(p);) all.push_back(p);
  if (broken) *broken = r->broken();
  if (truncated) *truncated = r->truncated();
  return all;
}

// The ingress of each packet.
std::vector<std::uint32_t> inputs_of(View file, const std::vector<std::string>& names, bool whole) {
  auto r = CaptureReader::open(file);
  EXPECT_TRUE(r);
  r->name_inputs(names, whole);
  std::vector<std::uint32_t> all;
  for (RawPacket p; r->next(p);) all.push_back(p.ingress);
  EXPECT_EQ(r->broken(), "");
  return all;
}

TEST(Pcapng, InterfacesAreInputsByTheirNames) {
  for (const bool big : {false, true}) {
    Builder b{big};
    b.section();
    for (const char* name : {"eth0", "", "eth1", "eth2"}) b.interface(1, -1, 0, name);
    for (const std::uint32_t i : {0u, 1u, 2u, 3u}) b.packet(i, 1, frame);
    b.section();  // its own list, in which the names mean the same ports
    b.interface(1, -1, 0, "eth1");
    b.packet(0, 1, frame);
    EXPECT_THAT(inputs_of(b.out, {"eth1", "eth0"}, false), testing::ElementsAre(2, 0, 1, 0, 1));
    EXPECT_THAT(inputs_of(b.out, {}, false), testing::Each(0u));
    EXPECT_THAT(inputs_of(b.out, {"trunk"}, true), testing::ElementsAre(0, 0, 0, 0, 1));
  }
}

TEST(Pcapng, ANameOfTwoInterfacesIsNeithers) {
  Builder b{false};
  b.section();
  for (const char* name : {"eth0", "eth1", "eth0"}) b.interface(1, -1, 0, name);
  for (const std::uint32_t i : {0u, 1u, 2u}) b.packet(i, 1, frame);
  EXPECT_THAT(inputs_of(b.out, {"eth0", "eth1"}, false), testing::ElementsAre(0, 2, 0));
  auto r = CaptureReader::open(b.out);
  r->name_inputs({"eth0", "eth1", "eth9"}, false);
  for (RawPacket p; r->next(p);) continue;
  EXPECT_EQ(r->told_inputs(), input_set(1) | input_set(2));
  EXPECT_EQ(r->ambiguous_inputs(), input_set(1));
}

TEST(Pcap, AFileWithoutInterfacesIsOneInputWhenItIsSaidToBe) {
  CaptureWriter w{1};
  w.add(raw(frame));
  EXPECT_THAT(inputs_of(w.bytes(), {"trunk"}, true), testing::ElementsAre(1));
  EXPECT_THAT(inputs_of(w.bytes(), {"trunk"}, false), testing::ElementsAre(0));
}

TEST(Pcap, EveryMagic) {
  for (const bool big : {false, true}) {
    for (const std::uint32_t magic : {0xa1b2c3d4u, 0xa1b23c4du, 0xa1b2cd34u}) {
      Builder b{big};
      for (const std::uint32_t v : {magic}) b.u32(v);
      b.u16(2);
      b.u16(4);
      b.put(0, 8);
      b.u32(65535);
      b.u32(0x14000001);  // with the length of a frame check sequence above the link type
      for (int i = 0; i < 2; ++i) {
        b.u32(second);
        b.u32(123456);
        b.u32(frame.size());
        b.u32(2000);
        if (magic == 0xa1b2cd34u) b.put(0, 8);
        put_bytes(b.out, frame);
      }
      const auto all = read(b.out);
      ASSERT_EQ(all.size(), 2u);
      EXPECT_EQ(to_ns(all[1].at), second * 1'000'000'000 + (magic == 0xa1b23c4du ? 123456 : 123456000));
      EXPECT_EQ(text_of(all[1].bytes), "a frame");
      EXPECT_EQ(all[1].wire_length, 2000u);
      EXPECT_EQ(all[1].link_type, 1u);
    }
  }
}

TEST(Pcapng, WhatTheFileSaysWasLostIsCountedOnceAndSinceWhen) {
  for (const bool big : {false, true}) {
    Builder b{big};
    b.section();
    b.interface(1);
    b.interface(1);
    const auto tick = [](int s) { return static_cast<std::uint64_t>(second + s) * 1'000'000; };
    const auto at = [](int s) { return from_ns((second + s) * 1'000'000'000); };
    b.packet(0, tick(0), frame);
    b.packet(1, tick(1), frame);
    b.packet_after_drops(0, tick(2), frame, 7);
    b.statistics(0, 5, 2);  // the same seven
    b.packet(0, tick(3), frame);
    b.statistics(1, 10, 3);
    b.statistics(0, 5, 2);
    b.packet(1, tick(4), frame);
    b.statistics(0, 6, 3);
    b.statistics(9, 6, 3);  // of no interface
    auto r = CaptureReader::open(b.out);
    ASSERT_TRUE(r);
    RawPacket p;
    const auto next = [&] { return r->next(p); };
    ASSERT_TRUE(next() && next());
    EXPECT_EQ(r->lost(), 0u);
    ASSERT_TRUE(next());
    EXPECT_EQ(r->lost(), 7u);
    EXPECT_EQ(r->lost_since(), at(0)) << "since the packet before on that interface";
    ASSERT_TRUE(next());
    EXPECT_EQ(r->lost(), 7u);
    ASSERT_TRUE(next());
    EXPECT_EQ(r->lost(), 20u);
    EXPECT_EQ(r->lost_since(), at(1)) << "since its first packet";
    EXPECT_FALSE(next());
    EXPECT_EQ(r->broken(), "");
    EXPECT_EQ(r->lost(), 22u) << "behind the last packet";
    EXPECT_EQ(r->lost_since(), at(3)) << "since its statistics before";
  }
}

TEST(Pcapng, InterfacesSectionsResolutions) {
  Bytes file;
  for (const bool big : {false, true}) {
    Builder b{big};
    b.section();
    b.interface(big ? 276 : 1);   // microseconds
    b.interface(113, 9, 3600);    // nanoseconds, one hour on
    b.interface(101, 0x80 | 10);  // 1/1024 s
    b.interface(101, 12);         // picoseconds
    b.interface(101, 0x80 | 40, -second);
    b.block(5, Bytes(12));  // statistics: skipped
    b.packet(0, second * 1'000'000 + 5, frame);
    b.packet(1, static_cast<std::uint64_t>(second) * 1'000'000'000 + 5, frame);
    b.packet(2, second * 1024 + 512, frame);
    b.packet(3, 1'000'000'000'000 + 7999, frame);
    b.packet(4, (static_cast<std::uint64_t>(second) << 20) << 3, frame);
    put_bytes(file, b.out);
  }
  const auto all = read(file);
  ASSERT_EQ(all.size(), 10u);
  for (std::size_t i = 0; i < 10; i += 5) {
    EXPECT_EQ(to_ns(all[i].at), second * 1'000'000'000 + 5000);
    EXPECT_EQ(all[i].link_type, i == 0 ? 1u : 276u);  // each section counts its interfaces anew
    EXPECT_EQ(to_ns(all[i + 1].at), (second + 3600) * 1'000'000'000 + 5);
    EXPECT_EQ(all[i + 1].link_type, 113u);
    EXPECT_EQ(to_ns(all[i + 2].at), second * 1'000'000'000 + 500'000'000);
    EXPECT_EQ(to_ns(all[i + 3].at), 1'000'000'007);
    EXPECT_LT(to_ns(all[i + 4].at), 0);
    EXPECT_EQ(all[i].wire_length, frame.size() + 1);
  }
}

TEST(Pcapng, SimpleAndObsoleteBlocks) {
  Builder b{false};
  b.section();
  b.interface(1);
  Builder simple{false};
  simple.u32(100);
  put_bytes(simple.out, Bytes(7, 'x'));  // padded to 8: what the block holds is what there is
  b.block(3, simple.out);
  Builder old{false};
  old.u16(0);
  old.u16(3);  // drops
  old.u32(0);
  old.u32(2'000'000);
  old.u32(frame.size());
  old.u32(frame.size());
  put_bytes(old.out, frame);
  b.block(2, old.out);
  const auto all = read(b.out);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].wire_length, 100u);
  EXPECT_EQ(to_ns(all[1].at), 2'000'000'000);
  EXPECT_EQ(text_of(all[1].bytes), "a frame");
}

TEST(Pcapng, BrokenSaysWhere) {
  Builder b{false};
  b.section();
  b.interface(1);
  b.packet(0, 1, frame);
  const std::size_t at = b.out.size();
  b.packet(9, 1, frame);
  std::string broken;
  EXPECT_EQ(read(b.out, &broken).size(), 1u);
  EXPECT_EQ(broken, "at byte " + std::to_string(at) + ": a packet of unknown interface 9");
  b.out.resize(at);
  b.packet(0, 1, frame);
  b.out.back() = 1;
  EXPECT_EQ(read(b.out, &broken).size(), 1u);
  EXPECT_THAT(broken, HasSubstr("two lengths"));
}

TEST(Capture, EveryCutIsTruncatedOrWhole) {
  CaptureWriter w(1);
  Builder b{true};
  b.section();
  b.interface(1);
  for (int i = 0; i < 3; ++i) {
    w.add(raw(frame));
    b.packet(0, 1, frame);
  }
  const Bytes pcap = w.take();
  constexpr std::size_t pcap_start = 24, ng_start = 28 + 36;  // where the first packet begins
  for (const auto& [file, start] : {std::pair{pcap, pcap_start}, std::pair{b.out, ng_start}}) {
    std::size_t whole = 0;
    for (std::size_t n = start; n <= file.size(); ++n) {
      std::string broken;
      bool truncated = false;
      const std::size_t count = read(View(file).first(n), &broken, &truncated).size();
      EXPECT_EQ(broken, "");
      EXPECT_LE(count, 3u);
      whole += truncated ? 0 : 1;
    }
    EXPECT_EQ(whole, 4u);  // at the borders of records only
  }
}

TEST(Capture, WriterRoundTrip) {
  CaptureWriter w(113);
  w.add({from_ns(second * 1'000'000'000 + 7), 113, frame, 99});
  const auto all = read(w.bytes());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(to_ns(all[0].at), second * 1'000'000'000 + 7);
  EXPECT_EQ(all[0].link_type, 113u);
  EXPECT_EQ(all[0].wire_length, 99u);
  EXPECT_EQ(text_of(all[0].bytes), "a frame");
}

TEST(Capture, Refusals) {
  for (const auto& [bytes, text] :
       std::vector<std::pair<Bytes, std::string>>{{{}, "too short"},
                                                  {bytes_of("From: x"), "neither pcap, pcapng nor ERF"},
                                                  {{0xd4, 0xc3, 0xb2, 0xa1, 2, 0}, "cut short"}}) {
    const auto r = CaptureReader::open(bytes);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().exit, Exit::usage);
    EXPECT_THAT(r.error().what, HasSubstr(text));
    EXPECT_THAT(r.error().next, HasSubstr("editcap"));
  }
}

// Read by next() alone, and by next() wherever PlainRecords stop.
TEST(Pcap, PlainRecordsAreTheRecords) {
  for (const std::uint32_t magic : {0xa1b2c3d4u, 0xa1b23c4du}) {
    Builder b{false};
    b.u32(magic);
    b.put(0, 8);
    b.put(0, 8);
    b.u32(1);
    for (std::uint32_t n = 0; n < 50; ++n) {
      b.u32(1'790'000'000 + n);
      b.u32(n * 1999);
      b.u32(n);
      b.u32(n * 2);
      b.out.resize(b.out.size() + n, static_cast<std::uint8_t>(n));
    }
    for (std::size_t size = b.out.size(); size >= 24; --size) {
      const View file = View(b.out).first(size);
      auto by_next = *CaptureReader::open(file), by_both = *CaptureReader::open(file);
      RawPacket a, c;
      for (std::size_t n = 0;; ++n) {
        const bool any = by_next.next(a);
        auto plain = by_both.plain_records();
        if (plain && n % 3 != 0 && plain->front(c)) {
          plain->pop(c);
          by_both.skip_to(*plain);
          ASSERT_TRUE(any);
        } else {
          ASSERT_EQ(by_both.next(c), any);
        }
        EXPECT_EQ(by_next.position(), by_both.position());
        EXPECT_EQ(by_next.truncated(), by_both.truncated());
        if (!any) break;
        EXPECT_EQ(a.at, c.at);
        EXPECT_EQ(a.bytes.data(), c.bytes.data());
        EXPECT_EQ(a.bytes.size(), c.bytes.size());
        EXPECT_EQ(a.wire_length, c.wire_length);
      }
    }
  }
  Builder big{true};
  big.u32(0xa1b2c3d4);
  big.put(0, 8);
  big.put(0, 8);
  big.u32(1);
  EXPECT_FALSE(CaptureReader::open(big.out)->plain_records());
}

}  // namespace
}  // namespace writ::wire
