// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/glance.hh"

#include <gtest/gtest.h>

#include <random>

#include "wire/frames_for_test.hh"

namespace writ::wire {
namespace {

using namespace test;

// What a glance takes for plain media, the decoder takes for the same.
bool agrees(const RawPacket& p, bool& taken) {
  Glance g;
  taken = is_plain_media(p, g);
  if (!taken) return true;
  const Decoded d = decode(p);
  return d.verdict == Verdict::udp && d.tunnels == 0 && d.udp.src == g.src() && d.udp.dst == g.dst() &&
         d.udp.src.port == g.src_port && d.udp.dst.port == g.dst_port && !d.udp.truncated &&
         !d.udp.payload.empty() && d.udp.payload[0] >= 0x80 && d.udp.payload.data() == g.payload.data() &&
         d.udp.payload.size() == g.payload.size();
}

Bytes rtp() { return Bytes(24, 0x80); }

std::vector<Bytes> plain_frames() {
  const Bytes tag4 = join({Bytes{0, 100, 8, 0}, ip4(udp(rtp()))}),
              tag6 = join({Bytes{0, 100, 0x86, 0xdd}, ip6(udp(rtp()))});
  return {ethernet(ip4(udp(rtp()))), ethernet(ip6(udp(rtp())), 0x86dd), ethernet(tag4, 0x8100),
          ethernet(tag6, 0x8100)};
}

TEST(Glance, PlainMediaOfEitherFamilyIsSeen) {
  for (const Bytes& frame : plain_frames()) {
    bool taken = false;
    EXPECT_TRUE(agrees(raw(frame), taken));
    EXPECT_TRUE(taken);
  }
}

TEST(Glance, WhatIsNotQuiteThatIsLeftToTheDecoder) {
  const Bytes options(4, 1), text = bytes_of("INVITE sip:desk@example.com SIP/2.0");
  Bytes tunnel = ethernet(ip4(udp(rtp())));
  tunnel[36] = 4789 >> 8;
  tunnel[37] = 4789 & 0xff;
  const Bytes vlan_twice = ethernet(join({Bytes{0, 1, 0x81, 0}, Bytes{0, 2, 8, 0}, ip4(udp(rtp()))}), 0x8100);
  for (const Bytes& frame :
       {ethernet(ip4(udp(text))), ethernet(ip4(udp(rtp()), 17, 0x2000)),
        ethernet(ip4(udp(rtp()), 17, 0, 7, options)), ethernet(ip4(udp(rtp(), 40))),
        ethernet(ip4(udp(rtp(), 0))), ethernet(ip4(udp(rtp()), 6)), tunnel, vlan_twice}) {
    Glance g;
    EXPECT_FALSE(is_plain_media(raw(frame), g));
  }
  const Bytes bare = ip4(udp(rtp()));
  Glance g;
  EXPECT_FALSE(is_plain_media(raw(bare, LinkType::raw), g));
}

// Every cut, and random damage: nothing is read past the end (ASan), nothing is taken that decode sees
// otherwise.
TEST(Glance, AgreesWithTheDecoderWhateverComes) {
  std::mt19937 random{7};
  std::size_t seen = 0;
  for (const Bytes& whole : plain_frames()) {
    bool taken = false;
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      EXPECT_TRUE(agrees(raw(cut), taken)) << n;
    }
    for (int round = 0; round < 20000; ++round) {
      Bytes frame = whole;
      for (unsigned k = random() % 4; k > 0; --k)
        frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
      ASSERT_TRUE(agrees(raw(frame), taken));
      seen += taken;
    }
  }
  EXPECT_GT(seen, 20000u) << "the check itself sees media";
}

}  // namespace
}  // namespace writ::wire
