// SPDX-License-Identifier: GPL-3.0-or-later
// Hashes for tables whose keys strangers choose (addresses, Call-IDs, fragments): under a key of this process
// that nobody outside knows, since whoever knows a hash can send what meets in one bucket until every look-up
// walks a list. Two wide multiplications for an endpoint, one more for every sixteen bytes. No MAC, and
// nothing that is kept: another process hashes otherwise, so nothing may depend on the order in such a table.
#pragma once
#include <array>

#include "base/bytes.hh"

namespace writ {

extern const std::array<std::uint64_t, 3> hash_key;  // random, odd; made before main

__extension__ using Wide = unsigned __int128;
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

class KeyedHash {
 public:
  KeyedHash& words(std::uint64_t a, std::uint64_t b) {
    h_ = fold(a ^ hash_key[0] ^ h_, b ^ hash_key[1]);
    return *this;
  }
  KeyedHash& bytes(View v);  // and how many they are
  KeyedHash& bytes16(const std::uint8_t* p);
  std::uint64_t value() const { return fold(h_ ^ hash_key[1], hash_key[0]); }

 private:
  std::uint64_t h_ = hash_key[2];
};

inline KeyedHash& KeyedHash::bytes16(const std::uint8_t* p) {
  std::uint64_t a = 0, b = 0;
  __builtin_memcpy(&a, p, 8);
  __builtin_memcpy(&b, p + 8, 8);
  return words(a, b);
}

inline std::uint64_t keyed_hash(View v) { return KeyedHash{}.bytes(v).value(); }

}  // namespace writ
