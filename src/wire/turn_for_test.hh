// SPDX-License-Identifier: GPL-3.0-or-later
// For tests and fuzz targets only: indications of TURN as a client and a server write them.
#pragma once
#include "wire/turn.hh"

namespace writ::wire::test {

inline void put_attribute(Bytes& b, std::uint16_t type, View value) {
  put_be16(b, type);
  put_be16(b, static_cast<std::uint16_t>(value.size()));
  put_bytes(b, value);
  b.resize((b.size() + 3) / 4 * 4);
}

inline Bytes xor_peer(const Endpoint& peer, View mask) {
  Bytes v{0, static_cast<std::uint8_t>(peer.ip.is_v4() ? 1 : 2)};
  put_be16(v, static_cast<std::uint16_t>(peer.port ^ load_be16(mask.data())));
  for (std::size_t i = peer.ip.is_v4() ? 12 : 0, k = 0; i < 16; ++i, ++k)
    v.push_back(static_cast<std::uint8_t>(peer.ip.b[i] ^ mask[k]));
  return v;
}

inline Bytes indication(Relayed::How how, const Endpoint& peer, View data) {
  Bytes b{0,   static_cast<std::uint8_t>(how == Relayed::How::send ? 0x16 : 0x17), 0, 0, 0x21, 0x12, 0xa4,
          0x42};
  for (std::uint8_t i = 1; i <= 12; ++i) b.push_back(static_cast<std::uint8_t>(i * 17));
  const Bytes mask(b.begin() + 4, b.end());
  put_attribute(b, 0x8022, view_of("software"));
  put_attribute(b, 0x0012, xor_peer(peer, mask));
  put_attribute(b, 0x0013, data);
  b[2] = static_cast<std::uint8_t>((b.size() - 20) >> 8);
  b[3] = static_cast<std::uint8_t>(b.size() - 20);
  return b;
}

}  // namespace writ::wire::test
