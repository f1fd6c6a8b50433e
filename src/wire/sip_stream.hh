// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over TCP (RFC 3261 18.3, RFC 9293) and over WebSocket (RFC 7118): streams put together from segments in
// any order and cut into messages. A stream between two switches carries the calls of many people, so each
// message comes with frames that hold its bytes and no others: evidence of one call must not show the next
// one. A compressed message cannot be read without those before it, which may be other people's: it comes
// with a datagram that holds its text.
#pragma once
#include <memory>
#include <vector>

#include "wire/packet.hh"

namespace writ::wire {

struct SipOverStream {
  Endpoint src, dst;
  Bytes message;               // what parse_sip takes; of a WebSocket already unmasked and inflated
  std::vector<Bytes> storage;  // of `frames`
  std::vector<RawPacket> frames;
  Instant at{};             // of the frame that made it whole
  bool cut = false;         // parts of it never came
  bool no_length = false;   // no usable Content-Length: it ends where its body does by the looks of it
  bool inflated = false;    // was compressed: the frame is a datagram made of the message (see below)
  bool overlapped = false;  // segments disagreed about the same bytes: the first that came were taken
  InputSet inputs = 0;      // that the segments came in at which hold its bytes
};

class SipStreams {
 public:
  // `all_sip`: every stream is, as in evidence that is read again.
  SipStreams(std::size_t streams_max = 4096, Nanos age_max = std::chrono::seconds{10}, bool all_sip = false);
  ~SipStreams();
  SipStreams(SipStreams&&) noexcept;
  // Takes one segment, with the frames that it came in; appends what is whole now. Segments of streams that
  // are not SIP cost a look-up and a look at their first bytes.
  void add(const Decoded& d, const RawPacket& frame, std::vector<SipOverStream>& out);
  // What has waited for age_max comes out `cut` when its headers are whole, and once more if the rest comes
  // after all; what has waited for 32 s is given up.
  void expire(Instant now, std::vector<SipOverStream>& out);
  void finish(std::vector<SipOverStream>& out) { expire(Instant::max(), out); }
  std::uint64_t dropped() const;  // messages, or parts of them, that were given up
  // Messages of a WebSocket that speaks SIP, compressed by permessage-deflate, that could not be read: the
  // handshake or an earlier message was not seen, one is damaged, or more connections at once compress than
  // memory is kept for.
  std::uint64_t compressed() const;

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
