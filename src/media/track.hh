// SPDX-License-Identifier: GPL-3.0-or-later
// One payload type of one stream as sound: packets in, samples at the recording's rate out, bit by bit, so
// that hours of a call need seconds of memory.
#pragma once
#include <memory>
#include <span>

#include "media/decoder.hh"
#include "media/timeline.hh"
#include "media/workers.hh"

namespace writ::media {

struct Track {
  std::size_t stream = 0;  // into CallRecord::media
  bool left = false;
  DecodeRequest request;
  CodecFacts facts;
  std::vector<PlacedPacket> packets;
  double stretch = 1.0;  // of its stream's Timeline
};

struct TrackResult {
  std::uint64_t decoded = 0;       // payloads
  std::uint64_t broken = 0;        // payloads with a part that could not be decoded
  std::uint64_t recovered = 0;     // losses of which the next packet repeats something
  std::uint64_t lost_workers = 0;  // died or got stuck
  std::string last_loss;
};

class TrackPlayer {
 public:
  // `origin`: time of the recording's first sample. The track, the packets that it was placed from and the
  // workers must outlive the player.
  TrackPlayer(const Track& track, Workers& workers, Instant origin, std::uint32_t rate);
  TrackPlayer(TrackPlayer&&) noexcept;
  ~TrackPlayer();
  // Adds the samples that belong at [first, first + mix.size() / 2) to the left or right of the interleaved
  // `mix`. Only Exit::unit: the worker does not start at all.
  Status add_to(std::span<std::int32_t> mix, std::int64_t first);
  std::int64_t end() const;  // position after the last sample that is known so far
  bool done() const;         // nothing comes after end()
  const TrackResult& result() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> i_;
};

// Whole samples in `t` at `rate`, rounded; exact for every time that came from an RTP timestamp.
std::int64_t samples_in(Nanos t, std::uint32_t rate);

}  // namespace writ::media
