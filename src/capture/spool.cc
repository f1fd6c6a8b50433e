// SPDX-License-Identifier: GPL-3.0-or-later
// Sealing what the engine gives out.
//
// Group commit. A commit costs a sync for each stream that has something new, about 2 ms each: every 50 ms,
// with many busy targets, that would stop the capture for much of the time. So the frames are sealed and
// written here, and the syncs of one round run side by side on a few threads while the next packets are read;
// the disk merges them. A round that is due waits for the one before: a slow disk slows the capture down, it
// does not pile up what is not safe. Only a stream's first frame, which makes its file, and the end are
// waited for.
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
#include <set>

#include "capture/call_numbers.hh"
#include "capture/sync_round.hh"

namespace writ::capture {
namespace {

using Monotonic = std::chrono::steady_clock;
// Half of what is promised, so that the sync itself fits into the other half.
constexpr auto commit_after = limits::group_commit_ms_max / 2;

struct Tape {  // one stream of one grant
  std::optional<vault::SegmentWriter> writer;
  std::uint64_t resume_mark = 0, position = 0, ordinal = 0;
  bool dirty = false;
};

struct Lane {
  Tape call_data, content;
  bool content_allowed = false, ended = false;
  LaneCounts counts;
  std::optional<CallNumbers> numbers;
  std::set<std::uint32_t> calls_up;
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
  std::vector<Lane> lanes;
  std::vector<Tape*> dirty;
  RunProgress progress;
  Monotonic::time_point dirty_since{};
  std::uint64_t position = 0, bytes_closed = 0;
  Bytes scratch;

  // True when the record is in the spool already.
  bool resumed(Lane& lane, Tape& tape, std::uint64_t& mark);
  Status append(Lane& lane, Tape& tape, View record, std::uint64_t& counter);
  Status begin_round();
  Status end_round();  // waits for it; nothing to do when there is none

  SyncRound round;  // last: it ends before the writers do
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

Status Spool::Impl::append(Lane& lane, Tape& tape, View record, std::uint64_t& counter) {
  std::uint64_t mark = 0;
  if (resumed(lane, tape, mark)) return {};
  WRIT_CHECK(tape.writer->append(record, mark));
  ++counter;
  if (tape.dirty) return {};
  tape.dirty = true;
  if (dirty.empty()) dirty_since = Monotonic::now();
  dirty.push_back(&tape);
  return {};
}

Status Spool::Impl::begin_round() {
  std::vector<SyncRound::Item> items(dirty.size());
  std::vector<Status> failed(dirty.size());
  const auto write = [&](std::size_t i) {
    vault::SegmentWriter& writer = *dirty[i]->writer;
    if (auto written = writer.begin_commit())
      items[i] = {&writer, std::move(*written), {}};
    else
      failed[i] = tl::unexpected(written.error());
  };
  std::vector<std::size_t> without_file;
  for (std::size_t i = 0; i < dirty.size(); ++i) {
    dirty[i]->dirty = false;
    if (dirty[i]->writer->has_file())
      write(i);
    else
      without_file.push_back(i);
  }
  side_by_side(without_file.size(), [&](std::size_t n) { write(without_file[n]); });
  dirty.clear();
  // A stream that failed does not keep what the others wrote from its sync.
  std::erase_if(items, [](const SyncRound::Item& item) { return item.writer == nullptr; });
  round.start(std::move(items));
  for (const Status& s : failed) WRIT_CHECK(s);
  return {};
}

Status Spool::Impl::end_round() {
  Status first;
  for (SyncRound::Item& item : round.wait())
    if (Status s = item.writer->end_commit(item.written, std::move(item.synced)); !s && first)
      first = std::move(s);
  return first;
}

Result<Spool> Spool::open(const fs::path& dir, const std::vector<authority::VerifiedGrant>& grants,
                          const crypto::SigningKey& probe, Clock& clock, const std::string& source) {
  auto i = std::make_unique<Impl>();
  WRIT_CHECK(make_dirs(dir));
  WRIT_TRY(lock, lock_spool(dir));
  i->lock = std::move(lock);
  i->lanes.resize(grants.size());
  for (std::size_t g = 0; g < grants.size(); ++g) {
    const fs::path lane_dir = dir / crypto::hex(grants[g].id());
    if (::mkdir(lane_dir.c_str(), 0750) != 0 && errno != EEXIST)
      return tl::unexpected(io_error("mkdir", lane_dir));
    Lane& lane = i->lanes[g];
    WRIT_TRY(numbers, CallNumbers::open(lane_dir, source));
    lane.numbers.emplace(std::move(numbers));
    WRIT_TRY(call_data,
             vault::SegmentWriter::open(lane_dir, grants[g], vault::Stream::call_data, probe, clock, source));
    lane.call_data.resume_mark = call_data.resume_mark();
    lane.call_data.writer.emplace(std::move(call_data));
    lane.content_allowed = authority::yields_content(grants[g].body().kind);
    if (!lane.content_allowed) continue;
    WRIT_TRY(content,
             vault::SegmentWriter::open(lane_dir, grants[g], vault::Stream::content, probe, clock, source));
    lane.content.resume_mark = content.resume_mark();
    lane.content.writer.emplace(std::move(content));
  }
  WRIT_CHECK(sync_dir(dir));
  return Spool{std::move(i)};
}

Spool::Spool(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Spool::Spool(Spool&&) noexcept = default;
Spool::~Spool() = default;

void Spool::at(std::uint64_t position) { i_->position = position; }

namespace {

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
  intercept::Event numbered = e;
  WRIT_TRY(number, lane.numbers->number_of(e.call));
  numbered.call = number;
  return i_->append(lane, lane.call_data, intercept::encode(numbered), lane.counts.events);
}

Status Spool::packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) {
  Lane& lane = i_->lanes.at(grant);
  if (!lane.content_allowed)
    return fail(Exit::integrity, "a packet was offered under a grant that takes no content",
                "18 USC 3121(c), 3127(3), (4): a pen register or trap takes no content", {},
                "stop using this probe and tell its makers: the packet was not written");
  if (lane.ended) return {};
  intercept::PacketTag numbered = tag;
  WRIT_TRY(number, lane.numbers->number_of(tag.call));
  numbered.call = number;
  intercept::encode(numbered, p, i_->scratch);
  return i_->append(lane, lane.content, i_->scratch, lane.counts.packets);
}

Status Spool::maybe_commit() {
  if (i_->round.is_done()) WRIT_CHECK(i_->end_round());
  if (i_->dirty.empty() || Monotonic::now() - i_->dirty_since < commit_after) return {};
  WRIT_CHECK(i_->end_round());
  return i_->begin_round();
}

Status Spool::commit() {
  WRIT_CHECK(i_->end_round());
  WRIT_CHECK(i_->begin_round());
  return i_->end_round();
}

namespace {

// A stream that failed does not keep another from its end.
void keep_first(Status& first, Status s) {
  if (first && !s) first = std::move(s);
}

Status close_lane(Lane& lane) {
  Status first;
  lane.calls_up.clear();
  for (Tape* tape : {&lane.call_data, &lane.content})
    if (tape->writer) keep_first(first, tape->writer->close());
  if (lane.numbers) keep_first(first, lane.numbers->close());
  return first;
}

}  // namespace

Status Spool::end_grant(std::size_t grant) {
  Lane& lane = i_->lanes.at(grant);
  if (lane.ended) return {};
  lane.ended = true;
  std::erase_if(i_->dirty, [&](const Tape* t) { return t == &lane.call_data || t == &lane.content; });
  Status first = i_->end_round();
  keep_first(first, close_lane(lane));
  return first;
}

Status Spool::close() {
  Status first = i_->end_round();
  i_->dirty.clear();
  std::vector<Lane*> open;
  for (Lane& lane : i_->lanes)
    if (!std::exchange(lane.ended, true)) open.push_back(&lane);
  std::vector<Status> closed(open.size());
  side_by_side(open.size(), [&](std::size_t n) { closed[n] = close_lane(*open[n]); });
  for (Status& s : closed) keep_first(first, std::move(s));
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
