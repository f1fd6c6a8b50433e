// SPDX-License-Identifier: GPL-3.0-or-later
// Sealing what the engine gives out.
//
// Group commit. A commit costs a sync for each stream that has something new, about 2 ms each; with many busy
// targets that would stop the capture for much of the time. So the frames are written here, and the syncs of
// one round run side by side on a few threads when there is more than one: the disk merges them.
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
#include <atomic>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>

namespace writ::capture {
namespace {

using Monotonic = std::chrono::steady_clock;
// Half of what is promised, so that the sync itself fits into the other half.
constexpr auto commit_after = limits::group_commit_ms_max / 2;
constexpr std::size_t sync_threads_max = 8;

struct Tape {  // one stream of one grant
  std::optional<vault::SegmentWriter> writer;
  std::uint64_t resume_mark = 0, position = 0, ordinal = 0;
  bool dirty = false;
};

struct Lane {
  Tape call_data, content;
  bool content_allowed = false, ended = false;
  LaneCounts counts;
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
  Status commit();
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

Status Spool::Impl::commit() {
  std::vector<Tape*> round;
  round.swap(dirty);
  for (Tape* t : round) t->dirty = false;
  if (round.size() == 1) return round[0]->writer->commit();
  std::vector<Status> results(round.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < round.size(); i = next++) results[i] = round[i]->writer->commit();
  };
  std::vector<std::thread> threads;
  for (std::size_t n = 1; n < std::min(round.size(), sync_threads_max); ++n) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  for (const Status& s : results) WRIT_CHECK(s);
  return {};
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
  return i_->append(lane, lane.call_data, intercept::encode(e), lane.counts.events);
}

Status Spool::packet(std::size_t grant, const intercept::PacketTag& tag, const wire::RawPacket& p) {
  Lane& lane = i_->lanes.at(grant);
  if (!lane.content_allowed)
    return fail(Exit::integrity, "a packet was offered under a grant that takes no content",
                "18 USC 3121(c), 3127(3), (4): a pen register or trap takes no content", {},
                "stop using this probe and tell its makers: the packet was not written");
  if (lane.ended) return {};
  intercept::encode(tag, p, i_->scratch);
  return i_->append(lane, lane.content, i_->scratch, lane.counts.packets);
}

Status Spool::maybe_commit() {
  if (i_->dirty.empty() || Monotonic::now() - i_->dirty_since < commit_after) return {};
  return commit();
}

Status Spool::commit() { return i_->commit(); }

namespace {

Status close_lane(Lane& lane) {
  for (Tape* tape : {&lane.call_data, &lane.content})
    if (tape->writer) WRIT_CHECK(tape->writer->close());
  return {};
}

}  // namespace

Status Spool::end_grant(std::size_t grant) {
  Lane& lane = i_->lanes.at(grant);
  if (lane.ended) return {};
  lane.ended = true;
  lane.calls_up.clear();
  std::erase_if(i_->dirty, [&](const Tape* t) { return t == &lane.call_data || t == &lane.content; });
  return close_lane(lane);
}

Status Spool::close() {
  for (std::size_t g = 0; g < i_->lanes.size(); ++g) WRIT_CHECK(end_grant(g));
  return {};
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

Result<std::string> source_identity(const fs::path& capture) {
  constexpr std::size_t end_bytes = 64u << 10, block_bytes = 4096, blocks = 256;
  WRIT_TRY(map, MappedFile::open(capture));
  const View all = map.bytes();
  crypto::Sha256 hash;
  hash.update(view_of(fmt::format("{}\n", all.size())));
  hash.update(all.first(std::min(all.size(), end_bytes)));
  hash.update(all.last(std::min(all.size(), end_bytes)));
  const std::size_t step = all.size() / blocks;
  for (std::size_t n = 0; n < blocks && step > 0; ++n) {
    const std::size_t from = n * step;
    hash.update(all.subspan(from, std::min(block_bytes, all.size() - from)));
  }
  return crypto::hex(hash.finish());
}

}  // namespace writ::capture
