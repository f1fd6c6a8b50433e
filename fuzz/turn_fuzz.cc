// SPDX-License-Identifier: GPL-3.0-or-later
// What a TURN server relays. The input is read as a datagram, and carried in an indication that is written
// here and must come back.
#include <algorithm>

#include "fuzz/check.hh"
#include "wire/turn_for_test.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View udp(data, size);
  if (const auto r = wire::relayed(udp)) {
    fuzz::check(fuzz::within(r->payload, udp) && r->head + r->payload.size() <= size);
    fuzz::check(r->head == static_cast<std::size_t>(r->payload.data() - data));
    (void)wire::without_relay({{}, {}, udp, false}, *r);
  }
  if (size < 18 || size > 60000) return 0;
  wire::Endpoint peer;
  std::copy_n(data, 16, peer.ip.b.begin());
  peer.port = load_be16(data + 16);
  const auto how = (size & 1) != 0 ? wire::Relayed::How::send : wire::Relayed::How::data;
  const Bytes made = wire::test::indication(how, peer, udp);
  const auto r = wire::relayed(made);
  fuzz::check(r && r->peer == peer && r->how == how && std::ranges::equal(r->payload, udp));
  return 0;
}
