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
#include "capture/spool.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <set>

#include "capture/call_numbers.hh"
#include "capture/sync_round.hh"

namespace writ::capture {
namespace {

using Monotonic = std::chrono::steady_clock;
// Half of what is promised, so that the sync itself fits into the other half.
constexpr auto commit_after = limits::group_commit_ms_max / 2;
constexpr std::size_t held_bytes_max = 8u << 20;

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

Result<Fd> lock_spool(const fs::path& dir) {
  const fs::path file = dir / "lock";
  Fd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
  if (!fd) return tl::unexpected(io_error("open", file));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Exit::unit, fmt::format("{} is in use by another process", dir.string()),
                "one probe writes one spool", {},
                "stop the other writ-probe, or give this one a directory of its own");
  return fd;
}

}  // namespace

struct Spool::Impl {
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

  std::vector<Preparation> preparations;
  std::vector<Syncing> syncing;
  SyncRound preparing, round;  // last: they end before what they work on does
};

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

Result<Spool> Spool::open(const fs::path& dir, const std::vector<authority::VerifiedGrant>& grants,
                          const crypto::SigningKey& probe, Clock& clock, const std::string& source) {
  auto i = std::make_unique<Impl>();
  WRIT_CHECK(make_dirs(dir));
  WRIT_TRY(lock, lock_spool(dir));
  i->lock = std::move(lock);
  i->dir = dir;
  i->probe = &probe;
  i->clock = &clock;
  i->source = source;
  Spool spool{std::move(i)};
  for (const authority::VerifiedGrant& g : grants) WRIT_CHECK(spool.i_->add(g));
  WRIT_CHECK(sync_dir(dir));
  return spool;
}

Status Spool::Impl::add(const authority::VerifiedGrant& grant) {
  const fs::path lane_dir = dir / crypto::hex(grant.id());
  if (::mkdir(lane_dir.c_str(), 0750) != 0 && errno != EEXIST)
    return tl::unexpected(io_error("mkdir", lane_dir));
  const auto open_tape = [&](Tape& tape, vault::Stream stream) -> Status {
    WRIT_TRY(writer, vault::SegmentWriter::open(lane_dir, grant, stream, *probe, *clock, source, &hands));
    tape.resume_mark = writer.resume_mark();
    tape.writer.emplace(std::move(writer));
    return {};
  };
  Lane lane;
  WRIT_TRY(numbers, CallNumbers::open(lane_dir, source));
  lane.numbers.emplace(std::move(numbers));
  WRIT_CHECK(open_tape(lane.call_data, vault::Stream::call_data));
  lane.content_allowed = authority::yields_content(grant.body().kind);
  if (lane.content_allowed) WRIT_CHECK(open_tape(lane.content, vault::Stream::content));
  lanes.push_back(std::move(lane));
  return {};
}

Status Spool::add(const authority::VerifiedGrant& grant) {
  WRIT_CHECK(i_->add(grant));
  return sync_dir(i_->dir);
}

void Spool::pause(bool paused) { i_->paused = paused; }

Spool::Spool(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Spool::Spool(Spool&&) noexcept = default;
Spool::~Spool() = default;

void Spool::at(std::uint64_t position) { i_->position = position; }

namespace {

bool says_active(const intercept::Event& status) {
  const auto it = status.detail.find("status");
  return it != status.detail.end() && *it == "active";
}

void follow(std::set<std::uint32_t>& up, const intercept::Event& e) {
  using intercept::EventType;
  if (e.type == EventType::origination || e.type == EventType::termination_attempt)
    up.insert(e.call);
  else if (e.type == EventType::release)
    up.erase(e.call);
}

}  // namespace

Status Spool::event(std::size_t grant, const intercept::Event& e) {
  Lane& lane = i_->lanes.at(grant);
  if (lane.ended) return {};
  follow(lane.calls_up, e);
  if (i_->paused) return {};
  if (e.type == intercept::EventType::surveillance_status) lane.active = says_active(e);
  intercept::Event numbered = e;
  numbered.call = lane.numbers->number_of(e.call);
  return i_->append(lane, lane.call_data, {}, intercept::encode(numbered), lane.counts.events);
}

Status Spool::packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) {
  Lane& lane = i_->lanes.at(grant);
  if (!lane.content_allowed)
    return fail(Exit::integrity, "a packet was offered under a grant that takes no content",
                "18 USC 3121(c), 3127(3), (4): a pen register or trap takes no content", {},
                "stop using this probe and tell its makers: the packet was not written");
  if (lane.ended || i_->paused) return {};
  intercept::PacketTag numbered = tag;
  numbered.call = lane.numbers->number_of(tag.call);
  return i_->append(lane, lane.content, intercept::encode_head(numbered, p), p.bytes, lane.counts.packets);
}

Status Spool::maybe_commit() {
  if (i_->preparing.is_done()) WRIT_CHECK(i_->end_preparing());
  i_->begin_preparing();
  if (i_->round.is_done()) WRIT_CHECK(i_->end_round());
  const auto age = i_->dirty.empty() ? Monotonic::duration{} : Monotonic::now() - i_->dirty_since;
  const bool busy = !i_->round.is_idle();
  if (age < (busy ? Monotonic::duration{limits::group_commit_ms_max} : commit_after)) return {};
  WRIT_CHECK(i_->end_round());
  return i_->begin_round();
}

Status Spool::commit() {
  WRIT_CHECK(i_->end_round());
  for (const Lane& lane : i_->lanes) WRIT_CHECK(i_->prepare(lane));
  WRIT_CHECK(i_->begin_round());
  return i_->end_round();
}

namespace {

// A stream that failed does not keep another from its end.
void keep_first(Status& first, Status s) {
  if (first && !s) first = std::move(s);
}

// All side by side: what its frames bear is reserved already, only what was not used is given back.
Status close_lanes(const std::vector<Lane*>& lanes) {
  std::vector<Status> closed(lanes.size() * 3);
  side_by_side(closed.size(), [&](std::size_t n) {
    Lane& lane = *lanes[n / 3];
    Tape& tape = n % 3 == 0 ? lane.content : lane.call_data;
    if (n % 3 == 2)
      closed[n] = lane.numbers->close();
    else if (tape.writer)
      closed[n] = tape.writer->close();
  });
  for (Lane* lane : lanes) lane->calls_up.clear();
  Status first;
  for (Status& s : closed) keep_first(first, std::move(s));
  return first;
}

}  // namespace

Status Spool::end_grant(std::size_t grant, Instant at, const char* why) {
  Lane& lane = i_->lanes.at(grant);
  if (lane.ended) return {};
  Status first;
  if (lane.active)
    first = event(grant, {intercept::EventType::surveillance_status,
                          at,
                          0,
                          "",
                          {{"event", "deactivation"}, {"status", "inactive"}, {"why", why}}});
  lane.ended = true;
  keep_first(first, i_->prepare(lane));
  std::erase_if(i_->dirty, [&](const Impl::Listed& l) { return l.lane == &lane; });
  keep_first(first, i_->end_round());
  keep_first(first, close_lanes({&lane}));
  return first;
}

Status Spool::close() {
  Status first = i_->end_round();
  std::vector<Lane*> open;
  for (Lane& lane : i_->lanes) {
    if (std::exchange(lane.ended, true)) continue;
    keep_first(first, i_->prepare(lane));
    open.push_back(&lane);
  }
  i_->dirty.clear();
  keep_first(first, close_lanes(open));
  return first;
}

bool Spool::ended(std::size_t grant) const { return i_->lanes.at(grant).ended; }
std::size_t Spool::grants() const { return i_->lanes.size(); }

std::uint64_t Spool::bytes_written() const {
  std::uint64_t sum = 0;
  for (const Lane& lane : i_->lanes)
    for (const Tape* tape : {&lane.call_data, &lane.content})
      if (tape->writer) sum += tape->writer->bytes_written();
  return sum;
}

std::size_t Spool::calls_up() const {
  std::size_t sum = 0;
  for (const Lane& lane : i_->lanes) sum += lane.calls_up.size();
  return sum;
}

RunProgress& Spool::progress() { return i_->progress; }

LaneCounts Spool::counts(std::size_t grant) const {
  const Lane& lane = i_->lanes.at(grant);
  LaneCounts c = lane.counts;
  for (const Tape* tape : {&lane.call_data, &lane.content})
    if (tape->writer) c.acknowledged += tape->writer->records_acknowledged();
  return c;
}

Status recover_spool(const fs::path& dir, const crypto::SigningKey& probe, Clock& clock) {
  std::error_code ec;
  if (!fs::is_directory(dir, ec)) return {};
  WRIT_TRY(lock, lock_spool(dir));
  for (const auto& entry : fs::directory_iterator(dir, ec)) {
    if (!entry.is_directory(ec)) continue;
    for (const vault::Stream stream : {vault::Stream::call_data, vault::Stream::content}) {
      WRIT_TRY(files, vault::list_segments(entry.path(), stream));
      if (!files.empty()) WRIT_CHECK(vault::recover_segment(files.back().second, probe, clock));
    }
  }
  return {};
}

}  // namespace writ::capture
