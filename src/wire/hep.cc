// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/hep.hh"

#include <algorithm>
#include <cstring>

#include "wire/sip.hh"

namespace writ::wire {
namespace {

constexpr std::size_t hep_header = 6, hep_chunk_header = 6;
enum HepChunk : std::uint16_t {
  hep_transport = 2,
  hep_src_v4 = 3,
  hep_dst_v4 = 4,
  hep_src_v6 = 5,
  hep_dst_v6 = 6,
  hep_src_port = 7,
  hep_dst_port = 8,
  hep_seconds = 9,
  hep_micros = 10,
  hep_protocol = 11,
  hep_agent = 12,
  hep_payload = 15,
  hep_payload_compressed = 16,
};

struct HepParts {
  std::uint32_t seen = 0;  // a bit for each chunk type below 32
  std::uint32_t seconds = 0, micros = 0;
};

bool set_address(View v, Address& a) {
  if (v.size() == 4) {
    a = Address{};
    a.b[10] = a.b[11] = 0xff;
    std::memcpy(a.b.data() + 12, v.data(), 4);
    return true;
  }
  if (v.size() != 16) return false;
  std::memcpy(a.b.data(), v.data(), 16);
  return true;
}

// Numbers are taken in whatever width an agent writes them, up to four bytes.
std::uint32_t hep_number(View v) {
  std::uint32_t n = 0;
  for (const std::uint8_t b : v.first(std::min<std::size_t>(v.size(), 4))) n = n << 8 | b;
  return n;
}

// False: the value is of no use, as if the chunk had not been there.
bool take_chunk(std::uint16_t type, View value, HepParts& parts, HepMessage& out) {
  switch (type) {
    case hep_transport:
      out.transport = static_cast<std::uint8_t>(hep_number(value));
      return !value.empty();
    case hep_src_v4:
    case hep_src_v6:
      return set_address(value, out.src.ip);
    case hep_dst_v4:
    case hep_dst_v6:
      return set_address(value, out.dst.ip);
    case hep_src_port:
      out.src.port = static_cast<std::uint16_t>(hep_number(value));
      return !value.empty();
    case hep_dst_port:
      out.dst.port = static_cast<std::uint16_t>(hep_number(value));
      return !value.empty();
    case hep_seconds:
      parts.seconds = hep_number(value);
      return value.size() == 4;
    case hep_micros:
      parts.micros = std::min<std::uint32_t>(hep_number(value), 999'999);
      return value.size() == 4;
    case hep_protocol:
      out.protocol = static_cast<std::uint8_t>(hep_number(value));
      return !value.empty();
    case hep_agent:
      out.agent = hep_number(value);
      return !value.empty();
    case hep_payload:
    case hep_payload_compressed:
      out.payload = value;
      out.compressed = type == hep_payload_compressed;
      return !value.empty();
    default:
      return true;
  }
}

}  // namespace

bool looks_like_old_hep(View v) {
  constexpr std::size_t v4 = 16, v6 = 40, time_bytes = 12;
  if (v.size() < v4 || (v[0] != 1 && v[0] != 2)) return false;
  const bool six = v[2] != 2;
  if (v[1] != (six ? v6 : v4) && v[1] != (six ? v6 : v4) + time_bytes) return false;
  const std::size_t header = v[1];  // senders differ in whether it counts the time
  return v.size() > header &&
         (looks_like_sip(v.subspan(header)) ||
          (v.size() > header + time_bytes && looks_like_sip(v.subspan(header + time_bytes))));
}

bool parse_hep(View v, HepMessage& out) {
  out = HepMessage{};
  if (!looks_like_hep(v)) return false;
  const std::size_t total = load_be16(v.data() + 4);
  out.truncated = total > v.size();
  // A total that is too small to be one says nothing: the datagram's own end holds.
  if (total >= hep_header + hep_chunk_header) v = v.first(std::min(total, v.size()));
  v = v.subspan(hep_header);
  HepParts parts;
  const auto has = [&](std::uint16_t type) { return (parts.seen >> type & 1) != 0; };
  while (v.size() >= hep_chunk_header) {
    const std::uint16_t vendor = load_be16(v.data()), type = load_be16(v.data() + 2);
    const std::size_t length = load_be16(v.data() + 4);
    if (length < hep_chunk_header) {
      out.truncated = true;
      break;
    }
    out.truncated = out.truncated || length > v.size();
    const View value = v.subspan(hep_chunk_header, std::min(length, v.size()) - hep_chunk_header);
    if (vendor == 0 && type < 32 && !has(type) && take_chunk(type, value, parts, out))
      parts.seen |= 1u << type;
    v = v.subspan(std::min(length, v.size()));
  }
  out.has_addresses = (has(hep_src_v4) && has(hep_dst_v4)) || (has(hep_src_v6) && has(hep_dst_v6));
  out.has_time = has(hep_seconds);
  if (out.has_time)
    out.at = from_ns(std::int64_t{parts.seconds} * 1'000'000'000 + std::int64_t{parts.micros} * 1000);
  return has(hep_payload) || has(hep_payload_compressed);
}

}  // namespace writ::wire
