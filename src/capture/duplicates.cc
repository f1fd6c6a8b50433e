// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/duplicates.hh"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

namespace writ::capture {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t load_u64(const std::uint8_t* p) {
  std::uint64_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

}  // namespace

Duplicates::Duplicates() : table_(sets) {
  for (auto& set : table_)
    for (Slot& s : set) s.at_ns = std::numeric_limits<std::int64_t>::min() / 2;
  std::random_device random;
  for (std::uint64_t& k : key_) k = (static_cast<std::uint64_t>(random()) << 32 | random()) | 1;
}

// Sixteen bytes a step, each mixed with a key by a wide multiplication.
std::uint64_t Duplicates::hash_of(View v) const {
  std::uint8_t head[40] = {};
  const bool v4 = v[0] >> 4 == 4;
  const std::size_t fixed = std::min<std::size_t>(v.size(), v4 ? 20 : 40);
  std::memcpy(head, v.data(), fixed);
  if (v4)
    head[8] = head[10] = head[11] = 0;
  else
    head[7] = 0;
  std::uint64_t h = key_[2] ^ v.size();
  const auto mix = [&](const std::uint8_t* p) {
    h = fold(load_u64(p) ^ key_[0] ^ h, load_u64(p + 8) ^ key_[1]);
  };
  mix(head);
  mix(head + 16);
  mix(head + 24);
  View rest = v.subspan(fixed);
  for (; rest.size() >= 16; rest = rest.subspan(16)) mix(rest.data());
  if (!rest.empty()) {
    std::uint8_t tail[16] = {};
    std::memcpy(tail, rest.data(), rest.size());
    mix(tail);
  }
  return fold(h ^ key_[1], key_[0]);
}

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
