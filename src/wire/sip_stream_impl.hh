// SPDX-License-Identifier: GPL-3.0-or-later
// What SipStreams holds: its streams' lives are in sip_stream.cc, what is read of them in sip_stream_read.cc.
#pragma once
#include <array>
#include <list>
#include <unordered_map>

#include "base/keyed_hash.hh"
#include "wire/sip_cut.hh"
#include "wire/sip_stream.hh"
#include "wire/stream_pieces.hh"
#include "wire/stream_prospects.hh"

namespace writ::wire {

struct FlowHash {
  std::size_t operator()(const FlowKey& k) const {
    return KeyedHash{}
        .bytes16(k.src.ip.b.data())
        .bytes16(k.dst.ip.b.data())
        .words(k.src.port, k.dst.port)
        .value();
  }
};

struct SipStreams::Impl {
  using Standing = Stream::Standing;
  std::size_t streams_max;
  Nanos age_max;
  StreamProspects prospects;
  using Streams = std::unordered_map<FlowKey, Stream, FlowHash>;
  Streams streams{};
  std::array<std::list<FlowKey>, Stream::standings> order{};  // each: least recently used first
  std::uint64_t dropped = 0, compressed = 0;
  std::size_t waiting = 0;  // bytes of all streams
  std::size_t inflaters = 0;

  std::list<FlowKey>& in_order(Standing s) { return order[static_cast<std::size_t>(s)]; }
  Stream* stream_of(const Decoded& d, Instant at);
  Stream& open(const FlowKey& k, Standing standing, Instant at);
  void make_room(Standing standing);
  void open_websocket(const TcpSegment& t, Instant at);
  Stream& declare(const FlowKey& k, std::uint32_t seq, Instant at);
  void expect_compressed(Stream& s, bool goes_on, std::uint32_t seq);
  bool is_over(Stream& s, const Decoded& d, Instant at);
  void add(Stream& s, const Decoded& d, const RawPacket& frame, std::vector<SipOverStream>& out);
  void settle(const FlowKey& k, std::vector<SipOverStream>& out);
  void read(const FlowKey& k, Stream& s, SequenceRange fresh, std::vector<SipOverStream>& out);
  std::size_t read_run(const FlowKey& k, Stream& s, std::uint64_t at, View run,
                       std::vector<SipOverStream>& out);
  struct Front {
    Found found = Found::none;
    std::size_t length = 0;
    Bytes message{};
    bool no_length = false, inflated = false;
  };
  Front front_of(Stream& s, std::uint64_t at, View rest);
  bool inflate(Stream& s, std::uint64_t at, Front& f);
  void emit(const FlowKey& k, Stream& s, SequenceRange r, Bytes message, bool cut,
            std::vector<SipOverStream>& out);
  void expire(const FlowKey& k, Stream& s, Instant before, Instant given_up, std::vector<SipOverStream>& out);
  void expire_run(const FlowKey& k, Stream& s, SequenceRange r, View run, bool last,
                  std::vector<SipOverStream>& out);
  void forget(Streams::iterator it);
};

}  // namespace writ::wire
