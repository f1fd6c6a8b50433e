// SPDX-License-Identifier: GPL-3.0-or-later
// Reads pcap and pcapng; what was read is written and read again, and must come back the same.
#include "fuzz/check.hh"
#include "wire/pcap.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View file(data, size);
  auto reader = wire::CaptureReader::open(file);
  if (!reader) return 0;
  std::vector<wire::RawPacket> packets;
  wire::CaptureWriter writer(1);
  for (wire::RawPacket p; reader->next(p);) {
    fuzz::check(fuzz::within(p.bytes, file) && p.wire_length >= p.bytes.size());
    packets.push_back(p);
    writer.add(p);
  }
  fuzz::check(packets.size() <= size / 16);
  const Bytes copy = writer.take();
  auto again = wire::CaptureReader::open(copy);
  fuzz::check(again.has_value());
  for (const wire::RawPacket& p : packets) {
    wire::RawPacket q;
    fuzz::check(again->next(q) && q.wire_length == p.wire_length && q.bytes.size() == p.bytes.size());
    fuzz::check(std::equal(q.bytes.begin(), q.bytes.end(), p.bytes.begin()));
    const std::int64_t ns = to_ns(p.at);
    if (ns >= 0 && ns / 1'000'000'000 <= 0xffffffff) fuzz::check(q.at == p.at);
  }
  wire::RawPacket end;
  fuzz::check(!again->next(end) && !again->truncated() && again->broken().empty());
  return 0;
}
