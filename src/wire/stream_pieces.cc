// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream_pieces.hh"

#include <cstring>

#include "wire/made_frame.hh"

namespace writ::wire {
namespace {

constexpr std::size_t used_max = 64, doubtful_max = 4;
constexpr std::int32_t near_bytes = 1 << 20;     // of a sequence number to what was seen of a connection
constexpr std::chrono::seconds reuse_s_min{10};  // before a number that is near may be another connection's
constexpr std::uint8_t flag_syn = 2;

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

void sort_ranges(std::vector<SequenceRange>& v) {
  std::sort(v.begin(), v.end(),
            [](const SequenceRange& a, const SequenceRange& b) { return a.begin < b.begin; });
}

bool overlap(const SequenceRange& a, const SequenceRange& b) { return a.begin < b.end && b.begin < a.end; }

}  // namespace

bool fits(const Segment& s) {
  return !s.tcp.truncated && !s.frame.empty() && tcp_checksum_fits(s.tcp, s.payload.size(), s.network());
}

std::uint64_t Stream::position(std::uint32_t seq) {
  const std::uint64_t p =
      reference +
      static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(seq - reference_seq)));
  if (p > reference) {
    reference = p;
    reference_seq = seq;
  }
  return p;
}

void Stream::begins_at(std::uint32_t seq) {
  const std::uint64_t p = position(seq);
  if (!follows_used(p)) use_up({p - 1, p});
}

bool Stream::is_of_this(const Decoded& syn, Instant at) const {
  const auto away = static_cast<std::int32_t>(syn.tcp.seq - reference_seq);
  return at - last < reuse_s_min && away > -near_bytes && away < near_bytes;
}

bool Stream::follows_used(std::uint64_t p) const {
  return std::any_of(used.begin(), used.end(), [p](const SequenceRange& r) { return r.end == p; });
}

SequenceRange Stream::keep(const Decoded& d, const RawPacket& frame) {
  const std::uint64_t at = position(d.tcp.seq) + ((d.tcp.flags & flag_syn) != 0 ? 1 : 0);
  const auto segment = segment_of(d, frame);
  const std::uint64_t end = at + segment->payload.size();
  if (!doubtful.empty()) reopen({at, end}, *segment);
  std::vector<SequenceRange> there;
  for (const SequenceRange& r : used)
    if (r.end > at && r.begin < end) there.push_back(r);
  for (auto it = piece_at(pieces, at); it != pieces.end() && it->first < end;) {
    const Piece& piece = it->second;
    const std::uint64_t from = std::max(it->first, at), to = std::min(it->first + piece.length, end);
    if (std::memcmp(piece.bytes().data() + (from - it->first), segment->payload.data() + (from - at),
                    to - from) != 0) {
      overlapped = true;
      if (gives_way(piece, *segment)) {
        bytes -= piece.length;
        it = pieces.erase(it);
        continue;
      }
    }
    there.push_back({it->first, it->first + piece.length});
    ++it;
  }
  sort_ranges(there);
  std::uint64_t from = at;
  for (const SequenceRange& r : there) {
    if (r.end <= from) continue;
    if (r.begin > from) keep_part(segment, at, {from, r.begin});
    from = std::max(from, r.end);
  }
  if (from < end) keep_part(segment, at, {from, end});
  return {at, end};
}

void Stream::keep_part(const std::shared_ptr<const Segment>& segment, std::uint64_t origin,
                       SequenceRange part) {
  Piece p;
  p.of = segment;
  p.offset = static_cast<std::size_t>(part.begin - origin);
  p.length = static_cast<std::size_t>(part.end - part.begin);
  pieces[part.begin] = std::move(p);
  bytes += part.end - part.begin;
  oldest = std::min(oldest, segment->raw.at);
}

// Two readings of the same bytes. The receiver took the one whose checksum fits; where both do, or neither
// (the capture may stand before the card that computes them), the first that came.
bool Stream::gives_way(const Piece& held, const Segment& fresh) const {
  return !fits(*held.of) && fits(fresh);
}

// The same where the one that does not fit was read as a message before the other came.
void Stream::reopen(SequenceRange fresh, const Segment& segment) {
  const auto meets = [&](const SequenceRange& r) { return overlap(r, fresh); };
  if (std::none_of(doubtful.begin(), doubtful.end(), meets) || !fits(segment)) return;
  for (const SequenceRange& r : doubtful) {
    if (!meets(r)) continue;
    std::vector<SequenceRange> left;
    for (const SequenceRange& u : used) {
      if (!overlap(u, r)) {
        left.push_back(u);
        continue;
      }
      if (u.begin < r.begin) left.push_back({u.begin, r.begin});
      if (u.end > r.end) left.push_back({r.end, u.end});
    }
    // So that it is known that a message begins here.
    if (left.empty() ||
        std::none_of(left.begin(), left.end(), [&](const auto& u) { return u.end == r.begin; }))
      left.push_back({r.begin - 1, r.begin});
    sort_ranges(left);
    used = std::move(left);
  }
  std::erase_if(doubtful, meets);
  overlapped = true;
}

void Stream::doubt(SequenceRange r) {
  if (doubtful.size() >= doubtful_max) doubtful.erase(doubtful.begin());
  doubtful.push_back(r);
}

void Stream::set_oldest() {
  oldest = oldest_aged = Instant::max();
  for (const auto& [p, piece] : pieces) {
    Instant& o = piece.aged ? oldest_aged : oldest;
    o = std::min(o, piece.of->raw.at);
  }
}

void Stream::use_up(SequenceRange r) {
  for (auto it = piece_at(pieces, r.begin); it != pieces.end() && it->first < r.end;) {
    const std::uint64_t begin = it->first, end = begin + it->second.length;
    Piece rest = it->second;
    rest.own_start.reset();
    bytes -= rest.length;
    if (begin < r.begin) {  // what stands before stays
      Piece front = rest;
      front.length = static_cast<std::size_t>(r.begin - begin);
      bytes += front.length;
      it->second = front;
      ++it;
    } else {
      it = pieces.erase(it);
    }
    if (end > r.end) {
      rest.offset += static_cast<std::size_t>(r.end - begin);
      rest.length = static_cast<std::size_t>(end - r.end);
      rest.begins = false;
      bytes += rest.length;
      pieces[r.end] = std::move(rest);
      break;
    }
  }
  std::vector<SequenceRange> merged;
  for (const SequenceRange& u : used) {
    if (u.end < r.begin || u.begin > r.end)
      merged.push_back(u);
    else
      r = {std::min(u.begin, r.begin), std::max(u.end, r.end)};
  }
  merged.push_back(r);
  sort_ranges(merged);
  if (merged.size() > used_max) {  // what is missing between the oldest two will not come any more
    merged[1].begin = merged[0].begin;
    merged.erase(merged.begin());
  }
  used = std::move(merged);
}

Pieces::iterator run_begin(Pieces& pieces, std::uint64_t p) {
  auto it = piece_at(pieces, p);
  for (std::uint64_t at = it != pieces.end() ? std::min(it->first, p) : p; it != pieces.begin();
       at = it->first) {
    const auto before = std::prev(it);
    if (before->first + before->second.length != at) break;
    it = before;
  }
  return it;
}

std::uint64_t run_end(const Pieces& pieces, Pieces::const_iterator it) {
  std::uint64_t next = it->first;
  for (; it != pieces.end() && it->first == next; ++it) next += it->second.length;
  return next;
}

Bytes run_from(const Pieces& pieces, Pieces::const_iterator it) {
  Bytes run;
  for (std::uint64_t next = it->first; it != pieces.end() && it->first == next; ++it) {
    put_bytes(run, it->second.bytes());
    next += it->second.length;
  }
  return run;
}

}  // namespace writ::wire
