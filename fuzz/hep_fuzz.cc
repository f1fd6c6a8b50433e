// SPDX-License-Identifier: GPL-3.0-or-later
// HEP messages, and streams of them. Input: two bytes that say how a stream is cut, then the bytes. However a
// stream is cut, the same messages come out.
#include "fuzz/check.hh"
#include "fuzz/streams.hh"
#include "wire/hep.hh"

using namespace writ;

namespace {

std::vector<Bytes> split(View all, std::size_t step) {
  wire::HepSplitter s;
  std::vector<Bytes> out;
  fuzz::in_steps(all, step, [&](View part) {
    s.add(part);
    for (View m; s.next(m);) out.emplace_back(m.begin(), m.end());
  });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const View all(data + 2, size - 2);
  wire::HepMessage h;
  if (wire::parse_hep(all, h)) {
    fuzz::check(fuzz::within(h.payload, all) && !h.payload.empty());
    fuzz::check(all.size() < 65535 || h.payload.size() < 65535);
  }
  const auto whole = split(all, all.size()), parts = split(all, 1u + data[0]);
  fuzz::check(whole == parts);
  wire::HepFlows flows;
  std::vector<wire::HepStreamed> out;
  wire::TcpSegment t;
  const std::size_t step = 1u + data[1];
  for (std::size_t at = 0, n = 0; at < all.size(); at += step, ++n) {
    t.seq = static_cast<std::uint32_t>(at);
    if (n % 7 == 3) t.seq += static_cast<std::uint32_t>(step);  // out of order, or lost
    t.payload = all.subspan(at, std::min(step, all.size() - at));
    flows.add(t, from_ns(static_cast<std::int64_t>(n)), out);
  }
  flows.expire(Instant::max(), out);
  std::size_t bytes = 0;
  for (const auto& s : out) {
    wire::HepMessage m;
    (void)wire::parse_hep(s.message, m);
    bytes += s.message.size();
  }
  fuzz::check(bytes <= all.size() * 2 + 12);
  return 0;
}
