// SPDX-License-Identifier: GPL-3.0-or-later
// gzip (RFC 1952) and Zstandard (RFC 8878) by stream: never more in memory than the format's own window (32
// KiB; of Zstandard at most 128 MiB, streams that want more are refused). Several members or frames one after
// the other are one stream, as the tools make them.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.hh"

namespace writ::capture {

enum class Packing { none, gzip, zstd };
// By the first four bytes of a file.
Packing packing_of(View first);

class Unpacker {
 public:
  explicit Unpacker(Packing p);
  Unpacker(Unpacker&&) noexcept;
  Unpacker& operator=(Unpacker&&) noexcept;
  ~Unpacker();
  // Takes bytes off `in` and writes to `out`; returns how many it wrote. When it wrote none and `in` is not
  // empty, the stream is broken.
  std::size_t step(View& in, std::span<std::uint8_t> out);
  // Nothing follows: a stream that is not whole becomes broken.
  void finish();
  // Where and why; empty while all is well. What came before it is good as far as it goes.
  const std::string& broken() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> i_;
};

}  // namespace writ::capture
