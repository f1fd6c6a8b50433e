// SPDX-License-Identifier: GPL-3.0-or-later
// Two clocks describe a packet: the sender's RTP timestamp (exact to the sample, but of unknown origin and
// free to jump) and the time at which the probe saw it (true, but late by a varying delay). Within a run of
// packets the RTP clock decides, so that a gap is as long as the audio that is missing; the run as a whole is
// anchored where its quickest packet of the first second says. When the two disagree by more than two
// seconds, and not for one packet only, a new run begins at the arrival and is noted: a sender that restarts
// its timestamps, or a probe whose clock was set. A smaller step counts when it lasts: a sender that stops
// its clock in a pause, a longer way. If the probe's clock went back, time cannot: the recording goes on by
// the RTP clock. A sender whose clock drifts audibly is stretched to the probe's. Cost: one sort of the
// stream's packets.
#include "media/timeline.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "media/drift.hh"

namespace writ::media {
namespace {

constexpr Nanos disagreement_max = std::chrono::seconds{2};
constexpr Nanos step_min = std::chrono::milliseconds{150};  // less is not heard, and may be a queue
constexpr Nanos step_lasts = std::chrono::seconds{10};
constexpr std::size_t step_packets_min = 10;
constexpr std::size_t confirming_packets = 4;  // that must agree before a jump is believed
constexpr std::size_t notes_max = 8;
constexpr int misorder_max = 1000;  // sequence numbers
constexpr int dropout_max = 3000;   // RFC 3550 appendix A.1

struct Seen {
  std::size_t index = 0;
  View payload;
  Instant arrival{};
  std::int64_t order = 0;  // extended sequence number
  std::uint32_t timestamp = 0;
  std::int64_t ticks = 0;  // extended timestamp
  std::uint8_t payload_type = 0;
  std::uint32_t clock_rate = 8000;
  Instant meaning_since{};
  bool after_loss = false;
  bool quiet = false;  // RFC 3389
  bool sid = false;    // G.729 annex B: speech ends here
};

std::int64_t nanos_of(std::int64_t ticks, std::uint32_t rate) {
  const std::int64_t r = rate;
  return ticks / r * 1'000'000'000 + ticks % r * 1'000'000'000 / r;
}

// Extends 16-bit sequence numbers in order of arrival. A number far from the last, or one that goes back
// while the timestamp does not, is a restart: what follows comes after everything before.
class SequenceOrder {
 public:
  std::int64_t next(std::uint16_t sequence, std::uint32_t timestamp) {
    if (!started_) {
      started_ = true;
      return keep(sequence, timestamp, 0);
    }
    const auto d = static_cast<std::int16_t>(sequence - sequence_);
    const auto dt = static_cast<std::int32_t>(timestamp - timestamp_);
    if (d > 0 && d <= dropout_max) return keep(sequence, timestamp, max_ + d);
    if (d == 0 && dt == 0) return max_;
    if (d < 0 && d >= -misorder_max && dt <= 0) return max_ + d;
    return keep(sequence, timestamp, max_ + misorder_max + 1);
  }

 private:
  std::int64_t keep(std::uint16_t sequence, std::uint32_t timestamp, std::int64_t order) {
    sequence_ = sequence;
    timestamp_ = timestamp;
    return max_ = order;
  }
  bool started_ = false;
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0;
  std::int64_t max_ = 0;
};

std::vector<Seen> in_order(const intercept::MediaStream& s, const Packets& packets, std::size_t& unreadable) {
  std::vector<Seen> seen;
  seen.reserve(s.packet_index.size());
  PayloadTypes types{s};
  SequenceOrder order;
  for (std::size_t k = 0; k < s.packet_index.size(); ++k) {
    const std::size_t index = s.packet_index[k];
    packets.expect(s.packet_index, k);
    if (packets.left_out(index)) continue;
    const auto rtp = packets.rtp(index);
    if (!rtp) {
      ++unreadable;
      continue;
    }
    const PayloadMeaning& meaning = types.of(rtp->payload_type, packets.at(index));
    const std::int64_t place = order.next(rtp->sequence, rtp->timestamp);
    if (rtp->payload.empty()) continue;  // keeps a path open, and may share a real packet's number
    seen.push_back({index, rtp->payload, packets.at(index), place, rtp->timestamp, 0, rtp->payload_type,
                    meaning.clock_rate, meaning.since, false, meaning.silence,
                    meaning.g729 && rtp->payload.size() % 10 == 2});
  }
  if (!std::ranges::is_sorted(seen, {}, &Seen::order)) std::ranges::stable_sort(seen, {}, &Seen::order);
  const auto rest = std::ranges::unique(seen, {}, &Seen::order);
  seen.erase(rest.begin(), rest.end());
  for (std::size_t i = 1; i < seen.size(); ++i) seen[i].after_loss = seen[i].order != seen[i - 1].order + 1;
  std::erase_if(seen, [&](const Seen& p) { return types.of(p.payload_type, p.arrival).event; });
  return seen;
}

// Noise packets lie behind the speech before them by their timestamps, and never in front of it or behind the
// speech that follows; the noise lasts until the next packet, unless one is missing there: what was lost may
// have been speech, and stays silent.
void place_noise(const std::vector<Seen>& all, Timeline& out) {
  std::vector<PlacedPacket> placed;
  placed.reserve(all.size());
  std::size_t next_audio = 0;
  for (const Seen& p : all) {
    if (!p.quiet) {
      placed.push_back(out.audio[next_audio++]);
      continue;
    }
    PlacedPacket here{p.index, p.payload, p.payload_type, p.meaning_since, {}, p.after_loss, {}};
    if (!placed.empty()) {
      const Seen& before = all[placed.size() - 1];
      const auto ticks = static_cast<std::int32_t>(p.timestamp - before.timestamp);
      here.at = placed.back().at + Nanos{nanos_of(std::max(0, ticks), before.clock_rate)};
    }
    if (next_audio < out.audio.size()) here.at = std::min(here.at, out.audio[next_audio].at);
    placed.push_back(here);
  }
  next_audio = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool followed = i + 1 < all.size() && !all[i + 1].after_loss;
    const Instant until = followed ? placed[i + 1].at : Instant{};
    if (!all[i].quiet) {
      if (all[i].sid) out.audio[next_audio].noise_until = until;
      ++next_audio;
    } else if (next_audio > 0) {
      out.noise.push_back(placed[i]);
      out.noise.back().noise_until = until;
    }
  }
}

class Placer {
 public:
  Placer(std::vector<Seen> seen, Timeline& out) : seen_(std::move(seen)), out_(out) {}
  void run() {
    measure();
    out_.audio.reserve(seen_.size());
    for (std::size_t i = 0; i < seen_.size(); ++i)
      out_.audio.push_back({seen_[i].index,
                            seen_[i].payload,
                            seen_[i].payload_type,
                            seen_[i].meaning_since,
                            place(i),
                            seen_[i].after_loss,
                            {}});
    if (unnoted_ > 0) out_.notes.push_back(fmt::format("and {} more jumps of its clock", unnoted_));
  }

 private:
  // Of a stream with one clock rate throughout.
  void measure() {
    std::vector<ClockPoint> points;
    points.reserve(seen_.size());
    for (const Seen& p : seen_) {
      if (p.clock_rate != seen_.front().clock_rate) return;
      const std::int64_t sent = nanos_of(p.ticks - seen_.front().ticks, p.clock_rate);
      points.push_back({sent, (p.arrival - seen_.front().arrival).count() - sent});
    }
    out_.stretch = clock_stretch(points);
    if (out_.stretch == 1.0) return;
    const double ppm = (out_.stretch - 1.0) * 1e6;
    note(fmt::format("its clock runs {:.0f} ppm {}: stretched to the time of arrival", std::abs(ppm),
                     ppm > 0 ? "slow" : "fast"));
  }
  Nanos lasts(std::int64_t nanos) const {
    if (out_.stretch == 1.0) return Nanos{nanos};
    return Nanos{std::llround(static_cast<double>(nanos) * out_.stretch)};
  }
  Instant predicted(const Seen& p) const { return base_ + lasts(nanos_of(p.ticks - base_ticks_, rate_)); }
  Nanos late_by(const Seen& p) const { return p.arrival + clock_shift_ - predicted(p); }

  // The run that begins with packet i: its quickest packet of the first second tells when it began.
  void anchor(std::size_t i) {
    const Seen& first = seen_[i];
    rate_ = first.clock_rate;
    base_ticks_ = first.ticks;
    base_ = first.arrival + clock_shift_;
    Nanos earliest{0};
    for (std::size_t k = i; k < seen_.size() && seen_[k].clock_rate == rate_; ++k) {
      const std::int64_t offset = seen_[k].ticks - base_ticks_;
      if (offset < 0 || offset > rate_) break;
      const Nanos late = late_by(seen_[k]);
      if (late < -disagreement_max) break;
      earliest = std::min(earliest, late);
    }
    base_ += earliest;
  }

  bool confirmed(std::size_t i, bool late, Nanos by) const {
    const std::size_t end = std::min(seen_.size(), i + 1 + confirming_packets);
    for (std::size_t k = i + 1; k < end; ++k) {
      const Nanos d = late_by(seen_[k]);
      if (seen_[k].clock_rate == rate_ && (late ? d < by : d > -by)) return false;
    }
    return true;
  }

  // How far packet i, and all for ten seconds from it on, are behind (or ahead of) their places; 0: a queue
  // that empties again, or a few packets.
  Nanos lasting_step(std::size_t i, bool late) const {
    Nanos quickest = Nanos::max();
    std::size_t n = 0;
    for (std::size_t k = i; k < seen_.size() && seen_[k].arrival - seen_[i].arrival < step_lasts; ++k, ++n) {
      if (seen_[k].clock_rate != rate_) break;
      const Nanos d = late_by(seen_[k]);
      if (std::chrono::abs(d) > disagreement_max) break;
      if (late && d < step_min) return Nanos{0};
      quickest = std::min(quickest, d);
    }
    return n >= step_packets_min ? quickest : Nanos{0};
  }

  Instant after_step(std::size_t i, Nanos late) {
    if (std::chrono::abs(late) > step_min && confirmed(i, late > Nanos{0}, step_min)) {
      const Nanos step = lasting_step(i, late > Nanos{0});
      if (step != Nanos{0})
        note(fmt::format("from {} on it arrives {:.3f} s {}: placed anew by arrival",
                         rfc3339(seen_[i].arrival), std::abs(std::chrono::duration<double>(step).count()),
                         step > Nanos{0} ? "later" : "earlier"));
      base_ += step;
    }
    return last_ = predicted(seen_[i]);
  }

  void note(std::string text) {
    if (out_.notes.size() < notes_max)
      out_.notes.push_back(std::move(text));
    else
      ++unnoted_;
  }

  Instant place(std::size_t i) {
    const Seen& p = seen_[i];
    if (i == 0 || p.clock_rate != rate_) {
      anchor(i);
      return last_ = predicted(p);
    }
    const Nanos late = late_by(p);
    if (std::chrono::abs(late) <= disagreement_max) return after_step(i, late);
    if (!confirmed(i, late > Nanos{0}, disagreement_max)) return late > Nanos{0} ? predicted(p) : last_;
    const double seconds = std::chrono::duration<double>(late).count();
    if (late < Nanos{0} && p.arrival < seen_[i - 1].arrival - disagreement_max) {
      note(fmt::format("at {} the capture clock went back by {:.3f} s: placed by RTP time",
                       rfc3339(p.arrival), -seconds));
      clock_shift_ -= late;
      return last_ = predicted(p);
    }
    note(fmt::format("at {} RTP time and arrival disagree by {:.3f} s: placed anew by arrival",
                     rfc3339(p.arrival), seconds));
    anchor(i);
    return last_ = predicted(p);
  }

  std::vector<Seen> seen_;
  Timeline& out_;
  Instant base_{}, last_{};
  std::int64_t base_ticks_ = 0;
  std::uint32_t rate_ = 8000;
  Nanos clock_shift_{0};
  std::size_t unnoted_ = 0;
};

void place_audio(std::vector<Seen> seen, Timeline& out) {
  for (std::size_t i = 1; i < seen.size(); ++i)
    seen[i].ticks = seen[i - 1].ticks + static_cast<std::int32_t>(seen[i].timestamp - seen[i - 1].timestamp);
  Placer{std::move(seen), out}.run();
}

}  // namespace

std::optional<intercept::MediaStream::Format> format_of(const intercept::MediaStream& s, int payload_type,
                                                        Instant at) {
  const intercept::MediaStream::Format* found = nullptr;
  for (const auto& f : s.formats)
    if (f.payload_type == payload_type && (found == nullptr || f.since <= at)) found = &f;
  if (found != nullptr) return *found;
  const auto pt = static_cast<std::uint8_t>(payload_type);
  if (payload_type == s.payload_type && !s.codec.empty())
    return intercept::MediaStream::Format{pt, s.codec, s.clock_rate, s.channels, s.fmtp};
  if (const wire::RtpMap* m = wire::static_payload_type(pt))
    return intercept::MediaStream::Format{pt, m->codec, m->clock_rate, m->channels, m->fmtp};
  return std::nullopt;
}

const PayloadMeaning& PayloadTypes::of(std::uint8_t payload_type, Instant at) {
  std::optional<PayloadMeaning>& known = known_[payload_type & 127];
  if (known && !known->changes) return *known;
  const auto f = format_of(stream_, payload_type, at);
  known.emplace();
  known->changes =
      std::ranges::count(stream_.formats, payload_type, &intercept::MediaStream::Format::payload_type) > 1;
  if (f) known->since = f->since;
  if (f && f->clock_rate != 0) known->clock_rate = f->clock_rate;
  known->event = payload_type == stream_.event_payload_type || (f && f->codec == "TELEPHONE-EVENT");
  known->silence = f ? f->codec == "CN" : payload_type == 13;
  known->g729 = f && f->codec.starts_with("G729");
  return *known;
}

Timeline place(const intercept::MediaStream& s, const Packets& packets) {
  Timeline out;
  std::size_t unreadable = 0;
  std::vector<Seen> all = in_order(s, packets, unreadable);
  if (std::ranges::any_of(all, [](const Seen& p) { return p.quiet || p.sid; })) {
    std::vector<Seen> audio = all;
    std::erase_if(audio, [](const Seen& p) { return p.quiet; });
    place_audio(std::move(audio), out);
    place_noise(all, out);
  } else {
    place_audio(std::move(all), out);
  }
  if (unreadable > 0) out.notes.push_back(fmt::format("{} packets are not readable as RTP", unreadable));
  return out;
}

}  // namespace writ::media
