// SPDX-License-Identifier: GPL-3.0-or-later
// A TCP segment in a frame of its own, with part of the bytes that it came with. Options and the padding of
// the link are left out; lengths, sequence number and checksums fit what is there, so that every other tool
// reads it.
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
  std::uint32_t sum = sum_of(t.src.ip.is_v4() ? View(t.src.ip.b).subspan(12) : View(t.src.ip.b));
  sum = sum_of(t.dst.ip.is_v4() ? View(t.dst.ip.b).subspan(12) : View(t.dst.ip.b), sum);
  sum += ip_protocol_tcp + static_cast<std::uint32_t>(b.size());
  store_be16(b, 16, folded(sum_of(b, sum)));
  return b;
}

void put_ip(Bytes& out, const TcpSegment& t, std::size_t length) {
  const std::size_t at = out.size();
  if (!t.src.ip.is_v4()) {
    put_be32(out, 0x60000000);
    put_be16(out, static_cast<std::uint16_t>(length));
    out.push_back(ip_protocol_tcp);
    out.push_back(64);
    put_bytes(out, t.src.ip.b);
    put_bytes(out, t.dst.ip.b);
    return;
  }
  put_be16(out, 0x4500);
  put_be16(out, static_cast<std::uint16_t>(length + 20));
  put_be32(out, 0x00004000);  // don't fragment
  out.push_back(64);
  out.push_back(ip_protocol_tcp);
  put_be16(out, 0);
  put_bytes(out, View(t.src.ip.b).subspan(12));
  put_bytes(out, View(t.dst.ip.b).subspan(12));
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
  put_ip(storage, like, tcp.size());
  put_bytes(storage, tcp);
  return {frame.at, link, storage, static_cast<std::uint32_t>(storage.size())};
}

}  // namespace writ::wire
