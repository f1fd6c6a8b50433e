// SPDX-License-Identifier: GPL-3.0-or-later
// Input: one byte that chooses the link type (255: ERF), then the frame.
#include "fuzz/check.hh"
#include "wire/glance.hh"
#include "wire/packet.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::uint32_t types[] = {0, 1, 101, 108, 113, 228, 229, 276, 12, 147};
  if (size == 0) return 0;
  const View frame(data + 1, size - 1);
  const wire::RawPacket p{
      {}, data[0] == 255 ? 197 : types[data[0] % std::size(types)], frame, static_cast<std::uint32_t>(size)};
  const wire::Decoded d = wire::decode(p);
  wire::Glance g;
  if (wire::is_plain_media(p, g))
    fuzz::check(d.verdict == wire::Verdict::udp && d.tunnels == 0 && d.udp.src == g.src() &&
                d.udp.dst == g.dst() && !d.udp.payload.empty() && d.udp.payload[0] >= 0x80 &&
                d.udp.payload.data() == g.payload.data() && d.udp.payload.size() == g.payload.size());
  fuzz::check(fuzz::within(d.udp.payload, frame));
  fuzz::check(fuzz::within(d.fragment.data, frame));
  fuzz::check(fuzz::within(d.tcp.payload, frame) && fuzz::within(d.network, frame));
  fuzz::check(d.verdict == wire::Verdict::tcp || d.tcp.payload.empty());
  if (d.verdict == wire::Verdict::fragment) {
    fuzz::check(d.fragment.length >= d.fragment.data.size() && d.fragment.offset % 8 == 0);
  }
  wire::Address a;
  fuzz::check(wire::Address::parse(d.udp.src.ip.text(), a) && a == d.udp.src.ip);
  return 0;
}
