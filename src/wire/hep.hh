// SPDX-License-Identifier: GPL-3.0-or-later
// HEPv3, the capture protocol of SIP servers and capture agents (EEP/HEP3 by Sipcapture, "HEP Network
// Protocol v3"): "HEP3", a total length, then chunks of vendor, type and length. One message carries one
// datagram or one SIP message of a stream, with the addresses and the time that the agent says it had.
// Nothing of it is proven: the authentication chunk is a password in the clear, which is neither asked for
// nor kept.
#pragma once
#include <memory>
#include <vector>

#include "wire/packet.hh"

namespace writ::wire {

struct HepMessage {
  Endpoint src, dst;           // of what is wrapped
  bool has_addresses = false;  // both, of one family
  std::uint8_t transport = 0;  // IANA protocol number: 17 UDP, 6 TCP, 132 SCTP
  std::uint8_t protocol = 0;   // what is wrapped: 1 SIP, 4 RTP, 5 RTCP (often a JSON report), ...
  std::uint32_t agent = 0;     // number of the capture agent, 0 when it says none
  Instant at{};                // the agent's word; `has_time` when it gave one
  bool has_time = false;
  bool compressed = false;  // the payload is, and is not opened here
  bool truncated = false;   // a length runs past the bytes: `payload` is what there is
  View payload;
};
inline constexpr std::uint8_t hep_sip = 1, hep_rtp = 4, hep_rtcp = 5;

inline bool looks_like_hep(View v) {
  return v.size() >= 6 && v[0] == 'H' && v[1] == 'E' && v[2] == 'P' && v[3] == '3';
}
// Versions 1 and 2 with SIP in them, which have no magic: a fixed header (version, its length, family,
// protocol, ports, addresses), and in version 2 a time. Not read here, but told from what is none.
bool looks_like_old_hep(View v);
// False when it is no HEPv3 or no payload chunk can be found. Chunks of other vendors and of unknown types
// are skipped; of a chunk that comes twice the first counts.
bool parse_hep(View v, HepMessage& out);

// HEP over TCP: bytes of one direction of one connection, in order, cut into messages. Holds one message and
// what was added last at most.
class HepSplitter {
 public:
  void add(View bytes);
  // The next whole message; lives until the next call of any member. False: more bytes are needed.
  bool next(View& message);
  void gap();  // bytes are missing here: what is begun is given up, the next "HEP3" is looked for
  std::uint64_t given_up() const { return given_up_; }  // messages begun, or runs of bytes that are none

 private:
  Bytes buffer_;
  std::size_t at_ = 0;
  bool astray_ = false;  // inside of bytes that are no message, counted already
  std::uint64_t given_up_ = 0;
};

struct HepStreamed {
  Address from;
  Bytes message;
  InputSet inputs = 0;  // that its segments came in at
};

// HEP over TCP as a mirror shows it: segments in any order, twice, or never. A connection is followed from
// the first message on whose header is seen, wherever it stands in its segments (hep_strays.hh).
class HepFlows {
 public:
  HepFlows();
  ~HepFlows();
  // True: the segment belongs to a connection of HEP and was taken; whole messages were appended to `out`.
  bool add(const TcpSegment& t, Instant at, std::vector<HepStreamed>& out);
  // Waits no longer for what is missing for 10 s.
  void expire(Instant now, std::vector<HepStreamed>& out);
  std::uint64_t given_up() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::wire
