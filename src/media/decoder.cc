// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/decoder.hh"

#include <fmt/format.h>

#include <cstring>

#include "media/worker.hh"

namespace writ::media {
namespace {

constexpr std::chrono::seconds answer_s_max{20};

void put_question(Bytes& questions, std::uint8_t what, std::uint32_t samples, View payload) {
  payload = payload.first(std::min(payload.size(), payload_bytes_max));
  questions.push_back(what);
  put_be32(questions, samples);
  put_be16(questions, static_cast<std::uint16_t>(payload.size()));
  put_bytes(questions, payload);
}

}  // namespace

struct Decoder::Impl {
  worker::Conversation talk;
  std::uint32_t rate = 0;
  Bytes heard{};
  View unread{};  // of heard: whole answers
};

Result<Decoder> Decoder::start(worker::Program& program, const DecodeRequest& r) {
  WRIT_CHECK(codec_facts(r));
  WRIT_TRY(job, start_job(program, "the codec worker", answers_bytes_max, encode_open(r), answer_s_max));
  if (job.ready.size() != 4)
    return fail(Exit::unit, fmt::format("{} is not a codec worker", program.path().string()));
  return Decoder{std::make_unique<Impl>(Impl{std::move(job.talk), load_be32(job.ready.data())})};
}

void Decoder::ask(std::span<const View> payloads) {
  Bytes questions;
  for (const View p : payloads) put_question(questions, ask_decode, 0, p);
  i_->talk.tell(frame_payloads, questions, answer_s_max);
}

Result<DecodedFrame> Decoder::ask_for(std::uint8_t what, std::uint32_t samples, View payload) {
  Bytes questions;
  put_question(questions, what, samples, payload);
  i_->talk.tell(frame_payloads, questions, answer_s_max);
  DecodedFrame f;
  WRIT_TRY(broken, next(f.pcm));
  f.broken = broken;
  return f;
}

Result<std::uint32_t> Decoder::next(std::vector<std::int16_t>& pcm) {
  if (i_->unread.empty()) {
    WRIT_TRY(answers, i_->talk.next(answer_s_max));
    if (answers.kind != frame_pcm) return i_->talk.lost();
    i_->heard = std::move(answers.body);
    i_->unread = i_->heard;
  }
  Reader answer{i_->unread};
  const std::uint32_t broken = answer.u32();
  const View samples = answer.take(std::size_t{answer.u32()} * sizeof pcm[0]);
  if (!answer.ok()) return i_->talk.lost();
  i_->unread = answer.rest();
  const std::size_t before = pcm.size();
  pcm.resize(before + samples.size() / sizeof pcm[0]);
  if (!samples.empty()) std::memcpy(pcm.data() + before, samples.data(), samples.size());
  return broken;
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
