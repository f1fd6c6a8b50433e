// SPDX-License-Identifier: GPL-3.0-or-later
// The memory between the probe's processes, as somebody who has taken one of them over would write it. Input:
// how much is said to be written (8 bytes), then what lies in the ring. The reader never looks outside of it,
// comes to an end, and what it gives out lies one behind the other.
#include <cstring>

#include "fuzz/check.hh"
#include "intercept/evidence.hh"
#include "probe/stage.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t room_bytes = 4096;
  if (size < 8) return 0;
  Bytes room(room_bytes);  // exactly: the sanitizer sees a step outside
  std::memcpy(room.data(), data + 8, std::min(size - 8, room_bytes));
  probe::RingHead head;
  std::uint64_t written = 0;
  std::memcpy(&written, data, 8);
  head.written = written;
  probe::RingReader reader{head, room, 0};
  std::uint64_t before = 0;
  for (std::size_t n = 0; n <= room_bytes; ++n) {
    auto record = reader.next();
    if (!record) break;
    fuzz::check(fuzz::within(*record, View{room}));
    fuzz::check(reader.position() > before && reader.position() <= written && n < room_bytes);
    before = reader.position();
    probe::FindingRecord finding;
    if (!probe::take_head(*record, finding)) continue;
    (void)intercept::decode_event(*record);
    (void)intercept::decode_packet(*record);
  }
  return 0;
}
