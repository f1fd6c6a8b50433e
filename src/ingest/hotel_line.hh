// SPDX-License-Identifier: GPL-3.0-or-later
// The line to a hotel: a TCP connection or a serial device, as one descriptor that never blocks.
#pragma once

#include "ingest/hotel.hh"

namespace writ::ingest {

class HotelLine {
 public:
  // Ten seconds at most for a connection; sooner when `stop` is set. Serial: 8 bits, no parity, one stop bit,
  // raw.
  static Result<HotelLine> open(const HotelSettings& s, const StopFlag& stop);
  // Waits up to `wait` for bytes. Empty: none came. Error: the line has ended, with the reason.
  Result<View> read(std::chrono::milliseconds wait);
  Status send(View bytes);

 private:
  explicit HotelLine(Fd fd) : fd_(std::move(fd)), buffer_(65536) {}
  Fd fd_;
  Bytes buffer_;
};

}  // namespace writ::ingest
