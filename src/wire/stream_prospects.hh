// SPDX-License-Identifier: GPL-3.0-or-later
// Which connections may be SIP
// ============================
// Problem. SIP runs on any port, and its first segment may come late, in pieces or never; everything else on
// a mirrored port is other people's TCP, of which nothing shall be kept and which shall cost next to nothing.
//
// What makes a connection one to follow: port 5060, a place that has shown SIP before, a segment that begins
// a message. What makes it one to try, until its bytes tell: first bytes behind a SYN that can become a start
// line, a segment that came before those, a frame header of a WebSocket by itself, the beginning of a
// method's name, and a text that holds what SIP holds.
//
// Bounds, whatever strangers send: SYNs in a table of fixed size, where a newer one takes the older one's
// place; places in a list of which the oldest goes; texts searched so many times a second. A segment of a
// stranger costs a look at its first bytes, two bits and one line of the table.
#pragma once
#include <bitset>
#include <deque>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/keyed_hash.hh"
#include "wire/packet.hh"

namespace writ::wire {

struct Opening {
  enum class How : std::uint8_t { no, trial, sip } how = How::no;
  std::optional<std::uint32_t> first{};  // sequence number at which a message may begin
};

class StreamProspects {
 public:
  // `all_sip`: everything is, as in evidence that is read again.
  explicit StreamProspects(bool all_sip);
  // Of a segment that belongs to no stream. `anew`: one with its ports was just forgotten for it.
  Opening judge(const TcpSegment& t, Instant at, bool anew);
  // A message was read between these.
  void shown(const Endpoint& a, const Endpoint& b);

 private:
  struct Syn {
    std::uint64_t flow = 0;  // 0: free
    std::uint32_t seq = 0;
  };
  struct EndpointHash {
    std::size_t operator()(const Endpoint& e) const {
      return KeyedHash{}.bytes16(e.ip.b.data()).words(e.port, 0).value();
    }
  };
  bool is_place(const Endpoint& e) const { return ports_[e.port] && places_.contains(e); }
  Opening behind_syn(const TcpSegment& t, Syn& syn) const;
  bool may_search(Instant at);

  bool all_sip_;
  std::vector<Syn> syns_;
  std::bitset<65536> ports_{};  // of `places_`, and of some that have left it
  std::unordered_set<Endpoint, EndpointHash> places_{};
  std::deque<Endpoint> by_age_{};
  Instant second_{};
  unsigned searched_ = 0;  // in that second
};

}  // namespace writ::wire
