// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame.hh"

#include <arpa/inet.h>

#include <algorithm>

namespace carrier {
namespace {

constexpr std::uint8_t udp_protocol = 17, tcp_protocol = 6, fragment_header = 44;

void put8(Bytes& b, unsigned v) { b.push_back(static_cast<std::uint8_t>(v)); }
void put16(Bytes& b, unsigned v) {
  put8(b, v >> 8 & 255);
  put8(b, v & 255);
}
void put32(Bytes& b, std::uint32_t v) {
  put16(b, v >> 16);
  put16(b, v & 65535);
}
void put(Bytes& b, View v) { b.insert(b.end(), v.begin(), v.end()); }
void set16(Bytes& b, std::size_t at, unsigned v) {
  b[at] = static_cast<std::uint8_t>(v >> 8);
  b[at + 1] = static_cast<std::uint8_t>(v);
}

View bytes_of(const Host& h) { return View{h.b}.first(h.v6 ? 16 : 4); }

std::uint64_t sum16(View v, std::uint64_t sum = 0) {
  for (std::size_t i = 0; i + 1 < v.size(); i += 2) sum += static_cast<unsigned>(v[i] << 8 | v[i + 1]);
  return v.size() % 2 != 0 ? sum + static_cast<unsigned>(v.back() << 8) : sum;
}
unsigned folded(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 65535) + (sum >> 16);
  return static_cast<unsigned>(~sum & 65535);
}
unsigned transport_sum(const Host& from, const Host& to, unsigned protocol, View datagram) {
  const std::uint64_t pseudo = sum16(bytes_of(to), sum16(bytes_of(from))) + protocol + datagram.size();
  const unsigned c = folded(sum16(datagram, pseudo));
  return c == 0 && protocol == udp_protocol ? 65535u : c;
}

// The stations behind the addresses; the carrier's router looks the same to all.
void link(Bytes& f, const Host& from, const Host& to, Wire w) {
  for (const Host* h : {&to, &from}) {
    put16(f, 0x0200);
    put(f, bytes_of(*h).last(4));
  }
  if (w.vlan != 0) {
    put16(f, 0x8100);
    put16(f, w.vlan);
  }
  put16(f, from.v6 ? 0x86dd : 0x0800);
}

struct Piece {
  std::size_t offset = 0;
  bool more = false, whole = true;
};

Bytes ip_frame(const Host& from, const Host& to, unsigned protocol, View payload, Wire w, std::uint16_t id,
               Piece piece = {}) {
  Bytes f;
  f.reserve(payload.size() + 66);
  link(f, from, to, w);
  const std::size_t start = f.size();
  if (from.v6) {
    put32(f, 0x60000000);
    put16(f, static_cast<unsigned>(payload.size() + (piece.whole ? 0 : 8)));
    put8(f, piece.whole ? protocol : fragment_header);
    put8(f, 62);
    put(f, from.b);
    put(f, to.b);
    if (!piece.whole) {
      put16(f, protocol << 8);
      put16(f, static_cast<unsigned>(piece.offset) | (piece.more ? 1u : 0u));
      put32(f, id);
    }
  } else {
    put16(f, 0x4500);
    put16(f, static_cast<unsigned>(payload.size() + 20));
    put16(f, id);
    put16(f, static_cast<unsigned>(piece.offset / 8) | (piece.more ? 0x2000u : 0u));
    put8(f, 62);
    put8(f, protocol);
    put16(f, 0);
    put(f, bytes_of(from));
    put(f, bytes_of(to));
    set16(f, start + 10, folded(sum16(View{f}.subspan(start))));
  }
  put(f, payload);
  return f;
}

Bytes datagram(const Endpoint& from, const Endpoint& to, View payload) {
  Bytes d;
  d.reserve(payload.size() + 8);
  put16(d, from.port);
  put16(d, to.port);
  put16(d, static_cast<unsigned>(payload.size() + 8));
  put16(d, 0);
  put(d, payload);
  set16(d, 6, transport_sum(from.host, to.host, udp_protocol, d));
  return d;
}

}  // namespace

std::string Host::text() const {
  char s[INET6_ADDRSTRLEN]{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, b.data(), s, sizeof s);
  return s;
}
std::string Host::in_uri() const { return v6 ? "[" + text() + "]" : text(); }
std::string Endpoint::text() const { return host.in_uri() + ":" + std::to_string(port); }

Host ipv4(std::uint32_t a) { return ipv4(a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255); }
Host ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  Host h;
  h.b = {static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b), static_cast<std::uint8_t>(c),
         static_cast<std::uint8_t>(d)};
  return h;
}
Host ipv6(std::uint32_t subnet, std::uint32_t n) {
  Host h;
  h.v6 = true;
  h.b = {0x20, 0x01, 0x0d, 0xb8, static_cast<std::uint8_t>(subnet >> 8), static_cast<std::uint8_t>(subnet)};
  for (unsigned i = 0; i < 4; ++i) h.b[12 + i] = static_cast<std::uint8_t>(n >> (24 - 8 * i));
  return h;
}

Bytes udp_frame(const Endpoint& from, const Endpoint& to, View payload, Wire w, std::uint16_t id) {
  return ip_frame(from.host, to.host, udp_protocol, datagram(from, to, payload), w, id);
}

std::vector<Bytes> udp_fragments(const Endpoint& from, const Endpoint& to, View payload, Wire w,
                                 std::uint16_t id, std::size_t piece) {
  const Bytes whole = datagram(from, to, payload);
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < whole.size(); at += piece) {
    const std::size_t n = std::min(piece, whole.size() - at);
    out.push_back(ip_frame(from.host, to.host, udp_protocol, View{whole}.subspan(at, n), w, id,
                           {at, at + n < whole.size(), whole.size() <= piece}));
  }
  return out;
}

Bytes tcp_frame(const Endpoint& from, const Endpoint& to, TcpHead head, View payload, Wire w,
                std::uint16_t id) {
  Bytes s;
  s.reserve(payload.size() + 20);
  put16(s, from.port);
  put16(s, to.port);
  put32(s, head.sequence);
  put32(s, head.acknowledged);
  put8(s, 0x50);
  put8(s, head.flags);
  put16(s, 64240);
  put32(s, 0);
  put(s, payload);
  set16(s, 16, transport_sum(from.host, to.host, tcp_protocol, s));
  return ip_frame(from.host, to.host, tcp_protocol, s, w, id);
}

}  // namespace carrier
