// SPDX-License-Identifier: GPL-3.0-or-later
// Each packet is put where its timeline says. One that would begin before the end of what is already there
// (timestamps that do not advance, a new run anchored a little early) is put behind it: nothing is cut, and
// the next gap takes the shift up. When a worker is lost, the payloads that it had not answered are asked for
// again, each alone: the one that kills a worker then is known, costs its own length, and decoding goes on
// behind it, a bounded number of times. Nobody on the call can mute the recording by sending something that
// breaks a decoder.
#include "media/track.hh"

#include <fmt/format.h>
#include <soxr.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/prefetch.hh"
#include "media/worker.hh"

namespace writ::media {
namespace {

// What lost workers may cost one track; one that died costs milliseconds, one that hangs its whole deadline.
constexpr int patience = 2000, cost_of_death = 1, cost_of_timeout = 200;

struct FreeSoxr {
  void operator()(soxr_t s) const { soxr_delete(s); }
};

// Streaming rate conversion of one channel; passes through when the rates agree.
class Resampler {
 public:
  Status open(double in, std::uint32_t out) {
    if (in == static_cast<double>(out)) return {};
    const soxr_io_spec_t io{SOXR_INT16_I, SOXR_INT16_I, 1.0, nullptr,
                            SOXR_NO_DITHER};  // dither is not reproducible evidence
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_error_t e = nullptr;
    s_.reset(soxr_create(in, out, 1, &e, &io, &quality, nullptr));
    if (e || !s_)
      return fail(Exit::failure, fmt::format("resampling {} to {} Hz: {}", in, out, e ? e : "out of memory"));
    return {};
  }
  // in.empty(): the end; what the filter still holds comes out.
  void convert(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
    if (!s_) {
      out.insert(out.end(), in.begin(), in.end());
      return;
    }
    const bool flush = in.empty();
    std::int16_t buffer[4096];
    for (;;) {
      std::size_t used = 0, got = 0;
      const std::int16_t* from = flush ? nullptr : in.data();
      if (soxr_process(s_.get(), from, in.size(), &used, buffer, std::size(buffer), &got)) return;
      out.insert(out.end(), buffer, buffer + got);
      if (!flush) in = in.subspan(used);
      if (flush ? got == 0 : in.empty() && got < std::size(buffer)) return;
    }
  }

 private:
  std::unique_ptr<std::remove_pointer_t<soxr_t>, FreeSoxr> s_;
};

}  // namespace

std::int64_t samples_in(Nanos t, std::uint32_t rate) {
  constexpr std::int64_t second = 1'000'000'000;
  std::int64_t whole = t.count() / second, rest = t.count() % second;
  if (rest < 0) {
    rest += second;
    --whole;
  }
  return whole * rate + (rest * rate + second / 2) / second;
}

struct TrackPlayer::Impl {
  const Track& track;
  Workers& workers;
  const CodeWords* words = nullptr;  // of G.711, which needs no decoder
  std::optional<Decoder> decoder{};
  Resampler resampler{};
  std::uint32_t rate = 0;
  std::size_t next = 0;               // packet
  std::size_t asked = 0;              // packets before it are decoded, or the decoder has been asked for them
  std::size_t alone_before = 0;       // of the packets before it, one kills a worker: each is asked for alone
  std::int64_t cursor = 0;            // samples put into the resampler, at the codec's rate
  std::vector<std::int16_t> pcm{};    // of one step, at the codec's rate
  std::vector<std::int16_t> ready{};  // at `rate`, beginning at `ready_at`
  std::int64_t ready_at = 0;
  bool opened = false, flushed = false;
  TrackResult result{};
  int patience_left = patience;

  Status produce();
  Status start_decoder();
  Status decode_next();
  bool is_asked_alone(std::size_t n) const;
  void ask_ahead();
  Status fill(std::int64_t gap);
  std::int64_t noise_left() const;
  std::int64_t place_of(Instant t) const {  // by the sender's clock
    Nanos d = t - track.packets.front().at;
    if (track.stretch != 1.0) d = Nanos{std::llround(static_cast<double>(d.count()) / track.stretch)};
    return samples_in(d, track.facts.rate);
  }
  void lost(const Error& e);
  void conceal(View payload);
};

void TrackPlayer::Impl::conceal(View payload) {
  const std::uint32_t n = nominal_samples(track.facts, payload);
  pcm.assign(std::min(n ? n : track.facts.rate / 50, track.facts.rate * packet_seconds_max), 0);
  ++result.broken;
}

Status TrackPlayer::Impl::start_decoder() {
  if (decoder || patience_left <= 0) return {};
  WRIT_TRY(started, Decoder::start(workers.program(), track.request));
  decoder.emplace(std::move(started));
  return {};
}

void TrackPlayer::Impl::lost(const Error& e) {
  patience_left -= decoder->timed_out() ? cost_of_timeout : cost_of_death;
  decoder.reset();
  workers.program().renew();
  ++result.lost_workers;
  result.last_loss = e.what;
}

// Samples of comfort noise still to be played behind the packet that asked for it.
std::int64_t TrackPlayer::Impl::noise_left() const {
  if (next == 0) return 0;
  const PlacedPacket& last = track.packets[next - 1];
  return last.noise_until > last.at ? place_of(last.noise_until) - cursor : 0;
}

// A stretch without a packet, at most a second of it: noise where the sender asked for it; what the packet
// behind the gap repeats; else silence.
Status TrackPlayer::Impl::fill(std::int64_t gap) {
  const std::int64_t rate_in = track.facts.rate;
  if (const std::int64_t n = std::min({noise_left(), gap, rate_in}); n > 0 && decoder) {
    auto noise = decoder->noise(static_cast<std::uint32_t>(n));
    if (!noise) lost(noise.error());
    if (noise) pcm = std::move(noise->pcm);
    pcm.resize(static_cast<std::size_t>(n));
    return {};
  }
  constexpr std::int64_t repeated_ms_max = 60;  // one frame
  const bool repeats =
      track.facts.kind == CodecKind::opus && next < track.packets.size() && track.packets[next].after_loss;
  const std::int64_t repeated = repeats ? std::min(gap, rate_in * repeated_ms_max / 1000) : 0;
  if (gap > repeated) {
    pcm.assign(static_cast<std::size_t>(std::min(gap - repeated, rate_in)), 0);
    return {};
  }
  WRIT_CHECK(start_decoder());
  if (decoder) {
    auto got = decoder->recover(track.packets[next].payload, static_cast<std::uint32_t>(repeated));
    if (!got) lost(got.error());
    if (got && !got->pcm.empty()) {
      ++result.recovered;
      pcm = std::move(got->pcm);
    }
  }
  pcm.resize(std::min(pcm.size(), static_cast<std::size_t>(gap)));
  pcm.insert(pcm.begin(), static_cast<std::size_t>(gap) - pcm.size(), 0);
  return {};
}

// Before packet n something else may be asked: what it repeats of a loss, or comfort noise.
bool TrackPlayer::Impl::is_asked_alone(std::size_t n) const {
  const PlacedPacket& before = track.packets[n - 1];
  return before.noise_until > before.at ||
         (track.facts.kind == CodecKind::opus && track.packets[n].after_loss);
}

// The next packet, and what follows it.
void TrackPlayer::Impl::ask_ahead() {
  const std::size_t most = next < alone_before ? 1 : ahead_packets_max;
  std::vector<View> questions;
  std::size_t bytes = 0;
  for (asked = next; asked < track.packets.size() && questions.size() < most; ++asked) {
    if (asked > next && is_asked_alone(asked)) break;
    const View p = track.packets[asked].payload;
    if (!questions.empty() && bytes + p.size() > ahead_bytes_max) break;
    questions.push_back(p);
    bytes += p.size();
  }
  decoder->ask(questions);
}

Status TrackPlayer::Impl::decode_next() {
  if (words != nullptr) {
    constexpr std::size_t ahead = 4;
    if (next + ahead < track.packets.size()) prefetch(track.packets[next + ahead].payload);
    words->decode(track.packets[next++].payload, pcm);
    ++result.decoded;
    return {};
  }
  WRIT_CHECK(start_decoder());
  if (decoder && asked <= next) ask_ahead();
  if (!decoder) {
    conceal(track.packets[next++].payload);
    return {};
  }
  const auto broken = decoder->next(pcm);
  if (broken) {
    *broken ? ++result.broken : ++result.decoded;
    ++next;
    return {};
  }
  const bool alone = asked == next + 1;
  lost(broken.error());
  if (alone) {
    conceal(track.packets[next++].payload);
  } else {
    alone_before = asked;
    asked = next;
  }
  return {};
}

// One step: a stretch without a packet, one packet, or the end.
Status TrackPlayer::Impl::produce() {
  if (!opened) {
    WRIT_CHECK(resampler.open(track.facts.rate / track.stretch, rate));
    WRIT_TRY(table, workers.code_words(track.request, track.facts));
    words = table;
    opened = true;
  }
  pcm.clear();
  const std::int64_t noise = noise_left();
  if (next == track.packets.size() && noise <= 0) {
    resampler.convert({}, ready);
    flushed = true;
    decoder.reset();
    return {};
  }
  const std::int64_t gap = next < track.packets.size() ? place_of(track.packets[next].at) - cursor : noise;
  WRIT_CHECK(gap > 0 ? fill(gap) : decode_next());
  cursor += static_cast<std::int64_t>(pcm.size());
  if (!pcm.empty()) resampler.convert(pcm, ready);
  return {};
}

TrackPlayer::TrackPlayer(const Track& track, Workers& workers, Instant origin, std::uint32_t rate)
    : i_(new Impl{.track = track, .workers = workers, .rate = rate}) {
  i_->ready_at = samples_in(track.packets.front().at - origin, rate);
}

Status TrackPlayer::add_to(std::span<std::int32_t> mix, std::int64_t first) {
  const auto last = first + static_cast<std::int64_t>(mix.size() / 2);
  while (!i_->flushed && end() < last && i_->ready_at < last) WRIT_CHECK(i_->produce());
  const std::size_t channel = i_->track.left ? 0 : 1;
  const std::int64_t until = std::min(end(), last);
  for (std::int64_t at = std::max(first, i_->ready_at); at < until; ++at)
    mix[static_cast<std::size_t>(at - first) * 2 + channel] +=
        i_->ready[static_cast<std::size_t>(at - i_->ready_at)];
  if (const std::int64_t used = std::min(end(), last) - i_->ready_at; used > 0) {
    i_->ready.erase(i_->ready.begin(), i_->ready.begin() + used);
    i_->ready_at += used;
  }
  return {};
}

std::int64_t TrackPlayer::end() const { return i_->ready_at + static_cast<std::int64_t>(i_->ready.size()); }
bool TrackPlayer::done() const { return i_->flushed; }
const TrackResult& TrackPlayer::result() const { return i_->result; }
TrackPlayer::TrackPlayer(TrackPlayer&&) noexcept = default;
TrackPlayer::~TrackPlayer() = default;

}  // namespace writ::media
