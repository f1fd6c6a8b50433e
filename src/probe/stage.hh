// SPDX-License-Identifier: GPL-3.0-or-later
// What the probe's processes share.
//
//   ring owner --frames--> parser --findings--> sealer
//
//   file reader -----------findings--> sealer
//
// The ring owner holds sockets and rings and knows no key; the parser reads what strangers sent and holds
// nothing at all; the sealer holds the key and the spool and never sees a packet that no grant names. A
// capture file can be read again: one process reads it and finds, with nothing but that file.
#pragma once
#include <span>

#include "intercept/engine.hh"
#include "probe/shared_ring.hh"

namespace writ::probe {

// One process and which of its line it is: pid in the upper half, generation in the lower.
using Seat = std::uint64_t;
inline Seat seat_of(std::uint32_t pid, std::uint32_t generation) {
  return std::uint64_t{pid} << 32 | generation;
}
inline std::uint32_t pid_of(Seat s) { return static_cast<std::uint32_t>(s >> 32); }
inline std::uint32_t generation_of(Seat s) { return static_cast<std::uint32_t>(s); }

struct Board {
  RingHead frames, findings;
  // By the parser. A sealer or owner that reads these trusts none of them: they are numbers to show.
  // Where the frame at hand lies, plus 1; 0: none. The last one that was done with.
  alignas(64) std::atomic<std::uint64_t> at_hand{0}, done{0};
  // Its copies: the newest, and the one before, which knows less, and is called when the newest is gone, too.
  std::atomic<Seat> standby{0}, elder{0};
  std::atomic<std::uint32_t> takeovers{0};  // a copy went on, nothing was lost
  std::atomic<std::uint32_t> beats{0};      // grows while it is idle
  std::atomic<std::uint32_t> calls_seen{0};
  std::atomic<std::uint64_t> packets{0}, bytes{0}, packets_isolated{0}, calls_isolated{0}, reviews{0};
  // By the ring owner.
  alignas(64) std::atomic<Seat> active{0};
  std::atomic<std::uint32_t> call{0};  // counts what standbys are woken for
  static constexpr std::size_t suspects_max = 16;
  std::atomic<std::uint64_t> suspects[suspects_max]{};  // values of at_hand: these frames are passed over
  std::atomic<std::uint32_t> suspected{0};              // how many there were; the oldest give way
  std::atomic<std::uint32_t> fresh_starts{0};           // what the parser knew was lost with it
  std::atomic<std::uint64_t> dropped{0};                // by the kernel
  std::atomic<std::uint32_t> deaf{0};                   // sources that hear nothing at present
  std::atomic<std::uint64_t> deaf_times{0};             // how often one fell deaf
  std::atomic<bool> given_up{false};                    // there will be no more findings
  // By the sealer.
  alignas(64) std::atomic<std::uint32_t> offers{0};  // grants that came while the run goes on
};

// From owner to parser: a head, then the bytes of the frame, the text that says why, or an offered grant.
struct FrameRecord {
  enum class Kind : std::uint32_t { packet, gap, end, grant };
  Kind kind = Kind::packet;
  std::uint32_t link_type = 0, wire_length = 0, ingress = 0;  // of a packet
  // packet: its place in the input, from 1; gap: how many packets, when known; grant: its index
  std::uint64_t number = 0;
  std::int64_t at_ns = 0, until_ns = 0;
};

// From parser to sealer: a head, then intercept::encode's record, or Finished.
struct FindingRecord {
  enum class Kind : std::uint32_t { event, packet, finished };
  Kind kind = Kind::event;
  std::uint32_t grant = 0;
  std::uint64_t place = 0;  // of its packet in a source that can be read again, from 1; else 0
};
struct Finished {
  intercept::EngineStats stats;
  std::uint64_t duplicates = 0;
};

template <class T>
View bytes_of(const T& t) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const std::uint8_t*>(&t), sizeof t};
}
// The head of a record, copied; what follows it is left in `record`. False when it is too short.
template <class T>
bool take_head(View& record, T& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (record.size() < sizeof out) return false;
  std::memcpy(&out, record.data(), sizeof out);
  record = record.subspan(sizeof out);
  return true;
}

class Stage {
 public:
  static constexpr std::size_t frames_bytes = 32u << 20, findings_bytes = 8u << 20;
  static constexpr std::size_t no_frames = 4096;  // for a file, which is read in place
  static Result<Stage> make(std::size_t frames = frames_bytes, std::size_t findings = findings_bytes);
  Board& board() { return *reinterpret_cast<Board*>(board_.bytes().data()); }
  std::span<std::uint8_t> frames() { return frames_.bytes(); }
  std::span<std::uint8_t> findings() { return findings_.bytes(); }

 private:
  Stage(SharedMemory b, SharedMemory fr, SharedMemory fi)
      : board_(std::move(b)), frames_(std::move(fr)), findings_(std::move(fi)) {}
  SharedMemory board_, frames_, findings_;
};

}  // namespace writ::probe
