// SPDX-License-Identifier: GPL-3.0-or-later
// A mirror that copies both directions of a port, or two ports that one packet passes, shows the packet
// twice. The second is removed when within a few milliseconds the same bytes come again from the (innermost)
// IP header on: MAC addresses, VLAN tags and tunnels around it may differ, and of the IP header what a router
// changes on the way, class of service, time to live and header checksum.
//
// What stays: a SIP retransmission (RFC 3261 T1 is 500 ms, no device waits less than tens), RTP with another
// sequence number, what a border controller or B2BUA sends on (other addresses or ports). IP itself knows no
// packet that is sent twice in so short a time and says more the second time.
//
// Memory: a table of fixed size (512 KiB); under a load that overruns it a duplicate is missed, never another
// packet taken for one: that would need equal 64-bit hashes under a key that nobody outside knows
// (keyed_hash.hh).
#pragma once
#include <array>
#include <vector>

#include "wire/packet.hh"

namespace writ::capture {

class Duplicates {
 public:
  static constexpr std::chrono::milliseconds within{5};
  Duplicates();
  // True: the packet was seen within the last few milliseconds, by packet time. Of anything but UDP, TCP with
  // data, and fragments of them it is never true.
  bool seen(const wire::RawPacket& p);
  std::uint64_t removed() const { return removed_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::int64_t at_ns = 0;
  };
  static constexpr std::size_t ways = 4, sets = 8192;
  std::vector<std::array<Slot, ways>> table_;
  std::uint64_t removed_ = 0;
};

}  // namespace writ::capture
