// SPDX-License-Identifier: GPL-3.0-or-later
#include "sound.hh"

#include <array>
#include <cmath>
#include <memory>

#include "random.hh"

namespace carrier {
namespace {

constexpr std::int64_t syllable = 1280;  // samples, 160 ms

// G.711 as ITU-T gives it: sign, three bits of segment, four of step. Whoever compares decodes with another
// tool.
std::uint8_t mu_law(int v) {
  constexpr int bias = 0x84, clip = 32635;
  const int sign = v < 0 ? 0x80 : 0;
  v = std::min(v < 0 ? -v : v, clip) + bias;
  int segment = 7;
  for (int mask = 0x4000; segment > 0 && (v & mask) == 0; mask >>= 1) --segment;
  return static_cast<std::uint8_t>(~(sign | segment << 4 | (v >> (segment + 3) & 15)));
}
std::uint8_t a_law(int v) {
  const int sign = v >= 0 ? 0x80 : 0;
  v = v >= 0 ? v : -v - 1;
  int segment = 7;
  for (int mask = 0x4000; segment > 0 && (v & mask) == 0; mask >>= 1) --segment;
  const int step = segment == 0 ? v >> 4 : v >> (segment + 3) & 15;
  return static_cast<std::uint8_t>((sign | segment << 4 | (step & 15)) ^ 0x55);
}

struct Tables {
  std::array<float, 4096> sine{};
  std::array<std::array<std::uint8_t, 65536>, 2> law{};
  Tables() {
    for (std::size_t i = 0; i < sine.size(); ++i)
      sine[i] = static_cast<float>(std::sin(static_cast<double>(i) * 6.283185307179586 / 4096));
    for (int v = -32768; v < 32768; ++v) {
      law[0][static_cast<std::size_t>(v + 32768)] = mu_law(v);
      law[1][static_cast<std::size_t>(v + 32768)] = a_law(v);
    }
  }
};
const Tables& tables() {
  static const auto t = std::make_unique<Tables>();
  return *t;
}

// One syllable of one voice: a pitch, two formants, how loud.
struct Syllable {
  std::array<std::uint32_t, 3> turn{};  // of a circle of 2^32 in one sample
  float loud = 0;
  Syllable(std::uint64_t voice, std::int64_t number) {
    Random r(mix(voice, static_cast<std::uint64_t>(number)));
    const auto hertz = [](std::int64_t tenths) {
      return static_cast<std::uint32_t>(tenths * 53687);
    };  // 2^32 / 80000
    const std::int64_t pitch = 900 + static_cast<std::int64_t>(voice % 1400) + r.between(-200, 200);
    turn = {hertz(pitch), hertz(pitch * r.between(3, 6) + 7), hertz(pitch * r.between(8, 14) + 13)};
    loud = r.chance(0.2) ? 0.0f : static_cast<float>(r.between(2000, 9000));
  }
};

}  // namespace

void speak(std::uint64_t voice, std::int64_t first, std::size_t count, Law law, std::uint8_t* out) {
  const Tables& t = tables();
  const auto& code = t.law[law == Law::mu ? 0 : 1];
  std::int64_t number = first / syllable;
  Syllable s(voice, number);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t n = first + static_cast<std::int64_t>(i);
    if (n / syllable != number) s = Syllable(voice, number = n / syllable);
    const auto at = static_cast<std::uint32_t>(n);
    const auto wave = [&](std::size_t k) { return t.sine[at * s.turn[k] >> 20]; };
    const float envelope = t.sine[static_cast<std::size_t>(n % syllable * 2048 / syllable)];
    const auto breath = static_cast<int>(mix(voice ^ static_cast<std::uint64_t>(n)) & 127) - 64;
    const int v = static_cast<int>(s.loud * envelope * (wave(0) + 0.5f * wave(1) + 0.3f * wave(2))) + breath;
    out[i] = code[static_cast<std::size_t>(v + 32768)];
  }
}

}  // namespace carrier
