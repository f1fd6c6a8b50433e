// SPDX-License-Identifier: GPL-3.0-or-later
// A capture as a stream of plain bytes: a file or standard input, unpacked on the way when it is compressed.
#pragma once
#include <optional>

#include "base/io.hh"
#include "capture/unpack.hh"

namespace writ::capture {

class ByteSource {
 public:
  static Result<ByteSource> open(const fs::path& file);
  static ByteSource of(Fd fd) { return ByteSource{std::move(fd)}; }  // a pipe, standard input
  struct Got {
    std::size_t bytes = 0;  // 0 and not `end`: nothing came in time
    bool end = false;
  };
  // Waits at most wait_ms for the first byte. After the end, broken() says whether it was a good one.
  Result<Got> read(std::span<std::uint8_t> out, int wait_ms);
  const std::string& broken() const;

 private:
  explicit ByteSource(Fd fd) : fd_(std::move(fd)), in_(256u << 10) {}
  Result<bool> fill(int wait_ms);  // false: nothing came in time
  Fd fd_;
  Bytes in_;
  std::size_t begin_ = 0, end_ = 0;
  bool over_ = false;
  std::optional<Unpacker> unpacker_;  // once the first bytes are seen
};

}  // namespace writ::capture
