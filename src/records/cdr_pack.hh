// SPDX-License-Identifier: GPL-3.0-or-later
// Whole numbers and texts in as few bytes as they need (LEB128), with one byte string for one value: a longer
// form of the same number is refused when it is read.
#pragma once
#include <string>

#include "base/bytes.hh"

namespace writ::records {

inline void put_varint(Bytes& out, std::uint64_t v) {
  while (v >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(v | 0x80));
    v >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(v));
}
inline void put_signed(Bytes& out, std::int64_t v) {  // zigzag: small either way is short
  put_varint(out, static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63));
}
inline void put_text(Bytes& out, std::string_view s) {
  put_varint(out, s.size());
  put_bytes(out, view_of(s));
}

// A read past the end, or of a form that the writer does not write, sets ok() to false for good.
class Unpacker {
 public:
  explicit Unpacker(View v) : in_(v) {}
  std::uint64_t varint() {
    std::uint64_t r = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t b = in_.u8();
      r |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if (b >= 0x80) continue;
      if ((b == 0 && shift > 0) || (shift == 63 && b > 1)) break;
      return in_.ok() ? r : fault();
    }
    return fault();
  }
  std::int64_t number() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1 ^ (~(v & 1) + 1));
  }
  std::string text() {
    const std::uint64_t n = varint();
    return n > in_.rest().size() ? (fault(), std::string{}) : std::string(text_of(in_.take(n)));
  }
  View take(std::size_t n) { return in_.take(n); }
  std::uint8_t u8() { return in_.u8(); }
  bool ok() const { return ok_ && in_.ok(); }
  bool done() const { return ok() && in_.empty(); }

 private:
  std::uint64_t fault() {
    ok_ = false;
    return 0;
  }
  Reader in_;
  bool ok_ = true;
};

}  // namespace writ::records
