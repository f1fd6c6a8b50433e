// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/worker.hh"

#include <unistd.h>

#include <cerrno>

#include "base/io.hh"
#include "media/sandbox.hh"

namespace writ::media {
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

bool read_frame(int fd, FrameKind kind, std::size_t max, Bytes& body) {
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
  (void)write_all(out, encode_frame(FrameKind::refuse, body));
  return static_cast<int>(e.exit);
}

}  // namespace

Bytes encode_frame(FrameKind kind, View body) {
  Bytes out;
  out.reserve(frame_head_bytes + body.size());
  out.push_back(static_cast<std::uint8_t>(kind));
  put_be32(out, static_cast<std::uint32_t>(body.size()));
  put_bytes(out, body);
  return out;
}

FrameHead decode_head(View five_bytes) {
  return {static_cast<FrameKind>(five_bytes[0]), load_be32(five_bytes.data() + 1)};
}

Bytes encode_open(const DecodeRequest& r) {
  Bytes out;
  put_be32(out, r.clock_rate);
  out.push_back(r.channels);
  const std::string_view codec = std::string_view(r.codec).substr(0, 255);
  out.push_back(static_cast<std::uint8_t>(codec.size()));
  put_bytes(out, view_of(codec));
  put_bytes(out, view_of(std::string_view(r.fmtp).substr(0, 2048)));
  return out;
}

Result<DecodeRequest> decode_open(View body) {
  Reader in{body};
  DecodeRequest r;
  r.clock_rate = in.u32();
  r.channels = in.u8();
  r.codec = text_of(in.take(in.u8()));
  if (!in.ok()) return fail(Exit::usage, "the request to the codec worker is cut short");
  r.fmtp = text_of(in.rest());
  return r;
}

int run_worker(int in, int out) {
  Bytes body;
  if (!read_frame(in, FrameKind::open, open_bytes_max, body)) return static_cast<int>(Exit::usage);
  auto request = decode_open(body);
  if (!request) return refuse(out, request.error());
  auto codec = Codec::open(*request);
  if (!codec) return refuse(out, codec.error());
  if (const Status locked = lock_in(in, out); !locked) return refuse(out, locked.error());
  Bytes ready;
  put_be32(ready, codec->rate());
  if (!write_all(out, encode_frame(FrameKind::ready, ready))) return static_cast<int>(Exit::failure);

  std::vector<std::int16_t> pcm;
  while (read_frame(in, FrameKind::payload, payload_bytes_max, body)) {
    pcm.clear();
    const std::uint32_t broken = codec->decode(body, pcm);
    Bytes answer;
    answer.reserve(4 + pcm.size() * 2);
    put_be32(answer, broken);
    for (const std::int16_t s : pcm) {
      const auto u = static_cast<std::uint16_t>(s);
      answer.push_back(static_cast<std::uint8_t>(u));
      answer.push_back(static_cast<std::uint8_t>(u >> 8));
    }
    if (!write_all(out, encode_frame(FrameKind::pcm, answer))) return static_cast<int>(Exit::failure);
  }
  return 0;
}

}  // namespace writ::media
