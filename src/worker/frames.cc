// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/frames.hh"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/io.hh"

namespace writ::worker {
namespace {

// 0 at the end.
std::size_t read_some(int fd, std::uint8_t* to, std::size_t n) {
  for (;;) {
    const ssize_t r = ::read(fd, to, n);
    if (r >= 0 || errno != EINTR) return r > 0 ? static_cast<std::size_t>(r) : 0;
  }
}

// `take(to, n)`: so many bytes, or false.
template <class Take>
bool frame_by(Take&& take, std::uint8_t kind, std::size_t max, Bytes& body) {
  std::uint8_t head[frame_head_bytes];
  if (!take(head, sizeof head)) return false;
  const FrameHead h = decode_head(View{head});
  if (h.kind != kind || h.size > max) return false;
  body.resize(h.size);
  return take(body.data(), body.size());
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
  const auto exactly = [fd](std::uint8_t* to, std::size_t n) {
    while (n > 0) {
      const std::size_t r = read_some(fd, to, n);
      if (r == 0) return false;
      to += r;
      n -= r;
    }
    return true;
  };
  return frame_by(exactly, kind, max, body);
}

bool FrameReader::next(std::uint8_t kind, std::size_t max, Bytes& body) {
  return frame_by([this](std::uint8_t* to, std::size_t n) { return take(to, n); }, kind, max, body);
}

bool FrameReader::take(std::uint8_t* to, std::size_t n) {
  while (n > 0) {
    if (unread_.empty()) unread_ = View{heard_}.first(read_some(fd_, heard_.data(), heard_.size()));
    if (unread_.empty()) return false;
    const View some = unread_.first(std::min(n, unread_.size()));
    to = std::ranges::copy(some, to).out;
    unread_ = unread_.subspan(some.size());
    n -= some.size();
  }
  return true;
}

int refuse(int out, const Error& e) {
  Bytes body{static_cast<std::uint8_t>(e.exit)};
  put_bytes(body, view_of(e.what));
  (void)write_all(out, encode_frame(frame_refuse, body));
  return static_cast<int>(e.exit);
}

}  // namespace writ::worker
