// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/keyed_hash.hh"

#include <random>

namespace writ {

const std::array<std::uint64_t, 3> hash_key = [] {
  std::random_device random;
  std::array<std::uint64_t, 3> key{};
  for (std::uint64_t& k : key) k = (static_cast<std::uint64_t>(random()) << 32 | random()) | 1;
  return key;
}();

KeyedHash& KeyedHash::bytes(View v) {
  words(v.size(), 0);  // by itself: beside the first bytes it could be undone by them
  for (; v.size() >= 16; v = v.subspan(16)) bytes16(v.data());
  if (v.empty()) return *this;
  std::uint8_t tail[16] = {};
  for (std::size_t i = 0; i < v.size(); ++i) tail[i] = v[i];
  return bytes16(tail);
}

}  // namespace writ
