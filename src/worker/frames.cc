// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/frames.hh"

#include <unistd.h>

#include <cerrno>

#include "base/io.hh"

namespace writ::worker {
namespace {

bool read_exactly(int fd, std::uint8_t* to, std::size_t n) {
  while (n > 0) {
    const ssize_t r = ::read(fd, to, n);
    if (r < 0 && errno == EINTR) continue;
    if (r <= 0) return false;
    to += r;
    n -= static_cast<std::size_t>(r);
  }
  return true;
}

}  // namespace

Bytes encode_frame(std::uint8_t kind, View body) {
  Bytes out;
  out.reserve(frame_head_bytes + body.size());
  out.push_back(kind);
  put_be32(out, static_cast<std::uint32_t>(body.size()));
  put_bytes(out, body);
  return out;
}

FrameHead decode_head(View five_bytes) { return {five_bytes[0], load_be32(five_bytes.data() + 1)}; }

bool read_frame(int fd, std::uint8_t kind, std::size_t max, Bytes& body) {
  std::uint8_t head[frame_head_bytes];
  if (!read_exactly(fd, head, sizeof head)) return false;
  const FrameHead h = decode_head(View{head});
  if (h.kind != kind || h.size > max) return false;
  body.resize(h.size);
  return read_exactly(fd, body.data(), body.size());
}

int refuse(int out, const Error& e) {
  Bytes body{static_cast<std::uint8_t>(e.exit)};
  put_bytes(body, view_of(e.what));
  (void)write_all(out, encode_frame(frame_refuse, body));
  return static_cast<int>(e.exit);
}

}  // namespace writ::worker
