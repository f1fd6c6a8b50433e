// SPDX-License-Identifier: GPL-3.0-or-later
// Sealing what the engine gives out.
//
// Sealing. Records are gathered in batches of a frame, a batch for each stream; sealing and writing them is
// the work of other threads (vault/seal_line.hh), so that the packets are followed on one processor while
// what they gave is sealed on the others.
//
// Group commit. A commit costs a sync for each stream that has something new, about 2 ms each: every 50 ms,
// with many busy targets, that would stop the capture for much of the time. So a round only hands on what is
// gathered, and its syncs run side by side on a few threads while the next packets are read; the disk merges
// them. A round waits for the one before only when what waits for it is older than was
// promised: then a slow disk slows the capture down, it does not pile up what is not safe.
//
// Preparation. A frame must not be written before the numbers of its calls are reserved and its segment has a
// file; both wait for the disk. So a lane that needs either is prepared beside the capture, at once, while
// its records gather in memory (held_bytes_max of all lanes together; a capture file is read a thousand times
// faster than it was recorded); the next round writes them. Only what exceeds that, and the end, are waited
// for.
//
// Resume. Each record carries a mark: place of the packet in the source, and how many records that packet
// gave this stream before. The engine is deterministic, so a run over the same file gives the same records at
// the same marks, and those up to the last mark that is whole in the spool are dropped. Unlike a count of
// records this stays true when another grant of the run has ended meanwhile.
#include "capture/spool_lanes.hh"

#include <algorithm>

namespace writ::capture {

using namespace spooling;

namespace {

constexpr std::size_t held_bytes_max = 8u << 20;

}  // namespace

bool Spool::Impl::resumed(Lane& lane, Tape& tape, std::uint64_t& mark) {
  if (tape.position != position) {
    tape.position = position;
    tape.ordinal = 0;
  }
  mark = position << 16 | std::min<std::uint64_t>(tape.ordinal++, 0xFFFF);
  if (position == 0) mark = 0;
  if (mark == 0 || mark > tape.resume_mark) return false;
  ++lane.counts.resumed;
  return true;
}

// A record comes in two parts, so that a packet is copied once, to where it is sealed from.
Status Spool::Impl::append(Lane& lane, Tape& tape, View head, View body, std::uint64_t& counter) {
  std::uint64_t mark = 0;
  if (resumed(lane, tape, mark)) return {};
  if (!lane.numbers->saved()) see_to(lane);  // a number was reserved, maybe for this very record
  if (!lane.waits || !hold(lane, tape, head, body, mark)) {
    if (lane.waits && (!tape.writer->has_room(head.size() + body.size()) || !tape.held.empty()))
      WRIT_CHECK(prepare(lane));
    WRIT_CHECK(tape.writer->append(head, body, mark));
  }
  ++counter;
  if (tape.dirty) return {};
  tape.dirty = true;
  tape.dirty_since = Monotonic::now();
  see_to(lane);
  return {};
}

// True when the record waits in memory with its lane.
bool Spool::Impl::hold(const Lane& lane, Tape& tape, View head, View body, std::uint64_t mark) {
  const std::size_t size = head.size() + body.size();
  if (!lane.waits || (tape.held.empty() && tape.writer->has_room(size)) || held + size > held_bytes_max)
    return false;
  tape.held.push_back({mark, size});
  put_bytes(tape.held_bytes, head);
  put_bytes(tape.held_bytes, body);
  held += size;
  return true;
}

Status Spool::Impl::release(Tape& tape) {
  held -= tape.held_bytes.size();
  const Bytes bytes = std::exchange(tape.held_bytes, {});
  View rest = bytes;
  for (const Tape::Held& h : std::exchange(tape.held, {})) {
    WRIT_CHECK(tape.writer->append(rest.first(h.bytes), h.mark));
    rest = rest.subspan(h.bytes);
  }
  return {};
}

void Spool::Impl::see_to(Lane& lane) {
  if (lane.waits) return;
  if (!lane.is_prepared()) {
    lane.waits = true;
    waiting.push_back(&lane);
    return;
  }
  list(lane, lane.call_data);
  list(lane, lane.content);
}

void Spool::Impl::list(Lane& lane, Tape& tape) {
  if (!tape.dirty || tape.listed) return;
  tape.listed = true;
  dirty_since = dirty.empty() ? tape.dirty_since : std::min(dirty_since, tape.dirty_since);
  dirty.push_back({&lane, &tape});
}

void Spool::Impl::begin_preparing() {
  if (waiting.empty() || !preparing.is_idle()) return;
  std::vector<SyncRound::Task> tasks;
  preparations.clear();
  preparations.reserve(waiting.size());
  for (Lane* lane : waiting) {
    Preparation& p = preparations.emplace_back();
    p.lane = lane;
    if (!lane->numbers->saved()) p.numbers = lane->numbers->take();
    for (Tape* t : {&lane->call_data, &lane->content})
      if (t->dirty && !t->writer->has_file()) p.files.push_back({t, {}});
    tasks.emplace_back([&p] { p.work(); });
  }
  waiting.clear();
  preparing.start(std::move(tasks));
}

Status Spool::Impl::end_preparing() {
  preparing.wait();
  Status first;
  const auto note = [&](Status s) {
    if (!s && first) first = std::move(s);
  };
  for (Preparation& p : std::exchange(preparations, {})) {
    if (!p.reserved) p.lane->numbers->not_taken();
    note(std::move(p.reserved));
    for (Preparation::File& f : p.files) note(f.tape->writer->adopt(std::move(f.made)));
    p.lane->waits = false;
    see_to(*p.lane);
    if (p.lane->waits) continue;  // for what it came to need meanwhile
    for (Tape* t : {&p.lane->call_data, &p.lane->content})
      if (t->writer && first) note(release(*t));
  }
  return first;
}

Status Spool::Impl::prepare(const Lane& lane) {
  while (lane.waits) {
    begin_preparing();
    WRIT_CHECK(end_preparing());
  }
  return {};
}

Status Spool::Impl::begin_round() {
  std::vector<SyncRound::Task> tasks;
  syncing.clear();
  syncing.reserve(dirty.size());
  Status first;
  for (const auto& [lane, tape] : std::exchange(dirty, {})) {
    tape->listed = false;
    if (lane->waits) continue;  // end_preparing lists it again
    tape->dirty = false;
    // A stream that fails does not keep what the others wrote from its sync.
    if (auto written = tape->writer->begin_commit()) {
      Syncing& s = syncing.emplace_back(Syncing{&*tape->writer, std::move(*written), {}});
      tasks.emplace_back([&s] { s.synced = vault::SegmentWriter::sync_written(s.written); });
    } else if (first) {
      first = tl::unexpected(std::move(written).error());
    }
  }
  round.start(std::move(tasks));
  return first;
}

Status Spool::Impl::end_round() {
  round.wait();
  Status first;
  for (Syncing& s : std::exchange(syncing, {}))
    if (Status ended = s.writer->end_commit(s.written, std::move(s.synced)); !ended && first)
      first = std::move(ended);
  return first;
}

}  // namespace writ::capture
