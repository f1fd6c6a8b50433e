// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/check.hh"
#include "wire/rtp.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View payload(data, size);
  if (const auto p = wire::parse_rtp(payload)) {
    fuzz::check(fuzz::within(p->payload, payload) && p->payload.size() + 12 <= payload.size());
    if (const auto e = wire::parse_telephone_event(p->payload)) (void)wire::event_digit(e->event);
  }
  if (wire::is_rtcp(payload)) fuzz::check(payload[0] >> 6 == 2);
  return 0;
}
