// SPDX-License-Identifier: GPL-3.0-or-later
// What Spool holds of each grant: a lane of two streams, and what is under way for it. spool_lanes.cc tells
// how its records get to the disk.
#pragma once
#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "capture/call_numbers.hh"
#include "capture/spool.hh"
#include "capture/sync_round.hh"

namespace writ::capture {
namespace spooling {

using Monotonic = std::chrono::steady_clock;

struct Tape {  // one stream of one grant
  std::optional<vault::SegmentWriter> writer;
  std::uint64_t resume_mark = 0, position = 0, ordinal = 0;
  bool dirty = false, listed = false;  // has what no round has written; is in Impl::dirty
  Monotonic::time_point dirty_since{};
  struct Held {
    std::uint64_t mark = 0;
    std::size_t bytes = 0;
  };
  std::vector<Held> held;  // records that came while the lane waited and its frame was full; in held_bytes
  Bytes held_bytes;
};

struct Lane {
  Tape call_data, content;
  bool content_allowed = false, ended = false;
  bool waits = false;  // for its preparation: no frame of it may be written
  LaneCounts counts;
  std::optional<CallNumbers> numbers;
  std::set<std::uint32_t> calls_up;
  bool active = false;  // as its SurveillanceStatus says

  bool is_prepared() const {
    const auto lacks_file = [](const Tape& t) { return t.dirty && !t.writer->has_file(); };
    return numbers->saved() && !lacks_file(call_data) && !lacks_file(content);
  }
};

struct Preparation {
  Lane* lane = nullptr;
  std::string numbers;  // to be written; empty: none
  Status reserved;
  struct File {
    Tape* tape = nullptr;
    Result<std::shared_ptr<vault::SegmentWriter::NewFile>> made;
  };
  std::vector<File> files;

  void work() {
    if (!numbers.empty()) reserved = write_file(lane->numbers->file(), numbers);
    for (File& f : files) f.made = f.tape->writer->make_file();
  }
};

struct Syncing {
  vault::SegmentWriter* writer = nullptr;
  vault::SegmentWriter::Written written;
  Status synced;
};

}  // namespace spooling

struct Spool::Impl {
  using Monotonic = spooling::Monotonic;
  using Tape = spooling::Tape;
  using Lane = spooling::Lane;
  Fd lock;
  fs::path dir;
  const crypto::SigningKey* probe = nullptr;
  Clock* clock = nullptr;
  std::string source;
  vault::SealHands hands;
  std::deque<Lane> lanes;  // others point at them
  bool paused = false;
  struct Listed {
    Lane* lane = nullptr;
    Tape* tape = nullptr;
  };
  std::vector<Listed> dirty;   // for the next round
  std::vector<Lane*> waiting;  // for the next preparation
  RunProgress progress;
  Monotonic::time_point dirty_since{};
  std::uint64_t position = 0, bytes_closed = 0;
  std::size_t held = 0;  // bytes, of all tapes

  // True when the record is in the spool already.
  bool resumed(Lane& lane, Tape& tape, std::uint64_t& mark);
  Status add(const authority::VerifiedGrant& grant);
  Status append(Lane& lane, Tape& tape, View head, View body, std::uint64_t& counter);
  bool hold(const Lane& lane, Tape& tape, View head, View body, std::uint64_t mark);
  Status release(Tape& tape);
  void see_to(Lane& lane);  // lists what it has for the next round, or the lane for preparation
  void list(Lane& lane, Tape& tape);
  void begin_preparing();  // nothing to do while one is under way
  Status end_preparing();  // waits for it
  Status prepare(const Lane& lane);
  Status begin_round();
  Status end_round();  // waits for it; nothing to do when there is none

  std::vector<spooling::Preparation> preparations;
  std::vector<spooling::Syncing> syncing;
  SyncRound preparing, round;  // last: they end before what they work on does
};

}  // namespace writ::capture
