// SPDX-License-Identifier: GPL-3.0-or-later
// Chance that is a pure function of the seed: the same seed gives the same bytes on every machine
// (SplitMix64, Steele et al. 2014). The distributions of the standard library are not used, since they differ
// by library.
#pragma once
#include <cstdint>
#include <string>

namespace carrier {

constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) { return mix(mix(a, b), c); }

class Random {
 public:
  explicit Random(std::uint64_t seed) : s_(seed) {}
  std::uint64_t next() { return mix(s_ += 0x9e3779b97f4a7c15u); }
  std::uint32_t below(std::uint64_t n) { return static_cast<std::uint32_t>(next() % n); }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(double p) { return static_cast<double>(next() >> 11) * 0x1p-53 < p; }
  std::string token(int letters) {  // lower-case letters and digits
    std::string s;
    for (int i = 0; i < letters; ++i) s += "abcdefghijkmnpqrstuvwxyz23456789"[below(32)];
    return s;
  }

 private:
  std::uint64_t s_;
};

}  // namespace carrier
