// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/decoder.hh"

#include <fmt/format.h>

#include "media/worker.hh"
#include "worker/conversation.hh"

namespace writ::media {
namespace {

constexpr std::chrono::seconds answer_s_max{20};

}  // namespace

struct Decoder::Impl {
  worker::Conversation talk;
  std::uint32_t rate = 0;
};

Result<Decoder> Decoder::start(const fs::path& program, const DecodeRequest& r) {
  WRIT_CHECK(codec_facts(r));
  WRIT_TRY(talk, worker::Conversation::start(program, "the codec worker", pcm_bytes_max));
  auto answer = talk.ask(worker::frame_open, encode_open(r), answer_s_max);
  if (!answer) return fail(Exit::unit, answer.error().what + ", before it was ready");
  if (answer->kind == worker::frame_refuse && !answer->body.empty()) return worker::refusal(answer->body);
  if (answer->kind != worker::frame_ready || answer->body.size() != 4)
    return fail(Exit::unit, fmt::format("{} is not a codec worker", program.string()));
  const std::uint32_t rate = load_be32(answer->body.data());
  return Decoder{std::make_unique<Impl>(Impl{std::move(talk), rate})};
}

Result<DecodedFrame> Decoder::ask(std::uint8_t what, std::uint32_t samples, View payload) {
  Bytes question{what};
  put_be32(question, samples);
  put_bytes(question, payload.first(std::min(payload.size(), payload_bytes_max)));
  WRIT_TRY(answer, i_->talk.ask(frame_payload, question, answer_s_max));
  const Bytes& body = answer.body;
  if (answer.kind != frame_pcm || body.size() < 4 || body.size() % 2 != 0) return i_->talk.lost();
  DecodedFrame f;
  f.broken = load_be32(body.data());
  f.pcm.reserve(body.size() / 2 - 2);
  for (std::size_t at = 4; at < body.size(); at += 2)
    f.pcm.push_back(static_cast<std::int16_t>(body[at] | body[at + 1] << 8));
  return f;
}

Result<DecodedFrame> Decoder::decode(View payload) { return ask(ask_decode, 0, payload); }
Result<DecodedFrame> Decoder::recover(View next, std::uint32_t samples) {
  return ask(ask_recover, samples, next);
}
Result<DecodedFrame> Decoder::noise(std::uint32_t samples) { return ask(ask_noise, samples, {}); }

std::uint32_t Decoder::rate() const { return i_->rate; }
int Decoder::pid() const { return i_->talk.pid(); }
bool Decoder::timed_out() const { return i_->talk.timed_out(); }
Decoder::Decoder(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

fs::path default_worker() { return worker::beside("writ-decode"); }

}  // namespace writ::media
