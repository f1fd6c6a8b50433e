// SPDX-License-Identifier: GPL-3.0-or-later
// For tests only: messages as a WebSocket with permessage-deflate sends them.
#pragma once
#include <zlib.h>

#include <cstdlib>

#include "base/bytes.hh"

namespace writ::wire::test {

class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&z_, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  }
  ~Deflater() { deflateEnd(&z_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  Bytes message(std::string_view text) {
    Bytes out(text.size() + 1024);
    z_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
    z_.avail_in = static_cast<uInt>(text.size());
    z_.next_out = out.data();
    z_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&z_, Z_SYNC_FLUSH) != Z_OK || z_.avail_out == 0) std::abort();
    out.resize(out.size() - z_.avail_out - 4);  // RFC 7692 7.2.1: 00 00 ff ff is taken off
    return out;
  }

 private:
  z_stream z_{};
};

}  // namespace writ::wire::test
