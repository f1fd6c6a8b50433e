// SPDX-License-Identifier: GPL-3.0-or-later
// A call's streams become tracks (one payload type of one stream), tracks play into a two-channel mix second
// by second, and the mix goes to disk. Nothing is held whole: a call of many hours needs the memory of its
// packets and a second of sound.
#include "media/render.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/threads.hh"
#include "media/fax.hh"
#include "media/hops.hh"
#include "media/srtp.hh"
#include "media/timeline.hh"
#include "media/track.hh"

namespace writ::media {
namespace {

using intercept::CallRecord;
using intercept::Direction;
using intercept::MediaStream;

// A capture with a wild clock must not fill the disk with silence.
constexpr Nanos recording_max = std::chrono::hours{24};

std::string name_of(const MediaStream& s) {
  return fmt::format("{} > {} ssrc {:08x}", s.src.text(), s.dst.text(), s.ssrc);
}

void say(std::string& why, std::string_view more) {
  if (!why.empty()) why += "; ";
  why += more;
}

// Why a stream is not even tried; "" when it is.
std::string not_tried(const CallRecord& call, const MediaStream& s) {
  if (s.copy_of) return fmt::format("the same as stream {} at another hop: mixed once", *s.copy_of);
  if (s.kind != "audio" && s.encrypted && !call.srtp_keys.empty())
    return fmt::format("{} is not turned into sound; it is encrypted, the keys stand in the signalling",
                       s.kind);
  if (!s.readable()) return "captured, not decodable: encrypted, keys unknown";
  if (s.kind != "audio") return fmt::format("{} is not turned into sound", s.kind);
  return {};
}

// Left is the target. Where direction is known for some streams only, the others take the side that is free;
// where it is known for none, the first stream's sender is left and its peer right.
void choose_sides(CallRecord& call, std::vector<Track>& tracks) {
  const auto direction = [&](const Track& t) { return call.media[t.stream].direction; };
  const auto any = [&](Direction d) {
    return std::ranges::any_of(tracks, [&](const Track& t) { return direction(t) == d; });
  };
  const bool from = any(Direction::from_target), to = any(Direction::to_target);
  std::vector<std::size_t> guessed;
  for (Track& t : tracks) {
    const MediaStream& s = call.media[t.stream];
    if (s.direction != Direction::unknown) {
      t.left = s.direction == Direction::from_target;
      continue;
    }
    t.left = from || to ? !from : s.src.ip == call.media[tracks.front().stream].src.ip;
    if (!from && !to && &t != &tracks.front() && call.media[tracks.front().stream].dst == s.src)
      t.left = false;
    if (!guessed.empty() && guessed.back() == t.stream) continue;
    guessed.push_back(t.stream);
    call.anomalies.push_back(
        fmt::format("recording: who speaks in stream {} ({}) is not known; put on the {}", t.stream,
                    name_of(s), t.left ? "left" : "right"));
  }
}

using Meaning = std::pair<int, Instant>;  // a payload type, and since when it means what it does
Meaning meaning_of(const PlacedPacket& p) { return {p.payload_type, p.meaning_since}; }

std::map<Meaning, std::vector<PlacedPacket>> by_meaning(std::vector<PlacedPacket> audio,
                                                        const std::vector<PlacedPacket>& noise) {
  std::map<Meaning, std::vector<PlacedPacket>> out;
  const auto other = [&](const PlacedPacket& p) { return meaning_of(p) != meaning_of(audio.front()); };
  if (std::ranges::any_of(audio, other))
    for (const PlacedPacket& p : audio) out[meaning_of(p)].push_back(p);
  else if (!audio.empty())  // of one type, as nearly every stream is
    std::swap(out[meaning_of(audio.front())], audio);
  for (const PlacedPacket& p : noise) out[meaning_of(p)].push_back(p);
  return out;
}

// One track for each meaning of a payload type that can be decoded; says on the stream what cannot.
void add_tracks(CallRecord& call, std::size_t index, const Packets& packets, std::vector<Track>& out) {
  MediaStream& s = call.media[index];
  Timeline timeline = place(s, packets);
  for (const std::string& n : timeline.notes) say(s.why, n);
  if (timeline.audio.empty()) say(s.why, "no audio packets");
  for (auto& [meaning, placed] : by_meaning(std::move(timeline.audio), timeline.noise)) {
    const auto f = format_of(s, meaning.first, meaning.second);
    const auto request = f ? DecodeRequest{f->codec, f->clock_rate, f->channels, f->fmtp}
                           : DecodeRequest{"unknown", 8000, 1, {}};
    const auto facts = codec_facts(request);
    if (facts)
      out.push_back({index, false, request, *facts, std::move(placed), timeline.stretch});
    else
      say(s.why,
          fmt::format("payload type {}, {} packets: {}", meaning.first, placed.size(), facts.error().what));
  }
}

Instant first_sample(const std::vector<Track>& tracks) {
  Instant t = tracks.front().packets.front().at;
  for (const Track& k : tracks) t = std::min(t, k.packets.front().at);
  return t;
}

void cut_wild_times(CallRecord& call, std::vector<Track>& tracks, Instant origin) {
  for (Track& t : tracks) {
    const auto n =
        std::erase_if(t.packets, [&](const PlacedPacket& p) { return p.at - origin > recording_max; });
    for (PlacedPacket& p : t.packets) p.noise_until = std::min(p.noise_until, origin + recording_max);
    if (n > 0)
      say(call.media[t.stream].why,
          fmt::format("{} packets lie more than 24 h after the call's first sound: left out", n));
  }
  std::erase_if(tracks, [](const Track& t) { return t.packets.empty(); });
}

// The lowest rate that loses nothing, among those that MP3 has.
std::uint32_t common_rate(const std::vector<Track>& tracks) {
  std::uint32_t rate = 0;
  for (const Track& t : tracks) rate = std::max(rate, t.facts.rate);
  static constexpr std::array<std::uint32_t, 5> rates{8000, 16000, 32000, 44100, 48000};
  const auto it = std::ranges::lower_bound(rates, rate);
  return it == rates.end() ? rates.back() : *it;
}

// Of equal length, an even number of values. In steps of eight, for which the compiler knows vectors.
void saturate(std::span<const std::int32_t> sums, std::span<std::int16_t> samples) {
  constexpr std::int32_t least = -32768, most = 32767;
  constexpr std::size_t step = 8;
  const auto one = [&](std::size_t k) {
    std::int32_t v = sums[k] < least ? least : sums[k];
    v = v > most ? most : v;
    samples[k] = static_cast<std::int16_t>(v);
  };
  std::size_t k = 0;
  for (; k + step <= sums.size(); k += step)
    for (std::size_t j = 0; j < step; ++j) one(k + j);
  for (; k < sums.size(); ++k) one(k);
}

Status mix(std::vector<TrackPlayer>& players, Recording& recording, std::uint32_t rate) {
  std::vector<std::int32_t> sums(std::size_t{rate} * 2);
  std::vector<std::int16_t> samples(sums.size());
  for (std::int64_t first = 0;; first += rate) {
    std::ranges::fill(sums, 0);
    std::int64_t length = 0;
    bool more = false;
    for (TrackPlayer& p : players) {
      WRIT_CHECK(p.add_to(sums, first));
      length = std::max(length, p.done() ? p.end() - first : std::int64_t{rate});
      more = more || !p.done() || p.end() > first + rate;
    }
    length = std::clamp<std::int64_t>(length, 0, rate);
    const auto values = static_cast<std::size_t>(length) * 2;
    saturate(sums, samples);
    WRIT_CHECK(recording.write(std::span{samples}.first(values)));
    if (!more) return {};
  }
}

void report(CallRecord& call, const std::vector<Track>& tracks, const std::vector<TrackPlayer>& players) {
  for (std::size_t k = 0; k < tracks.size(); ++k) {
    const TrackResult& r = players[k].result();
    MediaStream& s = call.media[tracks[k].stream];
    if (tracks[k].facts.kind == CodecKind::cn) continue;  // noise alone is nothing heard
    s.decoded = s.decoded || r.decoded > 0;
    if (r.broken > 0)
      say(s.why, fmt::format("{} of {} payloads of {} are broken: silence there", r.broken,
                             r.broken + r.decoded, tracks[k].request.codec));
    if (r.recovered > 0)
      say(s.why, fmt::format("{} lost packets were recovered from what the next one repeats", r.recovered));
    if (r.lost_workers > 0) say(s.why, fmt::format("{} times {}", r.lost_workers, r.last_loss));
  }
}

// Where the recording lies, without its ending; "" when nothing could be decoded.
Result<std::string> record(CallRecord& call, std::vector<Track>& tracks, Workers& workers,
                           const fs::path& out_dir, const std::string& base_name, Audio audio) {
  const Instant origin = first_sample(tracks);
  cut_wild_times(call, tracks, origin);
  const std::uint32_t rate = common_rate(tracks);
  Nanos span{0};
  std::vector<TrackPlayer> players;
  for (const Track& t : tracks) {
    for (const PlacedPacket& p : t.packets) span = std::max(span, p.at - origin);
    players.emplace_back(t, workers, origin, rate);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count() + 3600;
  WRIT_TRY(recording,
           Recording::create(out_dir, base_name, rate, static_cast<std::uint64_t>(seconds), audio));
  WRIT_CHECK(mix(players, recording, rate));
  report(call, tracks, players);
  if (std::ranges::none_of(tracks, [&](const Track& t) { return call.media[t.stream].decoded; }))
    return std::string{};
  WRIT_CHECK(recording.commit());
  return (fs::path(out_dir / "").parent_path().filename() / base_name).string();
}

// Keys that were told by INFO stand there already, from the signalling.
void hear_keys(CallRecord& call, const Packets& packets) {
  if (call.keys == intercept::Keys::withheld) return call.dtmf.clear();
  std::erase_if(call.dtmf, [](const intercept::Digit& d) { return d.source != "info"; });
  const std::vector<intercept::Digit> heard = find_digits(call, packets);
  call.dtmf.insert(call.dtmf.end(), heard.begin(), heard.end());
  std::ranges::stable_sort(call.dtmf, {}, &intercept::Digit::at);
}

// A foreign stream is heard by itself, on the side on which it would have been put.
Status record_foreign(CallRecord& call, const Packets& packets, Workers& workers, const fs::path& out_dir,
                      const std::string& base_name, Audio audio) {
  for (std::size_t k = 0; k < call.media.size(); ++k) {
    MediaStream& s = call.media[k];
    if (!s.foreign || s.kind != "audio") continue;
    s.file.clear();
    s.decoded = false;
    std::vector<Track> tracks;
    if (s.readable()) add_tracks(call, k, packets, tracks);
    if (tracks.empty()) continue;
    choose_sides(call, tracks);
    WRIT_TRY(name, record(call, tracks, workers, out_dir, fmt::format("{}-stream{}", base_name, k), audio));
    if (!name.empty()) s.file = name + ".wav";
  }
  return {};
}

}  // namespace

Status render_call(CallRecord& call, const std::vector<intercept::EvidencePacket>& evidence, Workers& workers,
                   const fs::path& out_dir, const std::string& base_name, Audio audio) {
  Packets packets{evidence};
  WRIT_CHECK(unlock(call, packets, workers.program()));
  mark_opened_copies(call, packets);
  hear_keys(call, packets);
  leave_out_carried(call, packets);
  call.wav.clear();
  call.mp3.clear();
  std::vector<Track> tracks;
  for (std::size_t k = 0; k < call.media.size(); ++k) {
    MediaStream& s = call.media[k];
    if (s.codec == "T38" && !s.copy_of) continue;  // pages: below
    if (s.foreign) continue;                       // below, by itself
    s.decoded = false;
    if (const std::string why = not_tried(call, s); !why.empty()) {
      if (s.why.empty()) s.why = why;
    } else {
      add_tracks(call, k, packets, tracks);
    }
  }
  if (!tracks.empty()) {
    choose_sides(call, tracks);
    WRIT_TRY(name, record(call, tracks, workers, out_dir, base_name, audio));
    if (!name.empty()) call.wav = name + ".wav";
    if (!name.empty() && audio == Audio::wav_and_mp3) call.mp3 = name + ".mp3";
  }
  WRIT_CHECK(
      render_faxes(call, packets, workers.program(), out_dir, base_name));  // forgets all names of files
  WRIT_CHECK(record_foreign(call, packets, workers, out_dir, base_name, audio));
  const bool sound = std::ranges::any_of(call.media, [](const MediaStream& s) { return s.codec != "T38"; });
  if (call.wav.empty() && sound)
    call.anomalies.push_back("recording: none, no stream of this call could be decoded");
  return {};
}

Status render_calls(intercept::Matter& m, const fs::path& worker, const fs::path& out_dir,
                    const std::function<std::string(const CallRecord& call, std::size_t n)>& name,
                    Audio audio) {
  std::vector<Status> done(m.calls.size());
  in_threads(m.calls.size(), [&](Shares& calls) {
    Workers workers{worker};
    while (const auto k = calls.take()) {
      done[*k] = render_call(m.calls[*k], m.packets, workers, out_dir, name(m.calls[*k], *k + 1), audio);
      if (!done[*k]) calls.stop();
    }
  });
  for (const Status& s : done) WRIT_CHECK(s);
  return {};
}

}  // namespace writ::media
