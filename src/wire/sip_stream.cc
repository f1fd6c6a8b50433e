// SPDX-License-Identifier: GPL-3.0-or-later
// SIP out of TCP
// ==============
// Problem. A mirrored port shows TCP as it is: segments out of order, twice, overlapping, cut by a snap
// length, some never; connections that were up long before the capture began. A receiver waits for what is
// missing; we cannot ask for it, and a call must not be lost because one byte of its neighbour's message is.
//
// Approach. A stream (one direction of a connection) is a map of pieces that are not used up yet, by
// position, and the ranges that are. What arrived first wins. A piece may begin a message when it follows a
// used range, or when a segment's own first bytes are a SIP start line or a WebSocket frame with one inside:
// so streams are joined in the middle, and a hole holds up only the message that lies across it. Messages end
// where Content-Length says (RFC 3261 18.3); line ends between them are keep-alives. Where a message should
// begin and none does, the next line that can be a start line is looked for. A SYN ends nothing while
// something waits: it comes twice, late or forged, and only its data tell that the ports are used again.
//
// What is kept: nothing of a connection that never looked like SIP. Port 5060 alone makes segments wait,
// since their start may come late. Bounds: streams_max streams, stream_bytes_max and pieces_max in one,
// age_max for a piece; what is given up is counted.
//
// Cost: a segment that holds whole messages is copied once for the message and once for the frame. One that
// only adds to a message waits without being looked at until the length that the headers promise is there, so
// that tiny segments cost no square of their number; and a segment is held against the pieces that it joins
// only, however many wait.
#include "wire/sip_stream.hh"

#include <algorithm>
#include <cstring>
#include <list>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/keyed_hash.hh"
#include "wire/sip.hh"
#include "wire/sip_names.hh"
#include "wire/text.hh"
#include "wire/websocket.hh"

namespace writ::wire {
namespace {

constexpr std::size_t stream_bytes_max = 256u << 10, message_bytes_max = 256u << 10,
                      headers_bytes_max = 64u << 10, start_line_max = 1024, used_max = 64, pieces_max = 512;
constexpr std::int32_t near_bytes = 1 << 20;     // of a sequence number to what was seen of a connection
constexpr std::chrono::seconds reuse_s_min{10};  // before a number that is near may be another connection's
constexpr std::uint16_t sip_port = 5060;
constexpr std::uint8_t flag_syn = 2;

struct FlowKey {
  Endpoint src, dst;
  bool operator==(const FlowKey&) const = default;
};
struct FlowHash {
  std::size_t operator()(const FlowKey& k) const {
    return KeyedHash{}
        .bytes16(k.src.ip.b.data())
        .bytes16(k.dst.ip.b.data())
        .words(k.src.port, k.dst.port)
        .value();
  }
};

// One segment as it came.
struct Segment {
  TcpSegment tcp;
  Bytes frame;  // empty when the segment was put together from fragments
  Bytes payload;
  RawPacket raw;  // its bytes are `frame`
  std::size_t network_at = 0;
  bool bare = false;
};

struct Piece {  // bytes [offset, offset + length) of a segment's payload
  std::shared_ptr<const Segment> of;
  std::size_t offset = 0, length = 0;
  bool begins = false, searched = false;  // a message begins here; looked for one inside
  std::optional<bool> own_start{};        // whether is_start() says so of its bytes, once asked
  View bytes() const { return View(of->payload).subspan(offset, length); }
};

struct SequenceRange {
  std::uint64_t begin, end;
};

struct Stream {
  std::list<FlowKey>::iterator place;
  std::uint64_t reference = std::uint64_t{1} << 32;  // position of `reference_seq`
  std::uint32_t reference_seq = 0;
  std::map<std::uint64_t, Piece> pieces;  // disjoint
  std::vector<SequenceRange> used;        // sorted, disjoint, not touching
  std::size_t bytes = 0;
  Instant oldest = Instant::max();            // of the pieces, at the earliest
  Instant last{};                             // segment
  std::optional<std::uint32_t> begins_anew;   // where the data of another connection with these ports begin
  std::uint64_t wait_at = 0, wait_until = 0;  // the message that begins at the one is whole at the other
  bool sip = false, overlapped = false;

  std::uint64_t position(std::uint32_t seq) {
    const std::uint64_t p =
        reference +
        static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(seq - reference_seq)));
    if (p > reference) {
      reference = p;
      reference_seq = seq;
    }
    return p;
  }
  // A SYN is also sent twice, arrives behind the first data, or is forged.
  bool is_of_this(const Decoded& syn, Instant at) const {
    const auto away = static_cast<std::int32_t>(syn.tcp.seq - reference_seq);
    return at - last < reuse_s_min && away > -near_bytes && away < near_bytes;
  }
  bool follows_used(std::uint64_t p) const {
    return std::any_of(used.begin(), used.end(), [p](const SequenceRange& r) { return r.end == p; });
  }
};

bool is_tls(View v) { return v.size() >= 3 && v[0] >= 0x14 && v[0] <= 0x17 && v[1] == 3 && v[2] <= 4; }

// Where nothing tells that a message begins, only a method by name or a status line does: a segment may begin
// within the word.
bool is_start(View v) {
  if (looks_like_websocket_sip(v)) return true;
  if (!looks_like_sip(v)) return false;
  const std::string_view s = trim(text_of(v));
  const Method m = method_of(s.substr(0, s.find_first_of(" \t")));
  return starts_ci(s, "SIP/") || (m != Method::none && m != Method::other);
}

// How many there are at the front. Between messages they are keep-alives; but behind a hole they may be the
// end of the message before.
std::size_t line_ends(View v) {
  std::size_t n = 0;
  while (n < v.size() && (v[n] == '\r' || v[n] == '\n')) ++n;
  return n;
}

// Behind a hole, or where a connection was joined, a message may begin in the middle of a segment: at a line
// that can be nothing but a start line, since a line of a header that we know follows it.
std::size_t hidden_start(View v) {
  const std::string_view s = text_of(v);
  for (std::size_t n = s.find('\n'); n != s.npos; n = s.find('\n', n + 1)) {
    const View rest = v.subspan(n + 1);
    if (line_ends(rest) != 0 || !looks_like_sip(rest) || !is_start(rest)) continue;
    const std::size_t line = s.find('\n', n + 1);
    const std::size_t colon = line == s.npos ? s.npos : s.find(':', line);
    if (colon != s.npos && header_of(trim(s.substr(line + 1, colon - line - 1))) != Header::other)
      return n + 1;
  }
  return 0;
}

// Where the headers of the message at the front end, behind the empty line; 0: not there yet.
std::size_t headers_end(std::string_view s) {
  std::size_t at = 0;
  while (at < s.size() && is_space(s[at])) ++at;
  while (at < s.size()) {
    const std::size_t n = s.find('\n', at);
    if (n == s.npos) return 0;
    const std::string_view line = s.substr(at, n - at);
    at = n + 1;
    if (line.empty() || line == "\r") return at;
  }
  return 0;
}

enum class Found { message, incomplete, none };

// A SIP message at the front of `v`: its length, as far as the headers tell it already.
Found sip_message(View v, std::size_t& length) {
  if (!looks_like_sip(v)) {
    // A start line that has only begun cannot be told yet.
    const std::string_view s = text_of(v);
    const bool begun = s.size() < start_line_max && s.find('\n') == s.npos && (is_alpha(s[0]) || s[0] == 'S');
    return begun ? Found::incomplete : Found::none;
  }
  const std::size_t headers = headers_end(text_of(v));
  if (headers == 0) return v.size() < headers_bytes_max ? Found::incomplete : Found::none;
  SipMessage m;
  if (!parse_sip(v.first(headers), m)) return Found::none;
  std::string_view text = m.first(Header::content_length);
  std::uint64_t body = 0;
  if (!take_number(text, message_bytes_max, body) || !trim(text).empty()) body = 0;
  if (body > message_bytes_max) return Found::none;
  length = headers + static_cast<std::size_t>(body);
  return length <= v.size() ? Found::message : Found::incomplete;
}

// A message in WebSocket data frames, control frames between them passed over.
Found websocket_message(View v, std::size_t& length, Bytes& message) {
  message.clear();
  length = 0;
  WebSocketFrame f;
  for (bool begun = false;;) {
    switch (read_websocket(v.subspan(length), f)) {
      case WebSocketRead::incomplete:
        return Found::incomplete;
      case WebSocketRead::not_a_frame:
        return Found::none;
      case WebSocketRead::frame:
        break;
    }
    if (!f.is_control() && begun != (f.opcode == 0)) return Found::none;
    length += f.length;
    if (!f.is_control()) {
      begun = true;
      put_bytes(message, f.payload);
      if (message.size() > message_bytes_max) return Found::none;
    }
    if (f.final && (f.is_control() ? !begun : true)) return Found::message;
  }
}

// From a place where no message begins to the next line that can begin one; all of it when there is none.
std::size_t junk_length(View v) {
  const std::string_view s = text_of(v);
  for (std::size_t n = s.find('\n'); n != s.npos; n = s.find('\n', n + 1))
    if (looks_like_sip(v.subspan(n + 1))) return n + 1;
  return v.size();
}

}  // namespace

struct SipStreams::Impl {
  std::size_t streams_max;
  Nanos age_max;
  using Streams = std::unordered_map<FlowKey, Stream, FlowHash>;
  Streams streams{};
  std::list<FlowKey> order{};  // least recently used first
  std::uint64_t dropped = 0;

  Stream* stream_of(const Decoded& d, Instant at);
  bool is_over(Stream& s, const Decoded& d, Instant at);
  SequenceRange keep(Stream& s, const Decoded& d, const RawPacket& frame);
  void keep_part(Stream& s, const std::shared_ptr<const Segment>& segment, std::uint64_t origin,
                 SequenceRange part);
  void read(const FlowKey& k, Stream& s, SequenceRange fresh, std::vector<SipOverStream>& out);
  std::size_t read_run(const FlowKey& k, Stream& s, std::uint64_t at, View run,
                       std::vector<SipOverStream>& out);
  void emit(const FlowKey& k, Stream& s, SequenceRange r, Bytes message, bool cut,
            std::vector<SipOverStream>& out);
  void use_up(Stream& s, SequenceRange r);
  void expire(const FlowKey& k, Stream& s, Instant before, std::vector<SipOverStream>& out);
  void forget(Streams::iterator it);
};

namespace {

// The first piece that ends behind `p`.
template <class Pieces>
auto piece_at(Pieces& pieces, std::uint64_t p) {
  auto it = pieces.upper_bound(p);
  if (it == pieces.begin()) return it;
  const auto before = std::prev(it);
  return before->first + before->second.length > p ? before : it;
}

// The first piece of those that join the one at or behind `p`.
std::map<std::uint64_t, Piece>::iterator run_begin(std::map<std::uint64_t, Piece>& pieces, std::uint64_t p) {
  auto it = piece_at(pieces, p);
  for (std::uint64_t at = it != pieces.end() ? std::min(it->first, p) : p; it != pieces.begin();
       at = it->first) {
    const auto before = std::prev(it);
    if (before->first + before->second.length != at) break;
    it = before;
  }
  return it;
}

std::uint64_t run_end(const std::map<std::uint64_t, Piece>& pieces,
                      std::map<std::uint64_t, Piece>::const_iterator it) {
  std::uint64_t next = it->first;
  for (; it != pieces.end() && it->first == next; ++it) next += it->second.length;
  return next;
}

// The pieces from `it` on that join, as one text.
Bytes run_from(const std::map<std::uint64_t, Piece>& pieces,
               std::map<std::uint64_t, Piece>::const_iterator it) {
  Bytes run;
  for (std::uint64_t next = it->first; it != pieces.end() && it->first == next; ++it) {
    put_bytes(run, it->second.bytes());
    next += it->second.length;
  }
  return run;
}

std::shared_ptr<Segment> segment_of(const Decoded& d, const RawPacket& frame) {
  auto s = std::make_shared<Segment>();
  s->tcp = d.tcp;
  s->payload.assign(d.tcp.payload.begin(), d.tcp.payload.end());
  const std::uint8_t* begin = frame.bytes.data();
  const std::uint8_t* end = begin + frame.bytes.size();
  if (d.network.data() >= begin && d.network.data() < end) {
    s->frame.assign(begin, end);
    s->network_at = static_cast<std::size_t>(d.network.data() - begin);
    s->bare = d.tunnels == 0;
  }
  s->tcp.payload = s->payload;
  s->raw = {frame.at, frame.link_type, s->frame, frame.wire_length};
  return s;
}

}  // namespace

// Does this segment begin another connection with the same ports? While something waits to be whole, a SYN
// alone does not say so: its data must come.
bool SipStreams::Impl::is_over(Stream& s, const Decoded& d, Instant at) {
  if ((d.tcp.flags & flag_syn) == 0) return s.begins_anew == d.tcp.seq && !d.tcp.payload.empty();
  if (s.is_of_this(d, at)) return false;
  s.begins_anew = d.tcp.seq + 1;
  return s.pieces.empty() || !d.tcp.payload.empty();
}

Stream* SipStreams::Impl::stream_of(const Decoded& d, Instant at) {
  const FlowKey k{d.tcp.src, d.tcp.dst};
  const auto it = streams.find(k);
  bool anew = false;
  if (it != streams.end()) {
    Stream& s = it->second;
    if (!is_over(s, d, at)) {
      order.splice(order.end(), order, s.place);
      s.last = at;
      return &s;
    }
    anew = true;
    forget(it);
  }
  const View v = d.tcp.payload;
  const bool on_port = k.src.port == sip_port || k.dst.port == sip_port,
             begins = anew || (d.tcp.flags & flag_syn) != 0;
  if (on_port ? (v.empty() && !begins) || is_tls(v) : v.empty() || !is_start(v)) return nullptr;
  if (streams.size() >= streams_max) forget(streams.find(order.front()));
  Stream& s = streams[k];
  s.place = order.insert(order.end(), k);
  s.last = at;
  s.reference_seq = d.tcp.seq;
  // So it is known where the first message begins.
  if ((d.tcp.flags & flag_syn) != 0)
    s.used = {{s.reference, s.reference + 1}};
  else if (begins)
    s.used = {{s.reference - 1, s.reference}};
  return &s;
}

void SipStreams::Impl::forget(Streams::iterator it) {
  const auto& pieces = it->second.pieces;
  dropped += it->second.sip ? !pieces.empty() : std::any_of(pieces.begin(), pieces.end(), [](const auto& p) {
    return looks_like_sip(p.second.bytes());
  });
  order.erase(it->second.place);
  streams.erase(it);
}

// Where the segment lies in its stream.
SequenceRange SipStreams::Impl::keep(Stream& s, const Decoded& d, const RawPacket& frame) {
  const std::uint64_t at = s.position(d.tcp.seq) + ((d.tcp.flags & flag_syn) != 0 ? 1 : 0);
  const auto segment = segment_of(d, frame);
  const std::uint64_t end = at + segment->payload.size();
  std::vector<SequenceRange> there;
  for (const SequenceRange& r : s.used)
    if (r.end > at && r.begin < end) there.push_back(r);
  for (auto it = piece_at(s.pieces, at); it != s.pieces.end() && it->first < end; ++it) {
    const Piece& piece = it->second;
    const std::uint64_t from = std::max(it->first, at), to = std::min(it->first + piece.length, end);
    there.push_back({it->first, it->first + piece.length});
    if (std::memcmp(piece.bytes().data() + (from - it->first), segment->payload.data() + (from - at),
                    to - from) != 0)
      s.overlapped = true;
  }
  std::sort(there.begin(), there.end(),
            [](const SequenceRange& a, const SequenceRange& b) { return a.begin < b.begin; });
  std::uint64_t from = at;
  for (const SequenceRange& r : there) {
    if (r.end <= from) continue;
    if (r.begin > from) keep_part(s, segment, at, {from, r.begin});
    from = std::max(from, r.end);
  }
  if (from < end) keep_part(s, segment, at, {from, end});
  return {at, end};
}

void SipStreams::Impl::keep_part(Stream& s, const std::shared_ptr<const Segment>& segment,
                                 std::uint64_t origin, SequenceRange part) {
  s.pieces[part.begin] = {segment, static_cast<std::size_t>(part.begin - origin),
                          static_cast<std::size_t>(part.end - part.begin)};
  s.bytes += part.end - part.begin;
  s.oldest = std::min(s.oldest, segment->raw.at);
}

void SipStreams::Impl::use_up(Stream& s, SequenceRange r) {
  for (auto it = piece_at(s.pieces, r.begin); it != s.pieces.end() && it->first < r.end;) {
    const std::uint64_t begin = it->first, end = begin + it->second.length;
    Piece rest = it->second;
    rest.own_start.reset();
    s.bytes -= rest.length;
    if (begin < r.begin) {  // what stands before stays
      Piece front = rest;
      front.length = static_cast<std::size_t>(r.begin - begin);
      s.bytes += front.length;
      it->second = front;
      ++it;
    } else {
      it = s.pieces.erase(it);
    }
    if (end > r.end) {
      rest.offset += static_cast<std::size_t>(r.end - begin);
      rest.length = static_cast<std::size_t>(end - r.end);
      rest.begins = false;
      s.bytes += rest.length;
      s.pieces[r.end] = std::move(rest);
      break;
    }
  }
  std::vector<SequenceRange> merged;
  for (const SequenceRange& u : s.used) {
    if (u.end < r.begin || u.begin > r.end)
      merged.push_back(u);
    else
      r = {std::min(u.begin, r.begin), std::max(u.end, r.end)};
  }
  merged.push_back(r);
  std::sort(merged.begin(), merged.end(),
            [](const SequenceRange& a, const SequenceRange& b) { return a.begin < b.begin; });
  if (merged.size() > used_max) {  // what is missing between the oldest two will not come any more
    merged[1].begin = merged[0].begin;
    merged.erase(merged.begin());
  }
  s.used = std::move(merged);
}

void SipStreams::Impl::emit(const FlowKey& k, Stream& s, SequenceRange r, Bytes message, bool cut,
                            std::vector<SipOverStream>& out) {
  SipOverStream& m = out.emplace_back();
  m.src = k.src;
  m.dst = k.dst;
  m.message = std::move(message);
  m.cut = cut;
  m.overlapped = std::exchange(s.overlapped, false);
  m.at = Instant::min();
  for (auto it = piece_at(s.pieces, r.begin); it != s.pieces.end() && it->first < r.end; ++it) {
    const auto& [p, piece] = *it;
    const std::uint64_t from = std::max(p, r.begin), to = std::min(p + piece.length, r.end);
    const Segment& g = *piece.of;
    const std::size_t skipped = piece.offset + static_cast<std::size_t>(from - p);
    const auto length = static_cast<std::size_t>(to - from);
    m.at = std::max(m.at, g.raw.at);
    Bytes& bytes = m.storage.emplace_back();
    if (skipped == 0 && length == g.payload.size() && !g.frame.empty()) {
      bytes = g.frame;
      m.frames.push_back({g.raw.at, g.raw.link_type, bytes, g.raw.wire_length});
    } else {
      const View network = g.frame.empty() ? View{} : View(g.frame).subspan(g.network_at);
      m.frames.push_back(cut_segment(g.tcp, g.raw, network, g.bare, skipped,
                                     View(g.payload).subspan(skipped, length), bytes));
    }
  }
}

// How much of the run is used up.
std::size_t SipStreams::Impl::read_run(const FlowKey& k, Stream& s, std::uint64_t at, View run,
                                       std::vector<SipOverStream>& out) {
  std::size_t n = 0;
  while (n < run.size()) {
    if (run[n] == '\r' || run[n] == '\n') {
      ++n;
      continue;
    }
    const View rest = run.subspan(n);
    std::size_t length = 0;
    Bytes unmasked;
    Found found = sip_message(rest, length);
    bool is_websocket = false;
    if (found == Found::none) {
      found = websocket_message(rest, length, unmasked);
      is_websocket = found == Found::message;
    }
    if (found == Found::incomplete) {
      s.wait_at = at + n;
      s.wait_until = at + n + std::max(length, rest.size() + 1);
      break;
    }
    if (found == Found::none) {
      n += junk_length(rest);
      continue;
    }
    if (is_websocket && !looks_like_sip(unmasked)) {  // ping, close, something else in a frame
      n += length;
      continue;
    }
    s.sip = true;
    Bytes message = is_websocket ? std::move(unmasked)
                                 : Bytes(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length));
    emit(k, s, {at + n, at + n + length}, std::move(message), false, out);
    n += length;
  }
  return n;
}

// What is new can only have made whole what it joins.
void SipStreams::Impl::read(const FlowKey& k, Stream& s, SequenceRange fresh,
                            std::vector<SipOverStream>& out) {
  for (auto it = run_begin(s.pieces, fresh.begin); it != s.pieces.end() && it->first < fresh.end;) {
    const std::uint64_t at = it->first;
    Piece& piece = it->second;
    if (!piece.own_start) piece.own_start = piece.offset == 0 && is_start(piece.bytes());
    const bool own_start = *piece.own_start;
    const std::size_t lead = own_start ? line_ends(piece.bytes()) : 0;
    if (!s.follows_used(at) && !piece.begins && (!own_start || lead != 0)) {
      const std::size_t inside = lead != 0 ? lead : piece.searched ? 0 : hidden_start(piece.bytes());
      piece.searched = true;
      if (inside != 0) {
        Piece message = piece;
        message.offset += inside;
        message.length -= inside;
        message.begins = true;
        message.own_start.reset();
        piece.length = inside;
        piece.own_start.reset();
        s.pieces[at + inside] = std::move(message);
      }
      ++it;
      continue;
    }
    if (const std::uint64_t end = run_end(s.pieces, it); at == s.wait_at && end < s.wait_until) {
      it = s.pieces.lower_bound(end);
      continue;
    }
    const Bytes run = run_from(s.pieces, it);
    const std::size_t n = read_run(k, s, at, run, out);
    if (n > 0) use_up(s, {at, at + n});
    it = s.pieces.lower_bound(at + run.size());
  }
  if (s.pieces.empty()) s.oldest = Instant::max();
}

// A message of which the headers are whole is worth having without its end; the rest is a loss, when it was
// SIP at all.
void SipStreams::Impl::expire(const FlowKey& k, Stream& s, Instant before, std::vector<SipOverStream>& out) {
  for (auto it = s.pieces.begin(); it != s.pieces.end();) {
    if (it->second.of->raw.at > before) {
      ++it;
      continue;
    }
    const std::uint64_t at = it->first;
    const Bytes run = run_from(s.pieces, it);
    const std::uint64_t end = at + run.size();
    // What is whole comes out whole, each message by itself; what is left is one that has no end.
    const std::size_t junk = looks_like_sip(run) ? 0 : junk_length(run);
    const std::size_t n =
        junk + (junk < run.size() ? read_run(k, s, at + junk, View(run).subspan(junk), out) : 0);
    if (line_ends(View(run).first(junk)) < junk && s.sip) ++dropped;
    const View rest = View(run).subspan(n);
    const bool begins = looks_like_sip(rest);
    if (begins && headers_end(text_of(rest)) != 0)
      emit(k, s, {at + n, end}, Bytes(rest.begin(), rest.end()), true, out);
    if (!rest.empty() && (begins || s.sip)) ++dropped;
    use_up(s, {at, end});
    it = s.pieces.lower_bound(end);
  }
  s.oldest = Instant::max();
  for (const auto& [p, piece] : s.pieces) s.oldest = std::min(s.oldest, piece.of->raw.at);
}

SipStreams::SipStreams(std::size_t streams_max, Nanos age_max)
    : i_(std::make_unique<Impl>(Impl{std::max<std::size_t>(streams_max, 1), age_max})) {}
SipStreams::~SipStreams() = default;
SipStreams::SipStreams(SipStreams&&) noexcept = default;

void SipStreams::add(const Decoded& d, const RawPacket& frame, std::vector<SipOverStream>& out) {
  Stream* s = i_->stream_of(d, frame.at);
  if (s == nullptr || d.tcp.payload.empty()) return;
  const FlowKey k{d.tcp.src, d.tcp.dst};
  const SequenceRange fresh = i_->keep(*s, d, frame);
  i_->read(k, *s, fresh, out);
  if (s->bytes > stream_bytes_max || s->pieces.size() > pieces_max) i_->expire(k, *s, Instant::max(), out);
}

void SipStreams::expire(Instant now, std::vector<SipOverStream>& out) {
  const Instant before = now == Instant::max() ? now : now - i_->age_max;
  for (const FlowKey& k : i_->order) {
    Stream& s = i_->streams.find(k)->second;
    if (s.oldest <= before) i_->expire(k, s, before, out);
  }
}

std::uint64_t SipStreams::dropped() const { return i_->dropped; }

}  // namespace writ::wire
