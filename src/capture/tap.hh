// SPDX-License-Identifier: GPL-3.0-or-later
// One open live source: a ring of the kernel, libpcap where there is no ring, a socket that agents send HEP
// to. Asked for whole batches, so that a packet costs no call through a table.
#pragma once
#include <poll.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hh"
#include "wire/packet.hh"

namespace writ::capture {

class Tap {
 public:
  virtual ~Tap() = default;
  // Frames that came, oldest first; they stay where they are until release(). Empty: none for now. The same
  // again while nothing was released.
  virtual Result<std::span<const wire::RawPacket>> batch() = 0;
  virtual void release() = 0;
  // What was lost since the last time it was asked.
  virtual std::uint64_t newly_lost() = 0;
  virtual std::string lost_why() const = 0;  // "the kernel dropped packets on eth0"
  // Empty while it hears, and did since the last time it was asked; else why not ("eth0 is down"). It may
  // come back.
  virtual std::string deaf() { return {}; }
  virtual void poll_on(std::vector<pollfd>& out) const = 0;
  virtual std::string describe() const = 0;  // "eth0: ring, time stamps of the card"
};

// TPACKET_V3 (packet(7)); several in a group share what comes by flow, and one that is full hands on to the
// next. Exit::unit without a rule when the interface or kernel cannot: libpcap may.
struct RingGroup {
  int id = -1;  // chosen by the kernel with the first ring
  unsigned members = 1;
};
Result<std::unique_ptr<Tap>> open_ring(const std::string& interface, RingGroup& group);
// For an interface that is not there: taken when it comes, if a ring can read it, and deaf until then.
Result<std::unique_ptr<Tap>> await_ring(const std::string& interface);
// Exit::not_found: there is no such interface.
Result<std::unique_ptr<Tap>> open_pcap(const std::string& interface);

// Frames that a tap has to keep itself.
class FrameStore {
 public:
  void clear() {
    frames_.clear();
    used_ = 0;
  }
  bool empty() const { return frames_.empty(); }
  std::size_t size() const { return frames_.size(); }
  // Copies the bytes.
  void add(wire::RawPacket p) {
    if (used_ == storage_.size()) storage_.emplace_back();
    Bytes& own = storage_[used_++];
    own.assign(p.bytes.begin(), p.bytes.end());
    p.bytes = own;
    frames_.push_back(p);
  }
  std::span<const wire::RawPacket> frames() const { return frames_; }

 private:
  std::vector<Bytes> storage_;  // of the frames, kept for the next ones
  std::size_t used_ = 0;
  std::vector<wire::RawPacket> frames_;
};

}  // namespace writ::capture
