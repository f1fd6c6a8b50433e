// SPDX-License-Identifier: GPL-3.0-or-later
// Byte buffers and views, and bounds-checked big-endian / little-endian access.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace writ {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline View view_of(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}
inline std::string_view text_of(View v) { return {reinterpret_cast<const char*>(v.data()), v.size()}; }
inline Bytes bytes_of(std::string_view s) {
  const View v = view_of(s);
  return {v.begin(), v.end()};
}

// Loads assume that the caller has checked the size; the size is part of the type of mistake that
// `Reader` below prevents. Use these in measured hot paths only.
inline std::uint16_t load_be16(const std::uint8_t* p) { return static_cast<std::uint16_t>(p[0] << 8 | p[1]); }
inline std::uint32_t load_be32(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
         static_cast<std::uint32_t>(p[2]) << 8 | p[3];
}

inline void put_be(Bytes& out, std::uint64_t v, int width) {
  for (int i = width - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
}
inline void put_be16(Bytes& out, std::uint16_t v) { put_be(out, v, 2); }
inline void put_be32(Bytes& out, std::uint32_t v) { put_be(out, v, 4); }
inline void put_be64(Bytes& out, std::uint64_t v) { put_be(out, v, 8); }
inline void put_bytes(Bytes& out, View v) { out.insert(out.end(), v.begin(), v.end()); }

// A cursor over outside bytes. A read past the end sets `ok()` to false, yields zeros, and stays so.
class Reader {
 public:
  explicit Reader(View v) : rest_(v) {}
  std::uint64_t be(std::size_t width) {
    const View v = take(width);
    std::uint64_t r = 0;
    for (const std::uint8_t b : v) r = r << 8 | b;
    return ok_ ? r : 0;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(be(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(be(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(be(4)); }
  std::uint64_t u64() { return be(8); }
  View take(std::size_t n) {
    if (n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const View v = rest_.first(n);
    rest_ = rest_.subspan(n);
    return v;
  }
  View rest() const { return rest_; }
  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }

 private:
  View rest_;
  bool ok_ = true;
};

}  // namespace writ
