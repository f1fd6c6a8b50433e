// SPDX-License-Identifier: GPL-3.0-or-later
// walk FILE: the limit that bench/isolate is held against. Maps a classic pcap, walks the records' headers as
// bare as can be, and asks a hash table that fits the first-level cache once a packet whether it knows the
// destination. Nothing is checked, kept or written.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstring>

#include "base/io.hh"

namespace {

using namespace writ;

struct Walked {
  std::uint64_t packets = 0, bytes = 0, known = 0;
};

template <class T>
T load(const std::uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

Walked walk(View file) {
  constexpr std::size_t file_header = 24, record_header = 16, destination = 14 + 16, headers = 14 + 20 + 8;
  static const std::array<std::uint64_t, 1024> table{};
  Walked w;
  for (std::size_t at = file_header; at + record_header <= file.size();) {
    const std::uint8_t* record = file.data() + at;
    const auto captured = load<std::uint32_t>(record + 8);
    if (captured < headers || captured > file.size() - at - record_header) break;
    const auto key = load<std::uint64_t>(record + record_header + destination);
    w.known += table[key * 0x9e3779b97f4a7c15u >> 54] == key;
    ++w.packets;
    w.bytes += captured;
    at += record_header + captured;
  }
  return w;
}

}  // namespace

int main(int argc, char** argv) {
  const auto begun = std::chrono::steady_clock::now();
  const auto map = argc == 2 ? MappedFile::open(argv[1]) : fail(Exit::usage, "walk FILE");
  if (!map) {
    fmt::print(stderr, "{}", to_text(map.error()));
    return static_cast<int>(map.error().exit);
  }
  const Walked w = walk(map->bytes());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  fmt::print("{{\"packets\":{},\"bytes\":{},\"known\":{},\"seconds\":{:.6f}}}\n", w.packets, w.bytes, w.known,
             wall.count());
}
