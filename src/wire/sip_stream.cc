// SPDX-License-Identifier: GPL-3.0-or-later
// SIP out of TCP
// ==============
// Problem. A mirrored port shows TCP as it is: segments out of order, twice, overlapping, cut by a snap
// length, some never; connections that were up long before the capture began. A receiver waits for what is
// missing; we cannot ask for it, and a call must not be lost because one byte of its neighbour's message is.
//
// Approach. A stream (one direction of a connection) is a map of pieces that are not used up yet, by
// position, and the ranges that are (stream_pieces.hh). A piece may begin a message when it follows a used
// range, or when a segment's own first bytes are a SIP start line or a WebSocket frame with one inside: so
// streams are joined in the middle, and a hole holds up only the message that lies across it. Messages end
// where Content-Length says (RFC 3261 18.3, sip_cut.hh); line ends between them are keep-alives. Where a
// message should begin and none does, the next line that can be a start line is looked for. A SYN ends
// nothing while something waits: it comes twice, late or forged, and only its data tell that the ports are
// used again. A handshake for SIP over WebSocket opens both directions.
//
// What is kept: nothing of a connection that does not look like SIP (stream_prospects.hh); one on trial is
// forgotten with the first bytes that are something else. After age_max what is there of a message comes out,
// when its headers are whole; its rest may come until patience_s ends (a receiver waits as long). Bounds:
// streams_max streams, of which those that have nothing waiting give way first, trials_max on trial,
// stream_bytes_max and pieces_max in one, waiting_bytes_max in all; what is given up is counted.
//
// Cost: a segment that holds whole messages is copied once for the message and once for the frame. One that
// only adds to a message waits without being looked at until the length that the headers promise is there, so
// that tiny segments cost no square of their number; and a segment is held against the pieces that it joins
// only, however many wait.
#include "wire/sip_stream.hh"

#include <algorithm>

#include "wire/sip.hh"
#include "wire/sip_stream_impl.hh"
#include "wire/websocket_handshake.hh"

namespace writ::wire {
namespace {

constexpr std::size_t stream_bytes_max = 256u << 10, pieces_max = 512, trials_max = 128,
                      trial_bytes_max = 32u << 10, waiting_bytes_max = 32u << 20;
constexpr std::size_t inflaters_max = 1024;     // of 40 KiB
constexpr std::chrono::seconds patience_s{32};  // 64*T1: who sent a request has given it up by then
constexpr std::uint8_t flag_of_syn = 2, flag_of_ack = 16;

}  // namespace

using Standing = Stream::Standing;

// Does this segment begin another connection with the same ports? While something waits to be whole, a SYN
// alone does not say so: its data must come.
bool SipStreams::Impl::is_over(Stream& s, const Decoded& d, Instant at) {
  if ((d.tcp.flags & flag_of_syn) == 0) return s.begins_anew == d.tcp.seq && !d.tcp.payload.empty();
  if (s.is_of_this(d, at)) return false;
  s.begins_anew = d.tcp.seq + 1;
  return s.pieces.empty() || !d.tcp.payload.empty();
}

Stream* SipStreams::Impl::stream_of(const Decoded& d, Instant at) {
  const FlowKey k{d.tcp.src, d.tcp.dst};
  const auto it = streams.find(k);
  bool anew = false;
  if (it != streams.end()) {
    if (!is_over(it->second, d, at)) return &it->second;
    anew = true;
    forget(it);
  }
  const Opening o = prospects.judge(d.tcp, at, anew);
  if (o.how == Opening::How::no) return nullptr;
  Stream& s = open(k, o.how == Opening::How::sip ? Standing::idle : Standing::trial, at);
  s.reference_seq = d.tcp.seq;
  if (o.first) s.begins_at(*o.first);
  return &s;
}

Stream& SipStreams::Impl::open(const FlowKey& k, Standing standing, Instant at) {
  make_room(standing);
  Stream& s = streams[k];
  s.standing = standing;
  s.place = in_order(standing).insert(in_order(standing).end(), k);
  s.last = at;
  return s;
}

void SipStreams::Impl::make_room(Standing standing) {
  auto& trials = in_order(Standing::trial);
  if (standing == Standing::trial) {
    if (trials.size() >= trials_max) forget(streams.find(trials.front()));
  } else if (streams.size() - trials.size() >= streams_max) {
    const auto& idle = in_order(Standing::idle);
    forget(streams.find(idle.empty() ? in_order(Standing::busy).front() : idle.front()));
  }
}

// The head itself is passed over where the stream is read.
void SipStreams::Impl::open_websocket(const TcpSegment& t, Instant at) {
  const auto deflate = agreed_deflate(t.payload);
  Stream& own = declare({t.src, t.dst}, t.seq, at);
  if (deflate) expect_compressed(own, deflate->by_server, t.seq);
  if ((t.flags & flag_of_ack) == 0) return;
  Stream& back = declare({t.dst, t.src}, t.ack, at);
  if (deflate) expect_compressed(back, deflate->by_client, t.ack);
}

// From `seq` on the direction's messages may be compressed. Said again by a retransmission, it changes
// nothing.
void SipStreams::Impl::expect_compressed(Stream& s, bool goes_on, std::uint32_t seq) {
  if (s.inflater || inflaters >= inflaters_max) return;
  ++inflaters;
  s.inflater = std::make_unique<Inflater>(goes_on);
  s.inflated_to = s.position(seq);
}

Stream& SipStreams::Impl::declare(const FlowKey& k, std::uint32_t seq, Instant at) {
  const auto it = streams.find(k);
  Stream& s = it != streams.end() ? it->second : open(k, Standing::idle, at);
  if (it == streams.end()) {
    s.reference_seq = seq;
    s.begins_at(seq);
  }
  s.sip = s.websocket = true;
  return s;
}

void SipStreams::Impl::forget(Streams::iterator it) {
  const auto& pieces = it->second.pieces;
  dropped += it->second.sip ? !pieces.empty() : std::any_of(pieces.begin(), pieces.end(), [](const auto& p) {
    return looks_like_sip(p.second.bytes());
  });
  waiting -= it->second.bytes;
  inflaters -= it->second.inflater != nullptr;
  in_order(it->second.standing).erase(it->second.place);
  streams.erase(it);
}

// Where a stream stands after what has changed it. One on trial stays so until it has shown SIP, and has
// failed when nothing is left of what it held.
void SipStreams::Impl::settle(const FlowKey& k, std::vector<SipOverStream>& out) {
  const auto it = streams.find(k);
  Stream& s = it->second;
  if (s.standing == Standing::trial && !s.sip) {
    if (s.pieces.empty() || s.bytes > trial_bytes_max) forget(it);
    return;
  }
  const Standing now = s.pieces.empty() ? Standing::idle : Standing::busy;
  in_order(now).splice(in_order(now).end(), in_order(s.standing), s.place);
  s.standing = now;
  while (waiting > waiting_bytes_max && !in_order(Standing::busy).empty()) {
    const FlowKey oldest = in_order(Standing::busy).front();
    Stream& o = streams.find(oldest)->second;
    expire(oldest, o, Instant::max(), Instant::max(), out);
    in_order(Standing::idle).splice(in_order(Standing::idle).end(), in_order(Standing::busy), o.place);
    o.standing = Standing::idle;
  }
}

void SipStreams::Impl::expire(const FlowKey& k, Stream& s, Instant before, Instant given_up,
                              std::vector<SipOverStream>& out) {
  const std::size_t held = s.bytes;
  for (auto it = s.pieces.begin(); it != s.pieces.end();) {
    const std::uint64_t at = it->first, end = run_end(s.pieces, it);
    bool due = false, last = false;
    for (auto p = it; p != s.pieces.end() && p->first < end; ++p) {
      const Instant came = p->second.of->raw.at;
      due = due || (!p->second.aged && came <= before);
      last = last || came <= given_up;
      p->second.aged = p->second.aged || came <= before;
    }
    if (due || last) expire_run(k, s, {at, end}, run_from(s.pieces, it), last, out);
    it = s.pieces.lower_bound(end);
  }
  s.set_oldest();
  waiting -= held - s.bytes;
}

SipStreams::SipStreams(std::size_t streams_max, Nanos age_max, bool all_sip)
    : i_(std::make_unique<Impl>(
          Impl{std::max<std::size_t>(streams_max, 1), age_max, StreamProspects(all_sip)})) {}
SipStreams::~SipStreams() = default;
SipStreams::SipStreams(SipStreams&&) noexcept = default;

void SipStreams::Impl::add(Stream& s, const Decoded& d, const RawPacket& frame,
                           std::vector<SipOverStream>& out) {
  const FlowKey k{d.tcp.src, d.tcp.dst};
  s.last = frame.at;
  if (!d.tcp.payload.empty()) {
    const std::size_t held = s.bytes;
    read(k, s, s.keep(d, frame), out);
    waiting += s.bytes - held;  // modulo 2^64: it may be less
    if (s.bytes > stream_bytes_max || s.pieces.size() > pieces_max)
      expire(k, s, Instant::max(), Instant::max(), out);
  }
  settle(k, out);
}

void SipStreams::add(const Decoded& d, const RawPacket& frame, std::vector<SipOverStream>& out) {
  if (upgrades_to_sip(d.tcp.payload)) i_->open_websocket(d.tcp, frame.at);
  if (Stream* s = i_->stream_of(d, frame.at)) i_->add(*s, d, frame, out);
}

void SipStreams::expire(Instant now, std::vector<SipOverStream>& out) {
  const bool all = now == Instant::max();
  const Instant before = all ? now : now - i_->age_max,
                given_up = all ? now : now - std::max<Nanos>(i_->age_max, patience_s);
  for (const Standing standing : {Standing::trial, Standing::busy}) {
    const std::list<FlowKey> keys = i_->in_order(standing);
    for (const FlowKey& k : keys) {
      Stream& s = i_->streams.find(k)->second;
      if (s.oldest > before && s.oldest_aged > given_up) continue;
      i_->expire(k, s, before, standing == Standing::trial ? before : given_up, out);
      i_->settle(k, out);
    }
  }
}

std::uint64_t SipStreams::dropped() const { return i_->dropped; }
std::uint64_t SipStreams::compressed() const { return i_->compressed; }

}  // namespace writ::wire
