// SPDX-License-Identifier: GPL-3.0-or-later
// Hand-made frames for the tests of this room.
#pragma once
#include <cstdint>
#include <string_view>

#include "wire/packet.hh"

namespace writ::wire::test {

inline Address address(std::string_view text) {
  Address a;
  if (!Address::parse(text, a)) std::abort();
  return a;
}

inline Bytes udp(View payload, int claimed = -1) {
  Bytes b;
  put_be16(b, 5060);
  put_be16(b, 5070);
  put_be16(b, static_cast<std::uint16_t>(claimed >= 0 ? claimed : static_cast<int>(payload.size()) + 8));
  put_be16(b, 0);
  put_bytes(b, payload);
  return b;
}

// From 192.0.2.1 to 198.51.100.2. `flags`: fragment field; `options`: a multiple of four bytes.
inline Bytes ip4(View payload, std::uint8_t protocol = 17, std::uint16_t flags = 0, std::uint16_t id = 7,
                 View options = {}) {
  Bytes b;
  b.push_back(static_cast<std::uint8_t>(0x45 + options.size() / 4));
  b.push_back(0);
  put_be16(b, static_cast<std::uint16_t>(20 + options.size() + payload.size()));
  put_be16(b, id);
  put_be16(b, flags);
  b.push_back(64);
  b.push_back(protocol);
  put_be16(b, 0);
  put_be32(b, 0xc0000201);
  put_be32(b, 0xc6336402);
  put_bytes(b, options);
  put_bytes(b, payload);
  return b;
}

// From 2001:db8::1 to 2001:db8::2.
inline Bytes ip6(View payload, std::uint8_t next = 17) {
  Bytes b;
  put_be32(b, 0x60000000);
  put_be16(b, static_cast<std::uint16_t>(payload.size()));
  b.push_back(next);
  b.push_back(64);
  put_bytes(b, address("2001:db8::1").b);
  put_bytes(b, address("2001:db8::2").b);
  put_bytes(b, payload);
  return b;
}

inline Bytes join(std::initializer_list<View> parts) {
  Bytes b;
  for (const View& p : parts) put_bytes(b, p);
  return b;
}

inline Bytes ethernet(View payload, std::uint16_t type = 0x0800) {
  Bytes b(12, 2);
  put_be16(b, type);
  put_bytes(b, payload);
  return b;
}

inline RawPacket raw(View frame, LinkType link = LinkType::ethernet, Instant at = {}) {
  return {at, static_cast<std::uint32_t>(link), frame, static_cast<std::uint32_t>(frame.size())};
}

}  // namespace writ::wire::test
