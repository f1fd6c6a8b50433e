// SPDX-License-Identifier: GPL-3.0-or-later
// RTP streams of one call: one for each 5-tuple and SSRC, with the payload types that the call's SDP gave
// them.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "intercept/calls.hh"
#include "intercept/rtcp_facts.hh"
#include "wire/rtp.hh"
#include "wire/sdp.hh"

namespace writ::intercept {

// What was announced when. An endpoint's formats may change by re-INVITE, and one payload type may mean two
// codecs in two calls, or in one.
class SdpTimeline {
 public:
  // Its number, from 0. `announcer`: who sent it.
  std::size_t add(Instant at, const wire::Sdp& sdp, const wire::Address& announcer);
  std::size_t size() const { return count_; }
  // What offer and answer made of one that was added.
  struct Verdict {
    struct Line {
      bool refused = false;
      bool plain = false;  // taken, but without encryption
    };
    bool withdrawn = false;
    std::optional<Instant> counts_from;
    std::vector<Line> lines;
  };
  // By number; after the last one was added.
  void settle(const std::vector<Verdict>& verdicts);
  // Candidates that came by INFO (RFC 8840), to the line that has their user fragment and name.
  void trickle(Instant at, const wire::Sdp& fragment);
  // The newest announcement of the endpoint at `t`; before any, the first one to come (media may overtake
  // their answer). Of several media lines that share the endpoint (BUNDLE), the one that lists `pt`. A line
  // that the answer refused counts only where there is no other.
  const wire::SdpMedia* in_force(const wire::Endpoint& e, Instant t, int pt = -1) const;
  // The line that says what the payload type of a packet src -> dst means: the receiver's (RFC 3264
  // section 5.1); then the sender's; then anybody's in the call. Null: no line lists it.
  const wire::SdpMedia* line_of(int pt, const wire::Endpoint& src, const wire::Endpoint& dst,
                                Instant t) const;
  // That meaning; of a type that no line lists, the static table's.
  const wire::RtpMap* format(int pt, const wire::Endpoint& src, const wire::Endpoint& dst, Instant t) const;
  // Where the media are that this end has the RTCP of: a=rtcp may name another host.
  const wire::Address& media_host(const wire::Endpoint& rtcp) const;
  // Who announced the endpoint first; null: nobody.
  const wire::Address* announcer(const wire::Endpoint& e) const;
  // Until then all these answers stay as they are at `t`.
  Instant next_change(Instant t) const;

 private:
  struct Entry {
    Instant at;
    wire::Endpoint end;  // the line's default, or one of its candidates
    std::shared_ptr<const wire::SdpMedia> media;
    std::size_t sdp = 0, line = 0;
    bool refused = false;
  };
  void add(Entry e);
  const Entry* newest(const wire::Endpoint& e, Instant t, int pt, bool of_refused) const;
  std::vector<Entry> entries_;  // by time
  std::map<wire::Endpoint, wire::Address> announcers_;
  std::size_t count_ = 0;
};

class StreamBuilder {
 public:
  explicit StreamBuilder(const SdpTimeline& sdp) : sdp_(sdp) {}
  void rtp(std::size_t index, const PacketTag& tag, Instant at, const wire::UdpPacket& udp);
  // What looks like RTCP on a port of fax may be a UDPTL datagram of a high number.
  void rtcp(std::size_t index, const PacketTag& tag, Instant at, const wire::UdpPacket& udp) {
    if (fax(index, tag, at, udp)) return;
    rtcp_.add(at, sdp_.media_host(udp.src), sdp_.media_host(udp.dst), udp.payload);
  }
  void other(std::size_t index, const PacketTag& tag, Instant at, const wire::UdpPacket& udp);
  // Streams by first packet; copies of one stream on another hop are marked.
  std::vector<MediaStream> finish(std::vector<std::string>& anomalies);
  std::uint64_t other_packets() const { return other_packets_; }

 private:
  struct Building;
  struct Key {
    wire::Endpoint src, dst;
    std::uint32_t ssrc;
    auto operator<=>(const Key&) const = default;
  };
  Building& stream(const Key& k, Instant at);
  void note_format(Building& b, std::uint8_t pt, Instant at, std::vector<std::string>* anomalies);
  void note_line(Building& b, std::uint8_t pt, Instant at);
  const wire::SdpMedia* image_at(const wire::UdpPacket& udp, Instant at) const;
  bool fax(std::size_t index, const PacketTag& tag, Instant at, const wire::UdpPacket& udp);
  void note_zrtp(const wire::UdpPacket& udp);
  void note_contradictions(const Building& b);
  void name_secrecy(Building& b) const;
  bool zrtp_agreed(const wire::UdpPacket& udp) const;
  const SdpTimeline& sdp_;
  std::set<std::pair<wire::Endpoint, wire::Endpoint>> zrtp_confirmed_;  // by sender and receiver
  std::map<Key, std::shared_ptr<Building>> streams_;
  RtcpFacts rtcp_;
  std::vector<std::string> notes_;
  std::uint64_t other_packets_ = 0;
};

}  // namespace writ::intercept
