// SPDX-License-Identifier: GPL-3.0-or-later
// Fragments arrive in any order, twice, or never, and a hostile sender can make all of that happen on
// purpose.
//
// Approach: one buffer per (source, destination, identification), filled byte range by byte range; the first
// byte that arrived wins, so that a later overlapping fragment cannot rewrite what was already seen. A
// datagram is whole when the ranges join from zero to the end that the last fragment told. A fragment cut by
// a snap length counts as arrived in its wire length; the payload then ends at the first byte that is
// missing, and says so. A mirrored port shows fragments twice, so the second copy of the last fragment comes
// after the datagram is whole: hashes of finished datagrams are kept for a while so that such an echo is not
// reported as a lost datagram.
//
// Cost: at most datagrams_max entries, buffered_bytes_max bytes in all, fragments_max frames per datagram;
// the oldest goes first. Constant work per fragment but for the range list, which is short.
#include "wire/reassembly.hh"

#include <algorithm>
#include <cstring>
#include <list>
#include <string_view>
#include <unordered_map>

#include "base/keyed_hash.hh"
#include "wire/transport.hh"

namespace writ::wire {
namespace {

constexpr std::size_t datagram_bytes_max = 65535;
constexpr std::size_t fragments_max = 256;  // of 65535 bytes in the smallest usual MTU (IPv4, 576): 119
constexpr std::size_t buffered_bytes_max = 64u << 20;

struct Key {
  Address src, dst;
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;  // of IPv4: part of what names a datagram (RFC 791); 0 of IPv6
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& k) const {
    return KeyedHash{}.bytes16(k.src.b.data()).bytes16(k.dst.b.data()).words(k.protocol, k.id).value();
  }
};

struct Range {
  std::uint32_t begin, end;
};

struct Entry {
  std::list<Key>::iterator place;
  Instant started{};
  Reassembler::Whole whole;
  std::vector<Range> have;                     // sorted, disjoint, not touching
  std::vector<std::uint64_t> seen;             // hash of each fragment's offset and bytes
  std::size_t bytes = 0;                       // of frames and storage
  std::uint32_t total = 0;                     // known once `last`
  std::uint32_t cut = datagram_bytes_max + 1;  // first byte that a snap length took
  std::uint8_t protocol = ip_protocol_udp;
  bool last = false;
  bool echo = true;  // so far nothing but copies of a finished datagram's fragments
};

struct Finished {
  Instant at{};
  std::vector<std::uint64_t> seen;
  std::list<Key>::iterator place;
};

// Copies the bytes of [begin, begin + data.size()) that are not there yet; true when some already were.
bool insert(Entry& e, std::uint32_t begin, std::uint32_t end, View data) {
  if (e.whole.storage.size() < end) e.whole.storage.resize(end);
  bool overlap = false;
  std::uint32_t at = begin;
  const auto copy = [&](std::uint32_t from, std::uint32_t to) {
    const std::uint32_t stop = std::min<std::uint32_t>(to, begin + static_cast<std::uint32_t>(data.size()));
    if (from < stop) std::memcpy(e.whole.storage.data() + from, data.data() + (from - begin), stop - from);
    if (stop < to) e.cut = std::min(e.cut, std::max(from, stop));
  };
  Range merged{begin, end};
  std::vector<Range> kept;
  kept.reserve(e.have.size() + 1);
  for (const Range& r : e.have) {
    if (r.end < begin || r.begin > end) {
      kept.push_back(r);
      continue;
    }
    overlap = overlap || (r.begin < end && r.end > begin);
    if (r.begin > at) copy(at, std::min(r.begin, end));
    at = std::max(at, r.end);
    merged = {std::min(merged.begin, r.begin), std::max(merged.end, r.end)};
  }
  if (at < end) copy(at, end);
  kept.insert(std::upper_bound(kept.begin(), kept.end(), merged,
                               [](const Range& a, const Range& b) { return a.begin < b.begin; }),
              merged);
  e.have = std::move(kept);
  return overlap;
}

}  // namespace

struct Reassembler::Impl {
  std::size_t datagrams_max;
  Nanos age_max;
  std::unordered_map<Key, Entry, KeyHash> open{};
  std::list<Key> open_order{};  // oldest first
  std::unordered_map<Key, Finished, KeyHash> done{};
  std::list<Key> done_order{};
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;

  void forget(const Key& k, bool lost) {
    const auto it = open.find(k);
    bytes -= it->second.bytes;
    if (lost && !it->second.echo) ++dropped;
    open_order.erase(it->second.place);
    open.erase(it);
  }
  void forget_done(const Key& k) {
    const auto it = done.find(k);
    done_order.erase(it->second.place);
    done.erase(it);
  }
  void make_room(Instant now, std::size_t frame_bytes) {
    while (!open_order.empty()) {
      const Key oldest = open_order.front();
      const bool old = now - open.find(oldest)->second.started > age_max;
      if (!old && open.size() < datagrams_max && bytes + frame_bytes <= buffered_bytes_max) break;
      forget(oldest, true);
    }
    while (!done_order.empty()) {
      const Key oldest = done_order.front();
      if (done.size() < datagrams_max && now - done.find(oldest)->second.at <= age_max) break;
      forget_done(oldest);
    }
  }
  Entry& entry_of(const Key& k, Instant now) {
    const auto [it, fresh] = open.try_emplace(k);
    if (fresh) {
      it->second.place = open_order.insert(open_order.end(), k);
      it->second.started = now;
    }
    return it->second;
  }
  bool add(const Fragment& f, Whole&& came, Instant now, int depth, Whole& out);
  void note(Entry& e, const Key& k, std::uint64_t hash, Whole&& came);
  void place(Entry& e, const Fragment& f, bool repeated);
  bool finish(Entry& e, const Key& k, Instant now, int depth, Whole& out);
};

void Reassembler::Impl::note(Entry& e, const Key& k, std::uint64_t hash, Whole&& came) {
  if (e.echo) {
    const auto it = done.find(k);
    e.echo = it != done.end() &&
             std::find(it->second.seen.begin(), it->second.seen.end(), hash) != it->second.seen.end();
  }
  e.seen.push_back(hash);
  for (Bytes& frame : came.frames) {
    e.bytes += frame.size();
    bytes += frame.size();
    e.whole.frames.push_back(std::move(frame));
  }
  e.whole.overlapped = e.whole.overlapped || came.overlapped;
  e.whole.inputs |= came.inputs;
  e.whole.times.insert(e.whole.times.end(), came.times.begin(), came.times.end());
}

void Reassembler::Impl::place(Entry& e, const Fragment& f, bool repeated) {
  std::uint32_t end = f.offset + std::max(f.length, static_cast<std::uint32_t>(f.data.size()));
  if (e.last && end > e.total) {  // past the end that was told first
    e.whole.overlapped = true;
    end = e.total;
  }
  if (!f.more && !e.last) {
    e.last = true;
    e.total = end;
    if (!e.have.empty() && e.have.back().end > end) e.whole.overlapped = true;
  } else if (!f.more && end != e.total) {
    e.whole.overlapped = true;
  }
  if (f.offset == 0) e.protocol = f.protocol;
  if (end <= f.offset) return;
  const View data = f.data.first(std::min<std::size_t>(f.data.size(), end - f.offset));
  const std::size_t before = e.whole.storage.size();
  if (insert(e, f.offset, end, data) && !repeated) e.whole.overlapped = true;
  e.bytes += e.whole.storage.size() - before;
  bytes += e.whole.storage.size() - before;
}

bool Reassembler::Impl::finish(Entry& e, const Key& k, Instant now, int depth, Whole& out) {
  if (!e.last || e.have.empty() || e.have.front().begin != 0 || e.have.front().end < e.total) return false;
  const bool cut = e.cut < e.total;
  e.whole.storage.resize(cut ? e.cut : e.total);
  Decoded d;
  d.udp.src.ip = k.src;
  d.udp.dst.ip = k.dst;
  decode_transport(e.protocol, e.whole.storage, cut ? e.total - e.cut : 0, false, d);
  d.udp.inputs = d.tcp.inputs = e.whole.inputs;
  const bool found = d.verdict == Verdict::udp || d.verdict == Verdict::tcp;
  // A tunnel in fragments with a fragment inside: that one goes on by itself, with the frames that it came
  // in.
  const bool inner = d.verdict == Verdict::fragment && depth < tunnels_max;
  e.whole.decoded = d;
  Whole whole = std::move(e.whole);
  if (done.contains(k)) forget_done(k);
  done.emplace(k, Finished{now, std::move(e.seen), done_order.insert(done_order.end(), k)});
  // What does not decode is a loss; another protocol is none of ours.
  forget(k, d.verdict == Verdict::malformed || (d.verdict == Verdict::fragment && !inner));
  if (inner) {
    const Bytes storage = std::move(whole.storage);  // the fragment's bytes lie in it
    return add(d.fragment, std::move(whole), now, depth + 1, out);
  }
  if (found) out = std::move(whole);
  return found;
}

bool Reassembler::Impl::add(const Fragment& f, Whole&& came, Instant now, int depth, Whole& out) {
  const std::size_t length = std::max<std::size_t>(f.length, f.data.size());
  // Longer than IP allows ("ping of death"), or nothing at all: no datagram can come of it.
  if (f.offset + length > datagram_bytes_max || (length == 0 && f.more)) return false;
  const Key k{f.src, f.dst, f.id, f.src.is_v4() ? f.protocol : std::uint8_t{0}};
  std::size_t frame_bytes = 0;
  for (const Bytes& frame : came.frames) frame_bytes += frame.size();
  make_room(now, frame_bytes);
  Entry& e = entry_of(k, now);
  const std::uint64_t h = KeyedHash{}.bytes(f.data).words(f.offset, 0).value();
  const bool repeated = std::find(e.seen.begin(), e.seen.end(), h) != e.seen.end();
  if (e.whole.frames.size() + came.frames.size() > fragments_max) {
    forget(k, true);
    return false;
  }
  note(e, k, h, std::move(came));
  place(e, f, repeated);
  return finish(e, k, now, depth, out);
}

Reassembler::Reassembler(std::size_t datagrams_max, Nanos age_max)
    : i_(std::make_unique<Impl>(Impl{std::max<std::size_t>(datagrams_max, 1), age_max})) {}
Reassembler::~Reassembler() = default;
Reassembler::Reassembler(Reassembler&&) noexcept = default;

bool Reassembler::add(const Fragment& f, const RawPacket& frame, Whole& out) {
  Whole came;
  came.frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
  came.times.push_back(frame.at);
  came.inputs = input_set(frame.ingress);
  return i_->add(f, std::move(came), frame.at, 0, out);
}

std::uint64_t Reassembler::dropped() const { return i_->dropped; }

}  // namespace writ::wire
