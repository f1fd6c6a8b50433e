// SPDX-License-Identifier: GPL-3.0-or-later
// Messages out of the pieces of a stream: as they become whole, and what has waited for too long.
#include <algorithm>
#include <utility>

#include "wire/made_frame.hh"
#include "wire/sip.hh"
#include "wire/sip_stream_impl.hh"
#include "wire/websocket_handshake.hh"

namespace writ::wire {
namespace {

std::size_t start_inside(const Stream& s, View v) {
  const std::size_t n = hidden_start(v);
  return n == 0 && s.websocket ? hidden_frame(v) : n;
}

void as_datagram(SipOverStream& m) {
  m.inflated = true;
  m.storage.assign(1, {});
  m.frames = {udp_frame(m.src, m.dst, m.message, m.at, m.storage[0])};
}

}  // namespace

void SipStreams::Impl::emit(const FlowKey& k, Stream& s, SequenceRange r, Bytes message, bool cut,
                            std::vector<SipOverStream>& out) {
  SipOverStream& m = out.emplace_back();
  m.src = k.src;
  m.dst = k.dst;
  m.message = std::move(message);
  m.cut = cut;
  m.overlapped = std::exchange(s.overlapped, false);
  m.at = Instant::min();
  bool sure = true;
  for (auto it = piece_at(s.pieces, r.begin); it != s.pieces.end() && it->first < r.end; ++it) {
    const auto& [p, piece] = *it;
    const std::uint64_t from = std::max(p, r.begin), to = std::min(p + piece.length, r.end);
    const Segment& g = *piece.of;
    const std::size_t skipped = piece.offset + static_cast<std::size_t>(from - p);
    const auto length = static_cast<std::size_t>(to - from);
    m.at = std::max(m.at, g.raw.at);
    m.inputs |= g.tcp.inputs;
    sure = sure && fits(g);
    Bytes& bytes = m.storage.emplace_back();
    if (skipped == 0 && length == g.payload.size() && !g.frame.empty()) {
      bytes = g.frame;
      m.frames.push_back({g.raw.at, g.raw.link_type, bytes, g.raw.wire_length});
    } else {
      m.frames.push_back(cut_segment(g.tcp, g.raw, g.network(), g.bare, skipped,
                                     View(g.payload).subspan(skipped, length), bytes));
    }
  }
  if (!sure) s.doubt(r);
}

// What stands at the front of `rest`. A frame of a WebSocket may hold something else than SIP, or what cannot
// be read, and a head of HTTP stands before them: then there is a length and no message.
SipStreams::Impl::Front SipStreams::Impl::front_of(Stream& s, std::uint64_t at, View rest) {
  Front f;
  if (s.websocket && is_http_head(rest)) {
    f.length = headers_end(text_of(rest));
    f.found = f.length != 0                     ? Found::message
              : rest.size() < headers_bytes_max ? Found::incomplete
                                                : Found::none;
    return f;
  }
  f.found = sip_message(rest, f.length, f.no_length);
  if (f.found == Found::message)
    f.message.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(f.length));
  if (f.found != Found::none) return f;
  bool is_compressed = s.websocket;
  f.found = websocket_message(rest, f.length, f.message, is_compressed);
  if (f.found != Found::message) return f;
  const bool read = !is_compressed || inflate(s, at, f);
  compressed += !read;
  if (!read || !looks_like_sip(f.message))
    f.message.clear();
  else
    s.websocket = true;
  return f;
}

// A message that goes on with the text of earlier ones needs all of them.
bool SipStreams::Impl::inflate(Stream& s, std::uint64_t at, Front& f) {
  if (!s.inflater || (s.inflater->goes_on() && s.inflated_to != at)) return false;
  auto text = s.inflater->read(f.message);
  if (!text) return false;
  f.message = std::move(*text);
  return f.inflated = true;
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
    Front f = front_of(s, at + n, rest);
    if (f.found == Found::incomplete) {
      s.wait_at = at + n;
      s.wait_until = at + n + std::max(f.length, rest.size() + 1);
      break;
    }
    if (f.found == Found::none)
      f.length = junk_length(rest);
    else if (s.inflated_to == at + n)
      s.inflated_to += f.length;
    if (f.found == Found::message && !f.message.empty()) {
      if (!s.sip) prospects.shown(k.src, k.dst);
      s.sip = true;
      emit(k, s, {at + n, at + n + f.length}, std::move(f.message), false, out);
      out.back().no_length = f.no_length;
      if (f.inflated) as_datagram(out.back());
    }
    n += f.length;
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
      const std::size_t inside = lead != 0 ? lead : piece.searched ? 0 : start_inside(s, piece.bytes());
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
    if (n > 0) s.use_up({at, at + n});
    it = s.pieces.lower_bound(at + run.size());
  }
  if (s.pieces.empty()) s.oldest = Instant::max();
}

// What has waited for too long. What is whole comes out whole, each message by itself; what is left is one
// that has no end yet. A message of which the headers are whole is worth having without it. `last`: it is
// waited for no more, and is a loss when it was SIP at all.
void SipStreams::Impl::expire_run(const FlowKey& k, Stream& s, SequenceRange r, View run, bool last,
                                  std::vector<SipOverStream>& out) {
  const std::size_t junk = looks_like_sip(run) ? 0 : junk_length(run);
  const std::size_t n =
      junk + (junk < run.size() ? read_run(k, s, r.begin + junk, run.subspan(junk), out) : 0);
  const View rest = run.subspan(n);
  const bool begins = looks_like_sip(rest);
  if (begins && headers_end(text_of(rest)) != 0 && s.cut_said != r.begin + n) {
    s.cut_said = r.begin + n;
    emit(k, s, {r.begin + n, r.end}, Bytes(rest.begin(), rest.end()), true, out);
  }
  if (last) {
    if (line_ends(run.first(junk)) < junk && s.sip) ++dropped;
    if (!rest.empty() && (begins || s.sip)) ++dropped;
    s.use_up(r);
  } else if (n > junk) {
    s.use_up({r.begin + junk, r.begin + n});
  }
}

}  // namespace writ::wire
