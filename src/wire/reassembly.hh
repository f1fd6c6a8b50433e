// SPDX-License-Identifier: GPL-3.0-or-later
// IP fragments, in any order, with bounded memory. Overlap: the first byte seen wins and is reported
// as an anomaly.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "wire/packet.hh"

namespace writ::wire {

class Reassembler {
 public:
  Reassembler(std::size_t datagrams_max = 4096, Nanos age_max = std::chrono::seconds{30});
  ~Reassembler();
  Reassembler(Reassembler&&) noexcept;
  struct Whole {
    Decoded decoded;  // udp or tcp; views point into `storage`
    Bytes storage;
    std::vector<Bytes>
        frames;  // the captured frames it came from, in order of arrival (evidence keeps the originals)
    std::vector<Instant> times;
    bool overlapped = false;
    InputSet inputs = 0;  // of its fragments
  };
  // Keeps a copy of the frame; returns true and fills `out` when it completes a datagram.
  bool add(const Fragment& f, const RawPacket& frame, Whole& out);
  std::uint64_t dropped() const;  // incomplete datagrams given up (age or bound): a recorded gap

 private:
  struct Impl;
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::wire
