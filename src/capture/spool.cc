// SPDX-License-Identifier: GPL-3.0-or-later
// A spool as its users see it; how records get to the disk: spool_lanes.cc.
#include "capture/spool.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "capture/spool_lanes.hh"

namespace writ::capture {

using namespace spooling;

namespace {

// Half of what is promised, so that the sync itself fits into the other half.
constexpr auto commit_after = limits::group_commit_ms_max / 2;

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
