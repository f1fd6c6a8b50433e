// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: HEPv3 messages as agents write them.
#pragma once
#include "wire/hep.hh"

namespace writ::wire::test {

inline void put_chunk(Bytes& out, std::uint16_t type, View value, std::uint16_t vendor = 0) {
  put_be16(out, vendor);
  put_be16(out, type);
  put_be16(out, static_cast<std::uint16_t>(6 + value.size()));
  put_bytes(out, value);
}

inline void put_number_chunk(Bytes& out, std::uint16_t type, std::uint64_t v, int width) {
  Bytes b;
  put_be(b, v, width);
  put_chunk(out, type, b);
}

inline Bytes hep_of(View chunks) {
  Bytes b = bytes_of("HEP3");
  put_be16(b, static_cast<std::uint16_t>(6 + chunks.size()));
  put_bytes(b, chunks);
  return b;
}

struct HepSpec {
  Endpoint src, dst;
  Instant at{};
  std::uint8_t protocol = hep_sip, transport = 17;
  std::uint32_t agent = 2001;
};

inline Bytes hep_message(const HepSpec& s, View payload) {
  Bytes c;
  const bool v4 = s.src.ip.is_v4();
  const auto address = [&](std::uint16_t type, const Address& a) {
    put_chunk(c, v4 ? type : static_cast<std::uint16_t>(type + 2), v4 ? View(a.b).subspan(12) : View(a.b));
  };
  put_number_chunk(c, 1, v4 ? 2 : 10, 1);
  put_number_chunk(c, 2, s.transport, 1);
  address(3, s.src.ip);
  address(4, s.dst.ip);
  put_number_chunk(c, 7, s.src.port, 2);
  put_number_chunk(c, 8, s.dst.port, 2);
  const auto us = static_cast<std::uint64_t>(to_ns(s.at)) / 1000;
  put_number_chunk(c, 9, us / 1'000'000, 4);
  put_number_chunk(c, 10, us % 1'000'000, 4);
  put_number_chunk(c, 11, s.protocol, 1);
  put_number_chunk(c, 12, s.agent, 4);
  put_chunk(c, 14, view_of("secret"));
  put_chunk(c, 3, view_of("\x7f\0\0\1"), 0x0106);  // a vendor's own, of a number that means something else
  put_chunk(c, 15, payload);
  return hep_of(c);
}

}  // namespace writ::wire::test
