// SPDX-License-Identifier: GPL-3.0-or-later
// Entries of lists, found by a keyed hash (base/keyed_hash.hh) of what they are looked up by. Whoever looks
// compares what he finds: two things may have one hash.
#pragma once
#include <algorithm>
#include <list>
#include <unordered_map>

#include "base/keyed_hash.hh"
#include "wire/packet.hh"

namespace writ::intercept {

inline std::uint64_t keyed_hash(const wire::Endpoint& e) {
  return KeyedHash{}.bytes16(e.ip.b.data()).words(e.port, 0).value();
}

template <class T>
class HashIndex {
 public:
  using Entry = typename std::list<T>::iterator;

  bool empty() const { return by_hash_.empty(); }
  void add(std::uint64_t hash, Entry e) { by_hash_.emplace(hash, e); }
  void remove(std::uint64_t hash, Entry e) {
    const auto [begin, end] = by_hash_.equal_range(hash);
    by_hash_.erase(std::find_if(begin, end, [&](const auto& x) { return x.second == e; }));
  }
  // Calls f(entry) of each; f may remove that one.
  template <class F>
  void each(std::uint64_t hash, F f) const {
    auto [it, end] = by_hash_.equal_range(hash);
    while (it != end) f((it++)->second);
  }

 private:
  std::unordered_multimap<std::uint64_t, Entry> by_hash_;
};

}  // namespace writ::intercept
