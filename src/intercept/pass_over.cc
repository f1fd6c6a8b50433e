// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/engine_impl.hh"

namespace writ::intercept {
namespace {

[[gnu::always_inline]] inline void fetch_ahead(const std::uint8_t* here) {
  constexpr std::uintptr_t distance = 2048, line = 64, lines = 4;
  const std::uintptr_t ahead = reinterpret_cast<std::uintptr_t>(here) + distance;
  for (std::uintptr_t n = 0; n < lines; ++n)
    __builtin_prefetch(reinterpret_cast<const void*>(ahead + n * line));
}

}  // namespace

// Whether plain media can be anything to us: of a call of a target, or on the port of signalling.
[[gnu::always_inline]] inline bool Engine::Impl::concerns(const wire::Glance& media) const {
  if (media.dst_port == sip_port || media.src_port == sip_port) return true;
  return (table.maybe(media.dst_port) && table.find(media.dst()) != MediaTable::none) ||
         (table.maybe(media.src_port) && table.find(media.src()) != MediaTable::none);
}

bool Engine::Impl::pass(const wire::RawPacket& p) {
  wire::Glance media;
  if (stats.packets == 0 || p.at >= next_window_end || !wire::is_plain_media(p, media) || concerns(media))
    return false;
  ++stats.packets;
  ++stats.udp;
  stats.bytes += p.wire_length;
  last_seen = p.at;
  return true;
}

Passed Engine::Impl::pass_over(wire::CaptureReader& reader, Instant from, Instant until, std::uint64_t most) {
  Passed passed;
  auto records = reader.plain_records();
  if (!records || stats.packets == 0) return passed;
  until = std::min(until, next_window_end);
  wire::PlainRecords left = *records;  // a copy that nothing else can see lives in registers
  std::uint64_t n = 0, bytes = 0;
  wire::RawPacket p;
  wire::Glance media;
  while (n < most && left.front(p) && p.at >= from && p.at < until && wire::is_plain_media(p, media) &&
         !concerns(media)) {
    fetch_ahead(p.bytes.data());
    left.pop(p);
    bytes += p.wire_length;
    passed.last = p.at;
    ++n;
  }
  if (n == 0) return passed;
  reader.skip_to(left);
  passed.packets = n;
  stats.packets += n;
  stats.udp += n;
  stats.bytes += bytes;
  last_seen = passed.last;
  return passed;
}

}  // namespace writ::intercept
