// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/worker.hh"

#include <algorithm>

#include "base/io.hh"
#include "media/srtp_opener.hh"
#include "worker/sandbox.hh"

namespace writ::media {
namespace {

// A decoder and one packet need a few MiB; one stream of one call is hours of audio.
constexpr worker::Bounds bounds{"the codec worker", 256u << 20, 2ull << 30, 3600};
constexpr worker::Bounds srtp_bounds{"the SRTP worker", 256u << 20, 2ull << 30, 3600};

// Everything was opened; from here on only what the other end of the pipe says.
bool lock_and_say_ready(int in, int out, View ready, int& code, const worker::Bounds& within = bounds) {
  if (const Status locked = worker::lock_in(in, out, within); !locked) {
    code = worker::refuse(out, locked.error());
    return false;
  }
  if (write_all(out, worker::encode_frame(worker::frame_ready, ready))) return true;
  code = static_cast<int>(Exit::failure);
  return false;
}

void answer_question(Codec& codec, Reader& questions, Bytes& answers) {
  const std::uint8_t what = questions.u8();
  const std::uint32_t samples = std::min(questions.u32(), codec.rate() * packet_seconds_max);
  const View payload = questions.take(questions.u16());
  std::vector<std::int16_t> pcm;
  std::uint32_t broken = 0;
  if (what == ask_decode) broken = codec.decode(payload, pcm);
  if (what == ask_recover) codec.recover(payload, samples, pcm);
  if (what == ask_noise) codec.noise(samples, pcm);
  put_be32(answers, broken);
  put_be32(answers, static_cast<std::uint32_t>(pcm.size()));
  put_bytes(answers, {reinterpret_cast<const std::uint8_t*>(pcm.data()), pcm.size() * sizeof pcm[0]});
}

int decode_payloads(int in, int out, View open) {
  auto request = decode_open(open);
  if (!request) return worker::refuse(out, request.error());
  auto codec = Codec::open(*request);
  if (!codec) return worker::refuse(out, codec.error());
  Bytes ready;
  put_be32(ready, codec->rate());
  int code = 0;
  if (!lock_and_say_ready(in, out, ready, code)) return code;

  Bytes body, answers;
  while (worker::read_frame(in, frame_payloads, questions_bytes_max, body)) {
    for (Reader questions{body}; !questions.empty() && questions.ok();) {
      answer_question(*codec, questions, answers);
      if (answers.size() < answers_bytes_min && !questions.empty()) continue;
      if (!write_all(out, worker::encode_frame(frame_pcm, answers))) return static_cast<int>(Exit::failure);
      answers.clear();
    }
  }
  return 0;
}

int open_packets(int in, int out, View open) {
  auto keys = decode_open_srtp(open);
  if (!keys) return worker::refuse(out, keys.error());
  auto opener = SrtpOpener::open(std::move(*keys));
  if (!opener) return worker::refuse(out, opener.error());
  int code = 0;
  if (!lock_and_say_ready(in, out, {}, code, srtp_bounds)) return code;

  Bytes body;
  while (worker::read_frame(in, frame_srtp, batch_bytes_max, body)) {
    Bytes answer;
    for (Reader packets{body}; !packets.empty() && packets.ok();) {
      const OpenedPacket p = opener->take(packets.take(packets.u16()));
      answer.push_back(p.opened ? 1 : 0);
      put_be16(answer, p.key);
      put_be16(answer, static_cast<std::uint16_t>(p.rtp.size()));
      put_bytes(answer, p.rtp);
    }
    if (!write_all(out, worker::encode_frame(frame_rtp, answer))) return static_cast<int>(Exit::failure);
  }
  return 0;
}

int decode_pages(int in, int out) {
  // What libtiff and the C library ask at their first use (how much memory there is), they ask before the
  // lock.
  (void)decode_fax(FaxCoding::mmr, 8, Bytes{0xff});
  (void)decode_fax(FaxCoding::mh, 8, Bytes{0x00, 0x1a, 0x80});
  int code = 0;
  if (!lock_and_say_ready(in, out, {}, code)) return code;
  Bytes body;
  while (worker::read_frame(in, frame_page, 5 + fax_data_max, body)) {
    Reader page{body};
    const std::uint8_t coding = page.u8();
    const std::uint32_t width = page.u32();
    FaxImage image;
    if (coding < static_cast<std::uint8_t>(FaxCoding::other))
      image = decode_fax(static_cast<FaxCoding>(coding), width, page.rest());
    Bytes answer;
    put_be32(answer, image.rows);
    put_be32(answer, image.bad_rows);
    answer.push_back(image.whole ? 1 : 0);
    put_bytes(answer, image.pixels);
    if (!write_all(out, worker::encode_frame(frame_pixels, answer))) return static_cast<int>(Exit::failure);
  }
  return 0;
}

}  // namespace

int run_worker(int in, int out) {
  Bytes open;
  if (!worker::read_frame(in, worker::frame_open, open_bytes_max, open) || open.empty())
    return static_cast<int>(Exit::usage);
  if (open[0] == job_fax) return decode_pages(in, out);
  return open[0] == job_srtp ? open_packets(in, out, open) : decode_payloads(in, out, open);
}

}  // namespace writ::media
