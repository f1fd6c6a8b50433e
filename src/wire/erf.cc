// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/erf.hh"

#include <algorithm>

#include "base/limits.hh"
#include "wire/pcap.hh"
#include "wire/transport.hh"

namespace writ::wire {
namespace {

enum class ErfKind : std::uint8_t { ethernet, hdlc, ip, nothing, other };

ErfKind erf_kind(std::uint8_t type) {
  switch (type) {
    case 2:
    case 11:
    case 16:
    case 20:
      return ErfKind::ethernet;
    case 1:
    case 10:
    case 15:
    case 19:
      return ErfKind::hdlc;
    case 22:
    case 23:
      return ErfKind::ip;
    case 27:
    case 48:
      return ErfKind::nothing;  // what the card says of itself; padding
    default:
      return ErfKind::other;
  }
}

// In the others the same two bytes are a colour, a hash or a multiplexer's channel.
bool counts_losses(std::uint8_t type) { return (type >= 1 && type <= 4) || (type >= 22 && type <= 24); }

// Cisco's framing by Ethernet type, else PPP (RFC 1662, with or without its address) by its own numbers.
void decode_hdlc(View v, Decoded& out) {
  if (v.size() < 4) {
    out.verdict = Verdict::malformed;
    return;
  }
  if (v[0] == 0x0f || v[0] == 0x8f) return decode_ethertype(load_be16(v.data() + 2), v.subspan(4), out);
  if (v[0] == 0xff && v[1] == 0x03) v = v.subspan(2);
  const std::uint16_t protocol = load_be16(v.data());
  if (protocol == 0x0021) return decode_ethertype(type_ipv4, v.subspan(2), out);
  if (protocol == 0x0057) return decode_ethertype(type_ipv6, v.subspan(2), out);
  if (protocol == 0x0281) return decode_ethertype(0x8847, v.subspan(2), out);  // MPLS
}

}  // namespace

bool parse_erf(View v, ErfHeader& out) {
  if (v.size() < 16) return false;
  std::uint64_t time = 0;
  for (std::size_t i = 8; i-- > 0;) time = time << 8 | v[i];
  const auto seconds = static_cast<std::int64_t>(time >> 32);
  const std::uint64_t fraction = (time & 0xffffffff) * 1'000'000'000 + 0x80000000;  // to the nearest
  out.at = from_ns(seconds * 1'000'000'000 + static_cast<std::int64_t>(fraction >> 32));
  out.type = v[8] & 0x7f;
  out.length = load_be16(v.data() + 10);
  out.lost = counts_losses(out.type) ? load_be16(v.data() + 12) : 0;
  out.wire_length = load_be16(v.data() + 14);
  out.header = 16;
  // Each extension header is eight bytes and says in its first bit whether another one follows.
  for (bool more = (v[8] & 0x80) != 0; more; out.header += 8) {
    if (out.header + 8 > v.size() || out.header + 8 > out.length) return false;
    more = (v[out.header] & 0x80) != 0;
  }
  if (erf_kind(out.type) == ErfKind::ethernet) out.header += 2;
  return out.length >= out.header;
}

void decode_erf(View record, Decoded& out) {
  ErfHeader h;
  if (!parse_erf(record, h) || h.header > record.size()) {
    out.verdict = Verdict::malformed;
    return;
  }
  const View frame = record.subspan(h.header);
  switch (erf_kind(h.type)) {
    case ErfKind::ethernet:
      return decode_ethernet(frame, out);
    case ErfKind::hdlc:
      return decode_hdlc(frame, out);
    case ErfKind::ip:
      return decode_ip(frame, out);
    case ErfKind::nothing:
      return;
    case ErfKind::other:
      out.verdict = Verdict::unknown;
      return;
  }
}

bool is_erf(View file) {
  constexpr std::chrono::hours apart_max{24};
  ErfHeader first, h;
  for (int n = 0; n < 3; ++n) {
    if (n > 0 && file.empty()) return true;
    if (n > 0 && file.size() < 16) return n > 1;
    if (!parse_erf(file, h)) return false;
    const bool known = (h.type >= 1 && h.type <= 29) || h.type == 48;
    if (!known || h.length < 16 || h.at < from_ns(0) + std::chrono::hours{24 * 3650}) return false;
    if (n == 0) first = h;
    if (h.at - first.at > apart_max || first.at - h.at > apart_max) return false;
    if (h.length > file.size()) return n > 0;
    file = file.subspan(h.length);
  }
  return true;
}

bool CaptureReader::next_erf(RawPacket& out) {
  for (;;) {
    const View rest = file_.subspan(at_);
    block_at_ = at_;
    if (rest.empty()) return last_ ? false : short_of_bytes();
    if (rest.size() < 16) return short_of_bytes();
    const std::size_t length = load_be16(rest.data() + 10);
    if (length < 16) return stop("an ERF record that is shorter than its header");
    if (length > rest.size()) return short_of_bytes();
    ErfHeader h;
    if (!parse_erf(rest.first(length), h)) return stop("an ERF record whose headers run past its end");
    at_ += length;
    lost_ += h.lost;
    if (h.type == 48) continue;
    out.at = h.at;
    out.link_type = static_cast<std::uint32_t>(LinkType::erf);
    out.bytes = rest.first(length);
    out.wire_length = std::max(h.header + h.wire_length, static_cast<std::uint32_t>(length));
    return true;
  }
}

}  // namespace writ::wire
