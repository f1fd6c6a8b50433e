// SPDX-License-Identifier: GPL-3.0-or-later
// A datagram under headers that are written here as the input says (VLAN tags, IPv4 options, IPv6 extension
// headers, tunnels in each other), must come out whole; then the input overwrites or cuts the frame, and
// whatever comes out lies within it.
#include "fuzz/check.hh"
#include "wire/packet.hh"

using namespace writ;

namespace {

constexpr std::uint8_t udp = 17, ip_in_ip = 4, ipv6_in_ip = 41, gre = 47;

Bytes ip(std::uint8_t how, std::uint8_t protocol, const Bytes& inner) {
  Bytes f;
  if ((how & 1) == 0) {
    const unsigned words = how >> 1 & 7u;  // options: no operation
    put_be16(f, static_cast<std::uint16_t>((0x45u + words) << 8));
    put_be16(f, static_cast<std::uint16_t>(20 + 4 * words + inner.size()));
    put_be32(f, 0x00014000);
    put_be16(f, static_cast<std::uint16_t>(64u << 8 | protocol));
    put_be16(f, 0);
    put_be32(f, 0xc0000201);
    put_be32(f, 0xc6336401);
    f.insert(f.end(), 4 * words, 1);
  } else {
    Bytes extensions;
    std::uint8_t next = protocol;
    static constexpr std::uint8_t kinds[] = {0, 43, 60};
    for (unsigned n = how >> 1 & 3u; n-- > 0;) {
      Bytes one{next, 1};  // sixteen bytes
      one.insert(one.end(), {1, 12});
      one.insert(one.end(), 12, 0);
      put_bytes(one, extensions);
      extensions = one;
      next = kinds[n % std::size(kinds)];
    }
    put_be32(f, 0x60000000);
    put_be16(f, static_cast<std::uint16_t>(extensions.size() + inner.size()));
    f.push_back(next);
    f.push_back(64);
    for (const std::uint8_t last : {std::uint8_t{1}, std::uint8_t{2}}) {
      put_be32(f, 0x20010db8);
      f.insert(f.end(), 11, 0);
      f.push_back(last);
    }
    put_bytes(f, extensions);
  }
  put_bytes(f, inner);
  return f;
}

Bytes datagram(std::uint16_t to, View payload) {
  Bytes f;
  put_be16(f, 40000);
  put_be16(f, to);
  put_be16(f, static_cast<std::uint16_t>(8 + payload.size()));
  put_be16(f, 0);
  put_bytes(f, payload);
  return f;
}

Bytes ethernet(std::uint8_t tags, const Bytes& packet) {
  Bytes f(12, 2);
  for (unsigned n = tags & 3u; n-- > 0;) put_be32(f, n != 0 ? 0x88a80005 : 0x81000007);
  put_be16(f, packet[0] >> 4 == 6 ? 0x86dd : 0x0800);
  put_bytes(f, packet);
  if ((tags & 4) != 0) f.insert(f.end(), 6, 0);  // padding
  return f;
}

// One tunnel around `packet`.
Bytes tunnel(std::uint8_t how, const Bytes& packet) {
  const bool six = packet[0] >> 4 == 6;
  Bytes f;
  switch (how >> 5 & 3u) {
    case 0:
      return ip(how, six ? ipv6_in_ip : ip_in_ip, packet);
    case 1:
      put_be32(f, six ? 0x000086dd : 0x00000800);
      put_bytes(f, packet);
      return ip(how, gre, f);
    case 2:
      put_be32(f, 0x00006558);  // transparent Ethernet bridging
      put_bytes(f, ethernet(how >> 1, packet));
      return ip(how, gre, f);
    default:
      put_be32(f, 0x08000000);  // VXLAN
      put_be32(f, 0x00002a00);
      put_bytes(f, ethernet(how >> 1 & 3, packet));
      return ip(how, udp, datagram(4789, f));
  }
}

void judge(const wire::Decoded& d, View frame) {
  fuzz::check(fuzz::within(d.udp.payload, frame) && fuzz::within(d.fragment.data, frame));
  fuzz::check(fuzz::within(d.tcp.payload, frame) && fuzz::within(d.network, frame));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(View(data, size));
  const std::uint8_t tags = in.u8(), innermost = in.u8(), depth = in.u8() % 6;
  std::uint8_t around[6] = {};
  for (std::uint8_t n = 0; n < depth; ++n) around[n] = in.u8();
  const std::uint8_t spoil = in.u8();
  const View payload = in.take(std::min<std::size_t>(in.u8(), in.rest().size()));
  Bytes packet = ip(innermost, udp, datagram(16384, payload));
  for (std::uint8_t n = 0; n < depth; ++n) packet = tunnel(around[n], packet);
  Bytes frame = ethernet(tags, packet);
  const auto decode = [&] { return wire::decode({{}, 1, frame, static_cast<std::uint32_t>(frame.size())}); };
  const wire::Decoded d = decode();
  judge(d, frame);
  fuzz::check(d.verdict == wire::Verdict::udp && d.udp.dst.port == 16384 && !d.udp.truncated &&
              d.tunnels == depth);
  fuzz::check(std::equal(d.udp.payload.begin(), d.udp.payload.end(), payload.begin(), payload.end()));
  if ((spoil & 1) != 0) frame.resize(frame.size() * spoil / 256);
  while (!in.empty() && !frame.empty()) {
    const std::size_t at = in.u16() % frame.size();
    frame[at] = in.u8();
  }
  judge(decode(), frame);
  return 0;
}
