// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/threads.hh"
#include "intercept/calls.hh"
#include "intercept/lost_calls.hh"
#include "intercept/offer_answer.hh"
#include "intercept/stable_order.hh"
#include "intercept/streams.hh"
#include "wire/glance.hh"
#include "wire/reassembly.hh"
#include "wire/sip.hh"
#include "wire/sip_body.hh"
#include "wire/sip_stream.hh"
#include "wire/turn.hh"

namespace writ::intercept {
namespace {

constexpr std::size_t srtp_keys_max = 256;

std::string text_at(const Json& detail, const char* key) {
  const auto it = detail.find(key);
  return it != detail.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Instant time_at(const Json& detail, const char* key, Instant otherwise) {
  const auto t = parse_rfc3339(text_at(detail, key));
  return t ? *t : otherwise;
}

// The packets of one call, read again: signalling first, because payload types may be named after they were
// used.
class CallReader {
 public:
  // Keeps the datagrams of media in `packets`.
  CallReader(CallRecord& call, std::vector<EvidencePacket>& packets) : call_(call), packets_(packets) {}

  void read(const std::vector<std::size_t>& index) {
    for (const std::size_t i : index)
      if (packets_[i].tag.role == PacketRole::sip)
        with_datagram(i, [&](const wire::UdpPacket& udp) {
          direction_ = packets_[i].tag.direction;
          signalling(packets_[i].raw.at, udp);
        });
    end_of_streams();
    offers_.settle();
    StreamBuilder streams(sdp_);
    for (std::size_t k = 0; k < index.size(); ++k) {
      expect_packet(packets_, index, k);
      const std::size_t i = index[k];
      const PacketTag& tag = packets_[i].tag;
      if (tag.role == PacketRole::sip) continue;
      with_datagram(i, [&](const wire::UdpPacket& udp) {
        if (tag.role == PacketRole::rtcp)
          streams.rtcp(i, tag, packets_[i].raw.at, udp);
        else if (tag.role == PacketRole::rtp)
          streams.rtp(i, tag, packets_[i].raw.at, udp);
        else
          other_media(i, streams, udp);
      });
    }
    call_.media = streams.finish(call_.anomalies);
    if (streams.other_packets() > 0)
      call_.anomalies.push_back(std::to_string(streams.other_packets()) +
                                " packets on media ports are neither RTP nor RTCP nor fax (STUN, ZRTP, ...)");
    sum_up();
  }

 private:
  template <class F>
  void with_datagram(std::size_t i, F&& f) {
    const wire::RawPacket& raw = packets_[i].raw;
    if (wire::Glance plain; wire::is_plain_media(raw, plain)) {
      packets_[i].datagram = plain.payload;
      f({plain.src(), plain.dst(), plain.payload, false});
      return;
    }
    const wire::Decoded d = wire::decode(raw);
    if (d.verdict == wire::Verdict::udp) {
      truncated_ += d.udp.truncated;
      packets_[i].datagram = d.udp.payload;
      f(d.udp);
    } else if (d.verdict == wire::Verdict::fragment) {
      wire::Reassembler::Whole whole;
      if (!reassembler_.add(d.fragment, raw, whole)) return;
      overlapped_ = overlapped_ || whole.overlapped;
      if (whole.decoded.verdict == wire::Verdict::tcp) {
        streamed(whole.decoded, raw);
      } else {
        put_together(packets_[i], whole.decoded.udp.payload);
        f(whole.decoded.udp);
      }
    } else if (d.verdict == wire::Verdict::tcp) {
      streamed(d, raw);
    }
  }

  // Of media that a TURN server relays the datagram is what is inside.
  void other_media(std::size_t i, StreamBuilder& streams, wire::UdpPacket udp) {
    const PacketTag& tag = packets_[i].tag;
    const auto inside = wire::relayed(udp.payload);
    const bool rtcp = inside && wire::is_rtcp(inside->payload);
    if (!inside || (!rtcp && !wire::parse_rtp(inside->payload)))
      return streams.other(i, tag, packets_[i].raw.at, udp);
    packets_[i].datagram = packets_[i].datagram.subspan(inside->head, inside->payload.size());
    udp = wire::without_relay(udp, *inside);
    if (rtcp)
      streams.rtcp(i, tag, packets_[i].raw.at, udp);
    else
      streams.rtp(i, tag, packets_[i].raw.at, udp);
  }

  static void put_together(EvidencePacket& last, View datagram) {
    const std::size_t frame = last.storage.size();
    last.storage.insert(last.storage.end(), datagram.begin(), datagram.end());
    last.raw.bytes = View{last.storage}.first(frame);
    last.datagram = View{last.storage}.subspan(frame);
  }

  void streamed(const wire::Decoded& d, const wire::RawPacket& raw) {
    std::vector<wire::SipOverStream> whole;
    streams_.add(d, raw, whole);
    for (const wire::SipOverStream& s : whole) streamed(s);
  }

  // A key that was pressed, told by INFO; again on each hop under the same number.
  void key(const wire::SipMessage& m, Instant at) {
    if (call_.keys == Keys::withheld) return;
    const char digit = m.is_request && m.method == wire::Method::info ? wire::info_signal(m) : '\0';
    if (digit == '\0' || digit == '!' || direction_ == Direction::unknown) return;
    if (!keys_.emplace(direction_, m.cseq_number()).second) return;
    call_.dtmf.push_back({at, digit, "info", direction_ == Direction::from_target});
  }

  void streamed(const wire::SipOverStream& s) {
    overlapped_segments_ = overlapped_segments_ || s.overlapped;
    if (s.no_length) bits_ |= wire::anomaly_no_length;
    signalling(s.at, {s.src, s.dst, s.message, s.cut});
  }

  void end_of_streams() {
    std::vector<wire::SipOverStream> cut;
    streams_.finish(cut);
    for (const wire::SipOverStream& s : cut) streamed(s);
    if (streams_.dropped() > 0)
      call_.anomalies.push_back(std::to_string(streams_.dropped()) +
                                " SIP messages over TCP of which parts are missing");
  }

  void signalling(Instant at, const wire::UdpPacket& udp) {
    wire::SipMessage m;
    if (!wire::parse_sip(udp.payload, m)) return;
    bits_ |= m.anomalies;
    key(m, at);
    if (m.is_request) {
      const std::string_view wire_text = text_of(m.bytes);
      std::string key = udp.src.text() + ">" + udp.dst.text() + std::string(wire_text);
      if (++repeats_[std::move(key)] > 1) ++retransmitted_;
    }
    if (!m.is_request && m.method == wire::Method::invite && m.status > 100 && m.status < 300)
      if (const auto tag = wire::tag_of(m.first(wire::Header::to)); !tag.empty())
        branches_[std::string(wire::tag_of(m.first(wire::Header::from)))].emplace(tag);
    std::string storage;
    const wire::DecodedBody body = wire::message_part(m, "application/sdp", storage);
    if (body.state == wire::BodyState::unreadable) odd("a body in an encoding that could not be read");
    if (m.is_request && m.method == wire::Method::info)
      if (const auto more = wire::message_part(m, wire::trickled_candidates, storage); !more.text.empty())
        sdp_.trickle(at, wire::parse_sdp(more.text));
    if (body.text.empty()) return offers_.take(at, udp, m, nullptr);
    const wire::Sdp sdp = wire::parse_sdp(body.text);
    for (const std::string& o : sdp.oddities) odd(o);
    for (const wire::SdpMedia& media : sdp.media) {
      for (const std::string& o : media.oddities) odd(o);
      for (const std::string& line : media.crypto) keys(line);
    }
    offers_.take(at, udp, m, &sdp);
  }

  // All keys of the call: authentication, not the order of messages, says which one a stream was sent under.
  void keys(const std::string& line) {
    const wire::SdesLine read = wire::parse_crypto(line);
    if (!read.why.empty()) odd("a=crypto: " + read.why);
    for (const wire::SdesKey& k : read.keys)
      if (std::find(call_.srtp_keys.begin(), call_.srtp_keys.end(), k) == call_.srtp_keys.end()) {
        if (call_.srtp_keys.size() < srtp_keys_max)
          call_.srtp_keys.push_back(k);
        else
          odd("a=crypto: more keys than are read");
      }
  }

  void odd(const std::string& text) {
    const std::string line = "SDP: " + text;
    if (std::find(call_.anomalies.begin(), call_.anomalies.end(), line) == call_.anomalies.end())
      call_.anomalies.push_back(line);
  }

  void sum_up() {
    if (bits_ != 0) call_.anomalies.push_back("SIP: " + wire::anomaly_text(bits_));
    if (retransmitted_ > 0)
      call_.anomalies.push_back(std::to_string(retransmitted_) +
                                " SIP requests retransmitted or captured twice");
    std::size_t branches = 0;
    for (const auto& [asked_by, answered_by] : branches_) branches = std::max(branches, answered_by.size());
    if (branches > 1)
      call_.anomalies.push_back("answered by " + std::to_string(branches) +
                                " branches (forked, or one side joined late)");
    if (overlapped_) call_.anomalies.push_back("IP fragments overlap: the first bytes were taken");
    if (overlapped_segments_) call_.anomalies.push_back("TCP segments disagree: the first bytes were taken");
    if (truncated_ > 0)
      call_.anomalies.push_back(std::to_string(truncated_) +
                                " packets were captured shorter than they were sent");
  }

  CallRecord& call_;
  std::vector<EvidencePacket>& packets_;
  SdpTimeline sdp_;
  OfferAnswer offers_{sdp_};
  wire::Reassembler reassembler_;
  wire::SipStreams streams_{4096, std::chrono::seconds{10}, true};
  std::map<std::string, int> repeats_;
  // Who answered, for each who asked: a later INVITE of the side that was called is answered by the other.
  std::map<std::string, std::set<std::string>> branches_;
  std::set<std::pair<Direction, std::uint32_t>> keys_;
  Direction direction_ = Direction::unknown;
  std::uint32_t bits_ = 0;
  std::uint64_t retransmitted_ = 0, truncated_ = 0;
  bool overlapped_ = false, overlapped_segments_ = false;
};

void take_event(CallRecord& c, const Event& e) {
  switch (e.type) {
    case EventType::origination:
    case EventType::termination_attempt:
      c.end.reset();  // of an attempt before this one
      c.release_cause.clear();
      if (!c.direction.empty()) {
        c.to = text_at(e.detail, "called");
        break;
      }
      c.direction = text_at(e.detail, "direction");
      c.from = text_at(e.detail, "calling");
      c.to = text_at(e.detail, "called");
      c.start = e.at;
      if (e.detail.contains("mid_call"))
        c.anomalies.push_back("the interception joined this call while it was up");
      break;
    case EventType::answer:
      if (!c.answer) c.answer = e.at;
      break;
    case EventType::release:
      c.end = e.at;
      c.release_cause = text_at(e.detail, "cause");
      break;
    case EventType::gap:
      if (c.release_cause.empty() && !c.end) c.release_cause = text_at(e.detail, "why");
      c.anomalies.push_back(text_at(e.detail, "why"));
      break;
    case EventType::connection:
      if (const std::string leg = text_at(e.detail, "leg_of"); !leg.empty()) c.leg_of = leg;
      if (e.detail.contains("resumed")) {
        c.end.reset();
        c.release_cause.clear();
      }
      break;
    default:
      break;
  }
  c.events.push_back(e);
}

void take_matter_event(Matter& m, const Event& e) {
  if (e.type == EventType::review) m.reviews.push_back(e);
  if (e.type == EventType::gap) {
    Gap g;
    g.from = time_at(e.detail, "from", e.at);
    g.until = time_at(e.detail, "until", e.at);
    g.why = e.call == 0 ? text_at(e.detail, "why") : "call " + e.call_id + ": " + text_at(e.detail, "why");
    const auto n = e.detail.find("packets");
    if (e.call != 0) g.call_id = e.call_id;
    if (n != e.detail.end() && n->is_number_unsigned()) g.packets = n->get<std::uint64_t>();
    m.gaps.push_back(std::move(g));
  }
  if (e.type == EventType::cc_unavailable)
    m.unavailable.push_back("call " + e.call_id + ": " + text_at(e.detail, "why"));
}

bool opens_call(const Event& e) {
  return e.type == EventType::origination || e.type == EventType::termination_attempt;
}

void say_lost(Matter& m, std::map<std::uint32_t, CallRecord>& calls, std::vector<LostCall> lost) {
  for (LostCall& l : lost) {
    CallRecord& c = calls.at(l.number);
    if (c.release_cause.empty()) c.release_cause = l.gap.why;
    c.anomalies.push_back(l.gap.why);
    l.gap.call_id = c.call_id;
    l.gap.why = "call " + c.call_id + ": " + l.gap.why;
    m.gaps.push_back(std::move(l.gap));
  }
}

}  // namespace

Matter assemble(const std::string& grant_id, std::vector<Event> events, std::vector<EvidencePacket> packets,
                Keys keys) {
  Matter m;
  std::vector<LostCall> lost = lost_calls(events, packets);
  order_stably(events, [](const Event& e) { return e.at; });
  order_stably(packets, [](const EvidencePacket& p) { return p.raw.at; });
  m.packets = std::move(packets);
  std::map<std::uint32_t, CallRecord> calls;
  for (const Event& e : events)
    if (e.call != 0 && opens_call(e)) {
      CallRecord& c = calls[e.call];
      c.call_id = e.call_id;
      c.grant = grant_id;
      c.number = e.call;
      c.keys = keys;
    }
  for (const Event& e : events) {
    take_matter_event(m, e);
    if (const auto it = calls.find(e.call); it != calls.end())
      take_event(it->second, e);
    else if (e.type != EventType::review && e.type != EventType::gap)
      m.signals.push_back(e);
  }
  say_lost(m, calls, std::move(lost));
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> index;
  for (std::size_t i = 0; i < m.packets.size(); ++i) index[m.packets[i].tag.call].push_back(i);
  for (auto& [number, call] : calls) m.calls.push_back(std::move(call));
  in_threads(m.calls.size(), [&](Shares& shares) {
    while (const auto k = shares.take())
      if (const auto it = index.find(m.calls[*k].number); it != index.end())
        CallReader(m.calls[*k], m.packets).read(it->second);
  });
  order_stably(m.calls, [](const CallRecord& c) { return c.start; });
  return m;
}

void append(Matter& into, Matter&& more) {
  const std::size_t shift = into.packets.size();
  for (CallRecord& c : more.calls) {
    for (MediaStream& s : c.media)
      for (std::size_t& i : s.packet_index) i += shift;
    into.calls.push_back(std::move(c));
  }
  const auto move_all = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  if (into.packets.empty())
    into.packets = std::move(more.packets);
  else
    move_all(into.packets, more.packets);
  move_all(into.reviews, more.reviews);
  move_all(into.gaps, more.gaps);
  move_all(into.signals, more.signals);
  move_all(into.unavailable, more.unavailable);
  if (into.time_shift_s == 0) into.time_shift_s = more.time_shift_s;
  order_stably(into.calls, [](const CallRecord& c) { return c.start; });
}

}  // namespace writ::intercept
