// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over TCP (RFC 3261 18.3, RFC 9293) and over WebSocket (RFC 7118): streams put together from segments in
// any order and cut into messages. A stream between two switches carries the calls of many people, so each
// message comes with frames that hold its bytes and no others: evidence of one call must not show the next
// one.
#pragma once
#include <memory>
#include <vector>

#include "wire/packet.hh"

namespace writ::wire {

struct SipOverStream {
  Endpoint src, dst;
  Bytes message;               // what parse_sip takes; of a WebSocket already unmasked
  std::vector<Bytes> storage;  // of `frames`
  std::vector<RawPacket> frames;
  Instant at{};             // of the frame that made it whole
  bool cut = false;         // parts of it never came
  bool overlapped = false;  // segments disagreed about the same bytes: the first that came were taken
};

class SipStreams {
 public:
  SipStreams(std::size_t streams_max = 4096, Nanos age_max = std::chrono::seconds{10});
  ~SipStreams();
  SipStreams(SipStreams&&) noexcept;
  // Takes one segment, with the frames that it came in; appends what is whole now. Segments of streams that
  // are not SIP cost a look-up and a look at their first bytes.
  void add(const Decoded& d, const RawPacket& frame, std::vector<SipOverStream>& out);
  // Gives up on what has waited for too long; what is there of a message comes out `cut` when its headers are
  // whole.
  void expire(Instant now, std::vector<SipOverStream>& out);
  void finish(std::vector<SipOverStream>& out) { expire(Instant::max(), out); }
  std::uint64_t dropped() const;  // messages, or parts of them, that were given up

 private:
  struct Impl;
  std::unique_ptr<Impl> i_;
};

// A frame like `like` with nothing but `payload` in its TCP segment, which begins `skipped` bytes after the
// segment's own start. The link header is kept where the segment lay bare on the link, else the frame begins
// with IP (link type raw).
RawPacket cut_segment(const TcpSegment& like, const RawPacket& frame, View network, bool bare,
                      std::size_t skipped, View payload, Bytes& storage);

}  // namespace writ::wire
