// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/check.hh"
#include "wire/rtcp.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wire::Rtcp r = wire::parse_rtcp(View(data, size));
  fuzz::check(r.senders.size() <= wire::rtcp_items_max && r.reports.size() <= wire::rtcp_items_max &&
              r.bye.size() <= wire::rtcp_items_max);
  for (const wire::RtcpReport& b : r.reports) fuzz::check(b.lost >= -0x800000 && b.lost < 0x800000);
  return 0;
}
