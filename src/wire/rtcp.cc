// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/rtcp.hh"

namespace writ::wire {
namespace {

constexpr std::uint8_t type_sr = 200, type_rr = 201, type_bye = 203;

void read_blocks(Reader& r, unsigned count, std::uint32_t reporter, Rtcp& out) {
  for (unsigned i = 0; i < count && out.reports.size() < rtcp_items_max; ++i) {
    RtcpReport b;
    b.reporter = reporter;
    b.ssrc = r.u32();
    const std::uint32_t lost = r.u32() & 0xffffff;
    b.lost = static_cast<std::int32_t>(lost ^ 0x800000) - 0x800000;
    b.highest = r.u32();
    r.take(12);  // jitter, last SR, delay
    if (!r.ok()) return;
    out.reports.push_back(b);
  }
}

void read_one(std::uint8_t type, unsigned count, View body, Rtcp& out) {
  Reader r{body};
  if (type == type_sr) {
    RtcpSender s;
    s.ssrc = r.u32();
    s.ntp = r.u64();
    s.rtp_timestamp = r.u32();
    s.packets = r.u32();
    r.u32();  // octets
    if (!r.ok()) return;
    if (out.senders.size() < rtcp_items_max) out.senders.push_back(s);
    read_blocks(r, count, s.ssrc, out);
  } else if (type == type_rr) {
    const std::uint32_t reporter = r.u32();
    if (r.ok()) read_blocks(r, count, reporter, out);
  } else if (type == type_bye) {
    for (unsigned i = 0; i < count && out.bye.size() < rtcp_items_max; ++i) {
      const std::uint32_t ssrc = r.u32();
      if (!r.ok()) return;
      out.bye.push_back(ssrc);
    }
  }
}

}  // namespace

Rtcp parse_rtcp(View payload) {
  Rtcp out;
  Reader r{payload};
  while (!r.empty()) {
    const std::uint8_t head = r.u8(), type = r.u8();
    const std::size_t size = std::size_t{r.u16()} * 4;
    View body = r.take(size);
    if (!r.ok() || head >> 6 != 2) return out;
    if ((head & 0x20) != 0 && !body.empty()) {
      const std::size_t padding = body.back();
      if (padding > body.size()) return out;
      body = body.first(body.size() - padding);
    }
    read_one(type, head & 31u, body, out);
  }
  out.whole = !payload.empty();
  return out;
}

}  // namespace writ::wire
