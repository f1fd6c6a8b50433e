// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/decoder.hh"

#include <fmt/format.h>

#include "media/worker.hh"

namespace writ::media {
namespace {

constexpr std::chrono::seconds answer_s_max{20};

Bytes question(std::uint8_t what, std::uint32_t samples, View payload) {
  Bytes body{what};
  put_be32(body, samples);
  put_bytes(body, payload.first(std::min(payload.size(), payload_bytes_max)));
  return worker::encode_frame(frame_payload, body);
}

}  // namespace

struct Decoder::Impl {
  worker::Conversation talk;
  std::uint32_t rate = 0;
};

Result<Decoder> Decoder::start(worker::Program& program, const DecodeRequest& r) {
  WRIT_CHECK(codec_facts(r));
  WRIT_TRY(job, start_job(program, "the codec worker", pcm_bytes_max, encode_open(r), answer_s_max));
  if (job.ready.size() != 4)
    return fail(Exit::unit, fmt::format("{} is not a codec worker", program.path().string()));
  return Decoder{std::make_unique<Impl>(Impl{std::move(job.talk), load_be32(job.ready.data())})};
}

void Decoder::ask(std::span<const View> payloads) {
  Bytes questions;
  for (const View p : payloads) put_bytes(questions, question(ask_decode, 0, p));
  i_->talk.tell(questions, answer_s_max);
}

Result<DecodedFrame> Decoder::ask_for(std::uint8_t what, std::uint32_t samples, View payload) {
  i_->talk.tell(question(what, samples, payload), answer_s_max);
  return next();
}

Result<DecodedFrame> Decoder::next() {
  WRIT_TRY(answer, i_->talk.next(answer_s_max));
  const Bytes& body = answer.body;
  if (answer.kind != frame_pcm || body.size() < 4 || body.size() % 2 != 0) return i_->talk.lost();
  DecodedFrame f{std::vector<std::int16_t>(body.size() / 2 - 2), load_be32(body.data())};
  for (std::size_t k = 0; k < f.pcm.size(); ++k)
    f.pcm[k] = static_cast<std::int16_t>(body[4 + 2 * k] | body[5 + 2 * k] << 8);
  return f;
}

Result<DecodedFrame> Decoder::decode(View payload) { return ask_for(ask_decode, 0, payload); }
Result<DecodedFrame> Decoder::recover(View next, std::uint32_t samples) {
  return ask_for(ask_recover, samples, next);
}
Result<DecodedFrame> Decoder::noise(std::uint32_t samples) { return ask_for(ask_noise, samples, {}); }

std::uint32_t Decoder::rate() const { return i_->rate; }
int Decoder::pid() const { return i_->talk.pid(); }
bool Decoder::timed_out() const { return i_->talk.timed_out(); }
Decoder::Decoder(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

}  // namespace writ::media
