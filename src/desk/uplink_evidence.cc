// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/uplink_evidence.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "desk/grant_checks.hh"

namespace writ::desk {
namespace {

using vault::GrowingSegment;

constexpr const char* upload_rule =
    "what was captured reaches the office whole, in order and unaltered (S52)";

tl::unexpected<Error> not_what_follows(const std::string& what) {
  return fail(Exit::integrity, what, upload_rule, "the bytes that follow what the office holds",
              "keep both and tell the auditor");
}

bool is_prefix(View shorter, View longer) {
  return shorter.size() <= longer.size() && std::equal(shorter.begin(), shorter.end(), longer.begin());
}

constexpr const char* staged_ending = ".part";  // what is in evidence is told by its own ending

// Bundles of the matter come in under this lock, too.
Result<Fd> lock_evidence(const fs::path& matter_dir) {
  WRIT_CHECK(make_dirs(matter_dir / "bundles", 0700));
  return lock_file(matter_dir / "bundles" / "lock");
}

// The newest segment of a stream that lies in evidence.
Result<std::optional<std::pair<std::uint64_t, fs::path>>> newest_in(const fs::path& dir, vault::Stream s) {
  auto files = vault::list_segments(dir, s);
  if (!files && files.error().exit != Exit::not_found) return tl::unexpected(std::move(files).error());
  if (!files || files->empty()) return std::optional<std::pair<std::uint64_t, fs::path>>{};
  return std::optional{files->back()};
}

}  // namespace

fs::path LinkEvidence::Lane::in_evidence() const {
  const auto& p = growing.place();
  return kept / custody::SegmentName{p.grant, p.stream, p.number}.file();
}

fs::path LinkEvidence::Lane::gathering() const {
  return staged / (in_evidence().filename().string() + staged_ending);
}

custody::Held LinkEvidence::held_of(const Lane& lane) {
  const GrowingSegment& g = lane.growing;
  custody::Held h;
  h.segment = {g.place().grant, g.place().stream, g.place().number};
  h.bytes = g.bytes();
  h.sha256 = g.sha256();
  h.closed = g.is_closed();
  return h;
}

Status LinkEvidence::note(const Lane& lane, const char* action, Json detail) {
  detail["grant"] = crypto::hex(lane.growing.place().grant);
  detail["segment"] = lane.in_evidence().filename().string();
  detail["probe"] = probe_name_;
  return c_->note("desk", action, lane.matter, std::move(detail)).map([](const auto&) {});
}

// The matter whose issued grant named this probe.
Result<std::string> LinkEvidence::matter_of(const crypto::Digest& grant) const {
  const auto none = [&] {
    return fail(Exit::refused,
                fmt::format("the grant {} was not given to the probe {}", crypto::hex(grant).substr(0, 16),
                            probe_name_),
                upload_rule, "segments that were sealed under this probe's grants",
                "keep the probe's spool and tell the auditor");
  };
  WRIT_TRY(ask, c_->db().prepare("SELECT matter, number FROM grants WHERE id=? AND file IS NOT NULL"));
  WRIT_TRY(found, ask.bind(1, crypto::hex(grant)).step());
  if (!found) return none();
  WRIT_TRY(row, Orders{*c_}.grant(ask.text(0), ask.integer(1)));
  if (!row) return none();
  WRIT_TRY(issued, issued_grant(*c_, *row));
  if (issued.body.probe != probe_ || authority::grant_id(issued.body) != grant) return none();
  return issued.body.matter;
}

// Where the stream stands: after the newest segment in evidence, or within it.
Result<GrowingSegment> LinkEvidence::begun(const link::StreamName& s, Lane& lane) const {
  GrowingSegment::Place place{s.grant, s.stream, 1, std::nullopt};
  WRIT_TRY(newest, newest_in(lane.kept, s.stream));
  if (!newest) return GrowingSegment{place, probe_};
  WRIT_TRY(info, vault::verify_segment(newest->second, probe_));
  if (info.grant != s.grant || info.stream != s.stream || info.number != newest->first)
    return not_what_follows(newest->second.string() + " stands in another segment's place");
  place.number = info.number;
  place.previous = info.previous;
  const fs::path staged = lane.staged / (newest->second.filename().string() + staged_ending);
  std::error_code ec;
  if (info.closed) {
    fs::remove(staged, ec);
    place.number = info.number + 1;
    place.previous = info.trailer;
    const std::string next = custody::SegmentName{s.grant, s.stream, place.number}.file();
    if (fs::exists(lane.staged / (next + staged_ending), ec)) return GrowingSegment{place, probe_};
    // Nothing of the next one yet: the closed one is what is held.
    place.number = info.number;
    place.previous = info.previous;
    GrowingSegment whole{place, probe_};
    WRIT_TRY(map, MappedFile::open(newest->second));
    WRIT_CHECK(whole.take(map.bytes()));
    lane.published = whole.bytes();
    return whole;
  }
  WRIT_TRY(kept, read_file(newest->second));
  lane.published = kept.size();
  const auto have = read_file(staged);
  if (!have || have->size() < kept.size()) {
    if (have && !is_prefix(*have, kept))
      return not_what_follows(staged.string() + " is not what lies in evidence");
    WRIT_CHECK(write_file(staged, kept));
  } else if (!is_prefix(kept, *have)) {
    return not_what_follows(newest->second.string() + " is not what was uploaded");
  }
  return GrowingSegment{place, probe_};
}

// Takes up what a connection, or an office, before this one left; a torn tail was never acknowledged.
Status LinkEvidence::resume(const link::StreamName& s, Lane& lane) {
  WRIT_CHECK(make_dirs(lane.kept, 0700));
  WRIT_CHECK(make_dirs(lane.staged, 0700));
  WRIT_TRY(g, begun(s, lane));
  lane.growing = std::move(g);
  if (lane.growing.is_closed()) return {};
  const fs::path file = lane.gathering();
  lane.file = Fd{::open(file.c_str(), O_RDWR | O_APPEND | O_CLOEXEC)};
  if (!lane.file) return errno == ENOENT ? Status{} : Status{tl::unexpected(io_error("open", file))};
  std::uint64_t whole = 0;
  {
    WRIT_TRY(map, MappedFile::open(file));
    WRIT_TRY(good, lane.growing.take_whole(map.bytes()));
    whole = good;
  }
  if (::ftruncate(lane.file.get(), static_cast<off_t>(whole)) != 0 || ::fsync(lane.file.get()) != 0)
    return tl::unexpected(io_error("cut", file));
  lane.grown = Steady::now();
  return lane.growing.is_closed() ? publish(lane) : Status{};
}

Result<LinkEvidence::Lane> LinkEvidence::lane_of(const link::StreamName& s) const {
  WRIT_TRY(matter, matter_of(s.grant));
  const fs::path dir = c_->data() / "evidence" / matter;
  const std::string id = crypto::hex(s.grant);
  return Lane{matter, dir / id, dir / ".link" / id, {}, GrowingSegment{{s.grant, s.stream, 1, {}}, probe_},
              0,      {}};
}

Result<custody::Held> LinkEvidence::open(const link::StreamName& s) {
  lanes_.erase(s);
  WRIT_TRY(lane, lane_of(s));
  {
    WRIT_TRY(lock, lock_evidence(lane.kept.parent_path()));
    WRIT_CHECK(resume(s, lane));
  }
  const custody::Held held = held_of(lane);
  lanes_.emplace(s, std::move(lane));
  return held;
}

Status LinkEvidence::begin_segment(Lane& lane) {
  WRIT_CHECK(note(lane, "evidence.receive", Json::object()));
  const fs::path file = lane.gathering();
  lane.file = Fd{::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)};
  if (!lane.file) return tl::unexpected(io_error("create", file));
  lane.published = 0;
  return sync_dir(lane.staged);
}

Result<custody::Held> LinkEvidence::take(const link::Piece& p) {
  const link::StreamName s{p.segment.grant, p.segment.stream};
  const auto it = lanes_.find(s);
  if (it == lanes_.end()) return fail(Exit::usage, "a piece of a stream that was not asked for");
  Lane& lane = it->second;
  if (lane.growing.is_closed() && p.segment.number == lane.growing.place().number + 1) {
    lane.growing = GrowingSegment{{s.grant, s.stream, p.segment.number, lane.growing.trailer()}, probe_};
    lane.file.reset();
  }
  const std::uint64_t number = lane.growing.place().number;
  if (p.segment.number < number || (p.segment.number == number && p.offset < lane.growing.bytes()))
    return held_of(lane);  // sent twice
  if (p.segment.number != number || p.offset != lane.growing.bytes())
    return fail(Exit::usage, fmt::format("{}: a piece at byte {}, {} are held", p.segment.file(), p.offset,
                                         lane.growing.bytes()));
  const auto kept = [&]() -> Status {
    WRIT_CHECK(lane.growing.take(p.bytes));
    if (!lane.file) WRIT_CHECK(begin_segment(lane));
    WRIT_CHECK(write_all(lane.file.get(), p.bytes));
    if (::fdatasync(lane.file.get()) != 0) return tl::unexpected(io_error("sync", lane.gathering()));
    lane.grown = Steady::now();
    if (!lane.growing.is_closed()) return {};
    WRIT_TRY(lock, lock_evidence(lane.kept.parent_path()));
    return publish(lane);
  };
  if (Status done = kept(); !done) {
    lanes_.erase(it);  // what the disk has, the next open finds out
    return tl::unexpected(std::move(done).error());
  }
  return held_of(lane);
}

// The lock of the matter's evidence is held.
Status LinkEvidence::publish(Lane& lane) {
  const fs::path staged = lane.gathering(), kept = lane.in_evidence();
  WRIT_TRY(map, MappedFile::open(staged));
  if (const auto there = MappedFile::open(kept); there) {
    if (is_prefix(map.bytes(), there->bytes())) return {};  // by a bundle, meanwhile
    if (!is_prefix(there->bytes(), map.bytes()))
      return not_what_follows(kept.string() + " differs from what was uploaded");
  }
  WRIT_CHECK(note(lane, "evidence.import",
                  Json{{"sha256", crypto::hex(lane.growing.sha256())}, {"bytes", lane.growing.bytes()}}));
  if (!lane.growing.is_closed()) {
    WRIT_CHECK(write_file(kept, map.bytes(), 0440));
    lane.published = lane.growing.bytes();
    return {};
  }
  if (::fchmod(lane.file.get(), 0440) != 0 || ::fsync(lane.file.get()) != 0 ||
      ::rename(staged.c_str(), kept.c_str()) != 0)
    return tl::unexpected(io_error("rename", staged));
  lane.file.reset();
  lane.published = lane.growing.bytes();
  WRIT_CHECK(sync_dir(lane.kept));
  return sync_dir(lane.staged);
}

Status LinkEvidence::settle(std::chrono::milliseconds rest) {
  for (auto& [name, lane] : lanes_) {
    if (lane.growing.is_closed() || lane.growing.frames() == 0 || lane.growing.bytes() == lane.published ||
        Steady::now() - lane.grown < rest)
      continue;
    WRIT_TRY(lock, lock_evidence(lane.kept.parent_path()));
    WRIT_CHECK(publish(lane));
  }
  return {};
}

}  // namespace writ::desk
