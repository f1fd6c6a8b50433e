// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/streams.hh"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>

#include "intercept/foreign.hh"
#include "intercept/hops.hh"
#include "intercept/secrecy.hh"
#include "intercept/stable_order.hh"
#include "wire/udptl.hh"

namespace writ::intercept {
namespace {

constexpr int restart_gap =
    3000;  // a jump of the sequence number beyond this is a new run (RFC 3550 MAX_DROPOUT)
constexpr std::size_t samples_max = 400;  // packets compared to recognise a copy
constexpr std::size_t samples_min = 3;

// FNV-1a by words of eight octets, the last one filled up.
std::uint32_t hash_of(View v) {
  std::uint64_t h = 14695981039346656037u ^ v.size();
  while (!v.empty()) {
    std::uint64_t word = 0;
    const std::size_t n = std::min(v.size(), sizeof word);
    std::memcpy(&word, v.data(), n);
    h = (h ^ word) * 1099511628211u;
    h ^= h >> 32;
    v = v.subspan(n);
  }
  return static_cast<std::uint32_t>(h);
}

bool same_format(const MediaStream::Format& a, const wire::RtpMap& b) {
  return a.payload_type == b.payload_type && a.codec == b.codec && a.clock_rate == b.clock_rate &&
         a.channels == b.channels;
}

bool is_audio_codec(std::string_view codec) { return codec != "TELEPHONE-EVENT" && codec != "CN"; }

}  // namespace

struct StreamBuilder::Building {
  MediaStream s;
  struct Seen {
    std::int64_t sequence;
    std::uint32_t timestamp, hash;
  };
  std::vector<Seen> seen;
  std::int64_t highest = 0, base = 0;
  std::uint64_t lost_before = 0;
  std::size_t run_start = 0;
  bool started = false;
  std::array<std::uint64_t, 128> by_type{};
  std::array<int, 128> format_of{};  // index into s.formats + 1
  std::array<std::uint64_t, 3> votes{};
  Instant lines_until{};           // the lines in force stay until then
  std::bitset<128> noted, secret;  // by payload type, of these lines
  std::vector<bool> plain;         // of each packet
  Instant last_secret{};
  bool zrtp = false;
  StreamTrace trace;

  // Counts the run since `run_start`: repeated sequence numbers and holes.
  void close_run() {
    std::vector<std::int64_t> v;
    for (std::size_t i = run_start; i < seen.size(); ++i) v.push_back(seen[i].sequence);
    if (v.empty()) return;
    std::sort(v.begin(), v.end());
    const std::size_t total = v.size();
    v.erase(std::unique(v.begin(), v.end()), v.end());
    s.duplicates += total - v.size();
    s.lost += static_cast<std::uint64_t>(v.back() - v.front() + 1) - v.size();
    run_start = seen.size();
  }

  void sequence(const wire::RtpPacket& p) {
    if (!started) {
      started = true;
      highest = p.sequence;
    }
    const auto delta = static_cast<std::int16_t>(
        static_cast<std::uint16_t>(p.sequence - static_cast<std::uint16_t>(highest)));
    std::int64_t extended = highest + delta;
    if (delta > restart_gap || delta < -restart_gap) {
      close_run();
      // Keep the low 16 bits, go on above everything seen so far.
      extended = (highest / 65536 + 1) * 65536 + p.sequence;
      highest = extended;
    }
    highest = std::max(highest, extended);
    seen.push_back({extended, p.timestamp, hash_of(p.payload)});
  }

  void trace_packet(const wire::RtpPacket& p, Instant at) {
    if (seen.size() == 1) trace.first_number = p.sequence;
    trace.last_number = static_cast<std::uint16_t>(highest);
    const std::int64_t second = at.time_since_epoch() / std::chrono::seconds{1};
    if (trace.seconds.empty() || trace.seconds.back().first != second) trace.seconds.emplace_back(second, 0);
    ++trace.seconds.back().second;
  }

  // Of `seen`, by number: numbers that came with different payloads. (Empty ones keep a path open.)
  std::size_t contradictions() const {
    const std::uint32_t empty = hash_of({});
    std::size_t n = 0;
    for (std::size_t i = 1; i < seen.size(); ++i)
      n += seen[i].sequence == seen[i - 1].sequence && seen[i].hash != seen[i - 1].hash &&
           seen[i].hash != empty && seen[i - 1].hash != empty;
    return n;
  }

  // The codec that carried most packets; comfort noise or digits only where there is nothing else.
  void choose_codec() {
    std::uint64_t best = 0;
    for (std::size_t i = 0; i < s.formats.size(); ++i) {
      const MediaStream::Format& f = s.formats[i];
      if (f.codec == "TELEPHONE-EVENT") {
        s.event_payload_type = f.payload_type;
        continue;
      }
      const std::uint64_t n = by_type[f.payload_type];
      // Comfort noise names the stream only when there is nothing else.
      const std::uint64_t weight = is_audio_codec(f.codec) ? n + (std::uint64_t{1} << 40) : n;
      if (weight <= best) continue;
      best = weight;
      s.payload_type = f.payload_type;
      s.codec = f.codec;
      s.clock_rate = f.clock_rate;
      s.channels = f.channels;
      s.fmtp = f.fmtp;
    }
    if (s.payload_type < 0 && s.codec != "T38") {
      const auto top = std::max_element(by_type.begin(), by_type.end());
      if (s.event_payload_type < 0) s.payload_type = static_cast<int>(top - by_type.begin());
      if (s.event_payload_type >= 0) s.codec = "TELEPHONE-EVENT";
    }
  }

  // Same SSRC and direction on another 5-tuple, the same payload under the same sequence number and
  // timestamp.
  bool is_copy_of(const Building& b) const {
    if (s.ssrc != b.s.ssrc || s.codec != b.s.codec || (s.src == b.s.src && s.dst == b.s.dst)) return false;
    if (s.direction != b.s.direction && s.direction != Direction::unknown &&
        b.s.direction != Direction::unknown)
      return false;
    std::size_t compared = 0, equal = 0;
    for (std::size_t i = 0, j = 0; i < seen.size() && j < b.seen.size() && compared < samples_max;) {
      const auto x = seen[i].sequence & 0xffff, y = b.seen[j].sequence & 0xffff;
      if (x != y) {
        (static_cast<std::int16_t>(static_cast<std::uint16_t>(x - y)) < 0 ? i : j)++;
        continue;
      }
      ++compared;
      equal += seen[i].hash == b.seen[j].hash && seen[i].timestamp == b.seen[j].timestamp;
      ++i, ++j;
    }
    const std::size_t least = std::min({samples_min, seen.size(), b.seen.size()});
    return compared >= least && compared > 0 && equal * 10 >= compared * 9;
  }
};

StreamBuilder::Building& StreamBuilder::stream(const Key& k, Instant at) {
  std::shared_ptr<Building>& b = streams_[k];
  if (!b) {
    b = std::make_shared<Building>();
    b->s.ssrc = k.ssrc;
    b->s.src = k.src;
    b->s.dst = k.dst;
    b->s.first = at;
    b->s.codec = "unknown";
  }
  return *b;
}

void StreamBuilder::note_format(Building& b, std::uint8_t pt, Instant at,
                                std::vector<std::string>* anomalies) {
  const wire::RtpMap* f = sdp_.format(pt, b.s.src, b.s.dst, at);
  if (f == nullptr) return;
  const int known = b.format_of[pt];
  if (known > 0 && same_format(b.s.formats[static_cast<std::size_t>(known - 1)], *f)) return;
  if (known > 0)
    anomalies->push_back("payload type " + std::to_string(pt) + " of SSRC " + std::to_string(b.s.ssrc) +
                         " changes its meaning during the stream");
  b.s.formats.push_back({pt, f->codec, f->clock_rate, f->channels, f->fmtp, known > 0 ? at : Instant{}});
  b.format_of[pt] = static_cast<int>(b.s.formats.size());
}

void StreamBuilder::rtp(std::size_t index, const PacketTag& tag, Instant at, const wire::UdpPacket& udp) {
  if (fax(index, tag, at, udp)) return;
  const auto p = wire::parse_rtp(udp.payload);
  if (!p) {
    ++other_packets_;
    note_zrtp(udp);
    return;
  }
  Building& b = stream(Key{udp.src, udp.dst, p->ssrc}, at);
  ++b.s.packets;
  b.s.last = std::max(b.s.last, at);
  b.s.packet_index.push_back(index);
  ++b.votes[static_cast<std::size_t>(tag.direction)];
  const auto pt = static_cast<std::uint8_t>(p->payload_type & 127);
  ++b.by_type[pt];
  note_line(b, pt, at);
  b.zrtp = b.zrtp || (!zrtp_confirmed_.empty() && zrtp_agreed(udp));
  const bool secret = b.zrtp || b.secret[pt];
  if (secret) b.last_secret = at;
  b.plain.push_back(!secret);
  b.sequence(*p);
  b.trace_packet(*p, at);
}

// What the lines in force say of a payload type; asked again when they change.
void StreamBuilder::note_line(Building& b, std::uint8_t pt, Instant at) {
  if (at >= b.lines_until) {
    b.noted.reset();
    b.lines_until = sdp_.next_change(at);
  }
  if (b.noted[pt]) return;
  b.noted.set(pt);
  note_format(b, pt, at, &notes_);
  b.secret[pt] = is_encrypted(sdp_.in_force(b.s.dst, at, pt), sdp_.in_force(b.s.src, at, pt));
}

// What an image m= line announced, of either end.
const wire::SdpMedia* StreamBuilder::image_at(const wire::UdpPacket& udp, Instant at) const {
  for (const wire::Endpoint& e : {udp.dst, udp.src})
    if (const wire::SdpMedia* m = sdp_.in_force(e, at); m != nullptr && m->kind == "image") return m;
  return nullptr;
}

// T.38 over UDPTL has no SSRC: one stream for each direction of an image m= line. False when this is none:
// the last audio before the switch may still come to the same port.
bool StreamBuilder::fax(std::size_t index, const PacketTag& tag, Instant at, const wire::UdpPacket& udp) {
  const wire::SdpMedia* m = image_at(udp, at);
  if (m == nullptr) return false;
  const auto p = wire::parse_udptl(udp.payload);
  // RTP begins like a UDPTL datagram of a high number; then its lengths do not fit.
  if (wire::parse_rtp(udp.payload) && (!p || !p->exact)) return false;
  Building& b = stream(Key{udp.src, udp.dst, 0}, at);
  b.s.kind = "fax";
  b.s.codec = "T38";
  b.s.fmtp = "version=" + std::to_string(m->t38_version);
  ++b.s.packets;
  b.s.last = std::max(b.s.last, at);
  b.s.packet_index.push_back(index);
  ++b.votes[static_cast<std::size_t>(tag.direction)];
  if (p) {
    wire::RtpPacket as_rtp;
    as_rtp.sequence = p->sequence;
    as_rtp.payload = udp.payload;
    b.sequence(as_rtp);
  }
  return true;
}

// Anything that is no RTP and no fax is counted.
void StreamBuilder::other(std::size_t index, const PacketTag& tag, Instant at, const wire::UdpPacket& udp) {
  if (fax(index, tag, at, udp)) return;
  ++other_packets_;
  note_zrtp(udp);
}

// RFC 6189 5.1: twelve bytes of header, the message's preamble and length, then its type. From Confirm1 and
// Confirm2 on both sides send SRTP, without a word in SDP.
void StreamBuilder::note_zrtp(const wire::UdpPacket& udp) {
  constexpr std::size_t type_at = 16, type_size = 8;
  const View p = udp.payload;
  if (p.size() < type_at + type_size || p[0] >> 4 != 1 || load_be32(p.data() + 4) != 0x5a525450) return;
  const std::string_view type = text_of(p.subspan(type_at, type_size));
  if (type == "Confirm1" || type == "Confirm2") zrtp_confirmed_.emplace(udp.src, udp.dst);
}

// One side alone cannot make a recording fall silent: both must have confirmed, and what came before is
// plain.
bool StreamBuilder::zrtp_agreed(const wire::UdpPacket& udp) const {
  return zrtp_confirmed_.contains({udp.src, udp.dst}) && zrtp_confirmed_.contains({udp.dst, udp.src});
}

void StreamBuilder::name_secrecy(Building& b) const {
  MediaStream& s = b.s;
  if (b.plain.empty()) {  // fax, without types
    b.last_secret = s.last;
    s.encrypted = is_encrypted(sdp_.in_force(s.dst, s.last), sdp_.in_force(s.src, s.last));
  } else {
    s.encrypted = std::ranges::find(b.plain, false) != b.plain.end();
  }
  if (!s.encrypted) return;
  if (std::ranges::find(b.plain, true) != b.plain.end()) s.plain = b.plain;
  s.why = b.zrtp ? "captured, not decodable: encrypted, keys agreed by ZRTP and unknown"
                 : why_closed(sdp_.in_force(s.dst, b.last_secret, s.payload_type),
                              sdp_.in_force(s.src, b.last_secret, s.payload_type));
}

namespace {

void name_kind(MediaStream& s, const SdpTimeline& sdp) {
  const wire::SdpMedia* to = sdp.in_force(s.dst, s.last, s.payload_type);
  const wire::SdpMedia* from = sdp.in_force(s.src, s.last, s.payload_type);
  // An answer may send all lines of a BUNDLE to one port of an offer that had a port for each: the kind is
  // that of the line whose codec it is.
  const wire::SdpMedia* m = sdp.line_of(s.payload_type, s.src, s.dst, s.last);
  if (m == nullptr) m = to != nullptr ? to : from;
  if (m != nullptr)
    s.kind = m->kind == "audio" || m->kind == "video" ? m->kind : m->kind == "image" ? "fax" : "other";
  // An RTP stream on a port that was announced for fax is the audio before the switch.
  if (s.kind == "fax" && s.codec != "T38" && s.codec != "unknown") s.kind = "audio";
}

}  // namespace

// Of what is authenticated, the genuine one is heard.
void StreamBuilder::note_contradictions(const Building& b) {
  constexpr std::size_t said_from = 3;
  if (b.s.encrypted || b.s.codec == "T38") return;
  if (const std::size_t n = b.contradictions(); n >= said_from)
    notes_.push_back(std::to_string(n) + " packets of SSRC " + std::to_string(b.s.ssrc) + " from " +
                     b.s.src.text() +
                     " came again with another payload: one may be injected; what came first is heard");
}

std::vector<MediaStream> StreamBuilder::finish(std::vector<std::string>& anomalies) {
  std::vector<std::shared_ptr<Building>> all;
  for (auto& [key, b] : streams_) {
    b->close_run();
    b->choose_codec();
    b->s.direction = b->votes[1] == 0 && b->votes[2] == 0 ? Direction::unknown
                     : b->votes[1] >= b->votes[2]         ? Direction::from_target
                                                          : Direction::to_target;
    name_kind(b->s, sdp_);
    name_secrecy(*b);
    std::sort(b->seen.begin(), b->seen.end(),
              [](const Building::Seen& x, const Building::Seen& y) { return x.sequence < y.sequence; });
    note_contradictions(*b);
    all.push_back(b);
  }
  order_stably(all, [](const std::shared_ptr<Building>& b) { return b->s.first; });
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      if (i == j || all[j]->s.copy_of) continue;
      const bool better =
          all[j]->s.packets > all[i]->s.packets || (all[j]->s.packets == all[i]->s.packets && j < i);
      if (!better || !all[i]->is_copy_of(*all[j])) continue;
      all[i]->s.copy_of = j;
    }
  }
  // A copy of a copy names the one that is mixed.
  std::vector<MediaStream> out;
  std::vector<StreamTrace> traces;
  for (const auto& b : all) {
    while (b->s.copy_of && all[*b->s.copy_of]->s.copy_of) b->s.copy_of = all[*b->s.copy_of]->s.copy_of;
    rtcp_.tell(b->s);
    b->trace.announced = sdp_.in_force(b->s.src, b->s.last) != nullptr;
    traces.push_back(std::move(b->trace));
    out.push_back(b->s);
  }
  mark_foreign(out, traces);
  say_two_at_once(out, traces, notes_);
  mark_hops(out, sdp_);
  std::sort(notes_.begin(), notes_.end());
  notes_.erase(std::unique(notes_.begin(), notes_.end()), notes_.end());
  anomalies.insert(anomalies.end(), notes_.begin(), notes_.end());
  return out;
}

}  // namespace writ::intercept
