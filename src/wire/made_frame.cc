// SPDX-License-Identifier: GPL-3.0-or-later
// Frames that are made here: a TCP segment with part of the bytes that it came with, a datagram that came
// inside of something else. Lengths, sequence number and checksums fit what is there, so that every other
// tool reads it; options and the padding of the link are left out.
#include "wire/made_frame.hh"

#include <algorithm>

#include "wire/sip_stream.hh"
#include "wire/transport.hh"

namespace writ::wire {
namespace {

std::uint32_t sum_of(View v, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i + 1 < v.size(); i += 2) sum += load_be16(v.data() + i);
  if (v.size() % 2 != 0) sum += static_cast<std::uint32_t>(v.back()) << 8;
  return sum;
}

std::uint16_t folded(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void store_be16(Bytes& b, std::size_t at, std::uint16_t v) {
  b[at] = static_cast<std::uint8_t>(v >> 8);
  b[at + 1] = static_cast<std::uint8_t>(v);
}

// The checksum of `b`, a whole segment or datagram, with the pseudo header before it.
std::uint16_t checksum_of(const Address& src, const Address& dst, std::uint8_t protocol, View b) {
  const bool v4 = src.is_v4() && dst.is_v4();
  std::uint32_t sum = sum_of(v4 ? View(src.b).subspan(12) : View(src.b));
  sum = sum_of(v4 ? View(dst.b).subspan(12) : View(dst.b), sum);
  return folded(sum_of(b, sum + protocol + static_cast<std::uint32_t>(b.size())));
}

Bytes tcp_of(const TcpSegment& t, std::size_t skipped, View payload) {
  Bytes b;
  put_be16(b, t.src.port);
  put_be16(b, t.dst.port);
  put_be32(b, t.seq + static_cast<std::uint32_t>(skipped));
  put_be32(b, t.ack);
  b.push_back(0x50);
  b.push_back(t.flags);
  put_be16(b, t.window);
  put_be32(b, 0);  // checksum, urgent pointer
  put_bytes(b, payload);
  store_be16(b, 16, checksum_of(t.src.ip, t.dst.ip, ip_protocol_tcp, b));
  return b;
}

void put_ip(Bytes& out, const Address& src, const Address& dst, std::uint8_t protocol, std::size_t length) {
  const std::size_t at = out.size();
  if (!src.is_v4() || !dst.is_v4()) {
    put_be32(out, 0x60000000);
    put_be16(out, static_cast<std::uint16_t>(length));
    out.push_back(protocol);
    out.push_back(64);
    put_bytes(out, src.b);
    put_bytes(out, dst.b);
    return;
  }
  put_be16(out, 0x4500);
  put_be16(out, static_cast<std::uint16_t>(length + 20));
  put_be32(out, 0x00004000);  // don't fragment
  out.push_back(64);
  out.push_back(protocol);
  put_be16(out, 0);
  put_bytes(out, View(src.b).subspan(12));
  put_bytes(out, View(dst.b).subspan(12));
  store_be16(out, at + 10, folded(sum_of(View(out).subspan(at))));
}

}  // namespace

RawPacket cut_segment(const TcpSegment& like, const RawPacket& frame, View network, bool bare,
                      std::size_t skipped, View payload, Bytes& storage) {
  storage.clear();
  std::uint32_t link = static_cast<std::uint32_t>(LinkType::raw);
  const std::uint8_t* begin = frame.bytes.data();
  if (bare && network.data() >= begin && network.data() <= begin + frame.bytes.size()) {
    link = frame.link_type;
    storage.assign(begin, network.data());
  }
  const Bytes tcp = tcp_of(like, skipped, payload);
  put_ip(storage, like.src.ip, like.dst.ip, ip_protocol_tcp, tcp.size());
  put_bytes(storage, tcp);
  return {frame.at, link, storage, static_cast<std::uint32_t>(storage.size())};
}

bool tcp_checksum_fits(const TcpSegment& t, std::size_t payload_bytes, View network) {
  constexpr std::size_t ipv4_min = 20, ipv6 = 40, tcp_min = 20;
  if (network.size() < ipv4_min + tcp_min) return false;
  const bool v4 = network[0] >> 4 == 4;
  if (!v4 && network[6] != ip_protocol_tcp) return false;  // extension headers: not worth the walk
  const std::size_t at = v4 ? (network[0] & 15u) * 4u : ipv6;
  if (network.size() < at + tcp_min) return false;
  const View segment = network.subspan(at);
  const std::size_t size = (segment[12] >> 4) * 4u + payload_bytes;
  return size <= segment.size() && checksum_of(t.src.ip, t.dst.ip, ip_protocol_tcp, segment.first(size)) == 0;
}

RawPacket udp_frame(const Endpoint& src, const Endpoint& dst, View payload, Instant at, Bytes& storage) {
  storage.clear();
  const std::size_t length = 8 + payload.size();
  storage.reserve(40 + length);
  put_ip(storage, src.ip, dst.ip, ip_protocol_udp, length);
  const std::size_t udp_at = storage.size();
  put_be16(storage, src.port);
  put_be16(storage, dst.port);
  put_be16(storage, static_cast<std::uint16_t>(length));
  put_be16(storage, 0);
  put_bytes(storage, payload);
  const std::uint16_t sum = checksum_of(src.ip, dst.ip, ip_protocol_udp, View(storage).subspan(udp_at));
  store_be16(storage, udp_at + 6, sum == 0 ? std::uint16_t{0xffff} : sum);  // RFC 768: 0 says "none"
  return {at, static_cast<std::uint32_t>(LinkType::raw), storage, static_cast<std::uint32_t>(storage.size())};
}

}  // namespace writ::wire
