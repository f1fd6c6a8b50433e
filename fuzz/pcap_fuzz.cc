// SPDX-License-Identifier: GPL-3.0-or-later
// Reads pcap, pcapng and ERF; what was read is written and read again, and must come back the same. Read
// through a window it is the same, too.
#include "fuzz/check.hh"
#include "wire/pcap.hh"

using namespace writ;

namespace {

void through_a_window(View file, const std::vector<wire::RawPacket>& want, const wire::CaptureReader& whole) {
  auto reader = wire::CaptureReader::open_window(file, false);
  fuzz::check(reader.has_value());
  std::size_t n = 0, have = reader->position();
  reader->window(file.subspan(have, 0), have == file.size());
  wire::RawPacket p;
  for (std::size_t more = 1;; more = more % 97 + 1) {
    while (reader->next(p)) {
      fuzz::check(n < want.size() && p.at == want[n].at && p.wire_length == want[n].wire_length);
      fuzz::check(std::equal(p.bytes.begin(), p.bytes.end(), want[n].bytes.begin(), want[n].bytes.end()));
      ++n;
    }
    if (!reader->starved()) break;
    const auto at = static_cast<std::size_t>(reader->position());
    have = std::min(file.size(), std::max(have, at) + more);
    reader->window(file.subspan(at, have - at), have == file.size());
  }
  fuzz::check(n == want.size() && reader->truncated() == whole.truncated() &&
              reader->broken() == whole.broken());
}

}  // namespace

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
  through_a_window(file, packets, *reader);
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
