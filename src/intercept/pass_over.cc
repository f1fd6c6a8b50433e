// SPDX-License-Identifier: GPL-3.0-or-later
// The hot path
// ============
// Of a mirrored port's packets 99 in 100 are media of somebody else. All that can be done about their cost is
// to see that early and to do nothing else.
//
// Design. For a capture file the whole of it is one loop, pass_over: the record's header, its time, some
// forty bytes of the frame (wire::is_plain_media), two bits of the table of ports, and counting. Nothing in
// it calls, allocates, returns a Status or writes to memory; the counters go into the engine once a run of
// packets. The loop ends at the first packet that is anything else: of a call of a target, signalling, a
// fragment, a tunnel, broken, in the next second of packet time (a tick is due), at or after the end of a
// grant's window. That packet takes the long way (on_packet), which decides everything anew; the short way
// never decides anything but "nobody's". A source that hands over one packet at a time asks the same of each
// with pass().
//
// A port that a target's call uses is used by other people too, at other addresses: some 8 in 100 packets of
// the measured capture. So a set bit asks the table of endpoints, here, before the packet is called a
// target's.
//
// Where the time goes. 4.8 million packets of 222 bytes, 1 % of them sealed, take 0.26 s of CPU on a quiet
// core, 54 ns a packet (bench/isolate; docs/benchmarks.md):
//   19 ns  this loop: some 110 instructions, and what is left of waiting for memory. The bare walk of
//          bench/walk waits 31 ns a packet, and 20 when it asks ahead as fetch_ahead does: the processor's
//          own prefetcher stops at every page and knows no stride here, so every line is asked for, 2 KiB
//          ahead.
//    3 ns  mapping the file's pages and giving them back (17 when the page cache is in small pieces; reading
//          into a buffer instead costs 23 for the copy, always).
//   15 ns  signalling, everybody's: 2.3 us for each of 31,127 messages.
//   10 ns  the targets' packets: 1 us for each of 46,829.
//    7 ns  opening: grants, spool, files; and the end.
//
// What keeps this honest: pass_over_test.cc compares it with the long way, event by event, over every shared
// capture, whole and damaged; glance_test.cc and fuzz/link_fuzz.cc compare the glance with the decoder.
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
  if (stats.packets == 0 || p.at >= next_turn || !wire::is_plain_media(p, media) || concerns(media))
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
  until = std::min(until, next_turn);
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
  passed.looked = n < most;
  fetch_ahead(p.bytes.data());  // where every packet is a target's, this is the one place that asks
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
