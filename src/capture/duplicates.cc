// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/duplicates.hh"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/keyed_hash.hh"

namespace writ::capture {
Duplicates::Duplicates() : table_(sets) {
  for (auto& set : table_)
    for (Slot& s : set) s.at_ns = std::numeric_limits<std::int64_t>::min() / 2;
}

namespace {

// Of an IP packet, without what a router changes on the way.
std::uint64_t hash_of(View v) {
  std::uint8_t head[40] = {};
  const bool v4 = v[0] >> 4 == 4;
  const std::size_t fixed = std::min<std::size_t>(v.size(), v4 ? 20 : 40);
  std::memcpy(head, v.data(), fixed);
  if (v4) {
    head[1] = head[8] = head[10] = head[11] = 0;
  } else {
    head[0] = 0x60;
    head[1] &= 0x0f;
    head[7] = 0;
  }
  return KeyedHash{}.bytes16(head).bytes16(head + 16).bytes16(head + 24).bytes(v.subspan(fixed)).value();
}

}  // namespace

bool Duplicates::seen(const wire::RawPacket& p) {
  const wire::Decoded d = wire::decode(p);
  const bool counts = d.verdict == wire::Verdict::udp || d.verdict == wire::Verdict::fragment ||
                      (d.verdict == wire::Verdict::tcp && !d.tcp.payload.empty());
  if (!counts || d.network.size() < 20) return false;
  const std::uint64_t hash = hash_of(d.network);
  const std::int64_t now = to_ns(p.at);
  auto& set = table_[hash % sets];
  Slot* oldest = &set[0];
  for (Slot& s : set) {
    // Either way: two ports' packets may come in the order of their ports.
    const std::int64_t apart = now > s.at_ns ? now - s.at_ns : s.at_ns - now;
    if (s.hash == hash && apart <= Nanos{within}.count()) {
      ++removed_;
      return true;
    }
    if (s.at_ns < oldest->at_ns) oldest = &s;
  }
  *oldest = {hash, now};
  return false;
}

}  // namespace writ::capture
