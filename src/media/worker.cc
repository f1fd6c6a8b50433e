// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/worker.hh"

#include "base/io.hh"
#include "worker/sandbox.hh"

namespace writ::media {
namespace {

// A decoder and one packet need a few MiB; one stream of one call is hours of audio.
constexpr worker::Bounds bounds{"the codec worker", 256u << 20, 2ull << 30, 3600};

}  // namespace

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
  if (!worker::read_frame(in, worker::frame_open, open_bytes_max, body)) return static_cast<int>(Exit::usage);
  auto request = decode_open(body);
  if (!request) return worker::refuse(out, request.error());
  auto codec = Codec::open(*request);
  if (!codec) return worker::refuse(out, codec.error());
  if (const Status locked = worker::lock_in(in, out, bounds); !locked)
    return worker::refuse(out, locked.error());
  Bytes ready;
  put_be32(ready, codec->rate());
  if (!write_all(out, worker::encode_frame(worker::frame_ready, ready)))
    return static_cast<int>(Exit::failure);

  std::vector<std::int16_t> pcm;
  while (worker::read_frame(in, frame_payload, payload_bytes_max, body)) {
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
    if (!write_all(out, worker::encode_frame(frame_pcm, answer))) return static_cast<int>(Exit::failure);
  }
  return 0;
}

}  // namespace writ::media
