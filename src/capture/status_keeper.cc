// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/status_keeper.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>

namespace writ::capture {
namespace {

constexpr std::chrono::seconds tell_every{1}, sample_every{10};
constexpr std::chrono::minutes rate_over{10};
constexpr std::int64_t step_ms = 500;  // beyond what adjusting a clock's rate does

std::int64_t millis(Nanos d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); }

std::uint64_t free_bytes(const fs::path& dir) {
  struct statvfs s {};
  return ::statvfs(dir.c_str(), &s) == 0 ? std::uint64_t{s.f_bavail} * s.f_frsize : 0;
}

}  // namespace

Instant clock_mark_of(const fs::path& probe_dir) {
  const auto text = read_file(probe_dir / "clock.mark");
  if (!text) return {};
  const auto j = parse_canonical(*text, "clock.mark");
  if (!j) return {};
  return parse_rfc3339(field<std::string>(*j, "at", "clock.mark").value_or("")).value_or(Instant{});
}

StatusKeeper::StatusKeeper(fs::path probe_dir, const std::vector<authority::VerifiedGrant>& grants, bool live,
                           Clock& wall, Clock& boot)
    : dir_(std::move(probe_dir)), grants_(grants), wall_(wall), boot_(boot), started_boot_(boot.now()) {
  if (const auto before = read_run_status(dir_); before && *before) {
    status_.alarm = (*before)->alarm;
    status_.alarm_at = (*before)->alarm_at;
  }
  status_.live = live;
  status_.started = status_.at = wall_.now();
  list_grants();
}

void StatusKeeper::list_grants() {
  for (std::size_t g = status_.grants.size(); g < grants_.size(); ++g) {
    GrantLeft& left = status_.grants.emplace_back();
    left.grant = crypto::hex(grants_[g].id()).substr(0, 8);
    left.until = grants_[g].until();
    left.trust_from = grants_[g].body().trust_from;
    left.trust_from_at = grants_[g].body().trust_from_at.size();
  }
}

void StatusKeeper::clocks(Instant wall, Instant boot) {
  const std::int64_t offset = millis((wall - status_.started) - (boot - started_boot_));
  if (std::abs(offset - status_.clock_offset_ms) > step_ms) {
    status_.clock_step_ms = offset - status_.clock_offset_ms;
    status_.clock_step_at = wall;
  }
  status_.clock_offset_ms = offset;
  status_.clock_mark = clock_mark_of(dir_);
}

void StatusKeeper::rates(Instant boot) {
  const auto per = [](std::uint64_t n, Nanos time, Nanos unit) -> std::uint64_t {
    if (time <= Nanos{0}) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(n) * static_cast<double>(unit.count()) /
                                      static_cast<double>(time.count()));
  };
  const Instant since = told_boot_ == Instant{} ? started_boot_ : told_boot_;
  status_.packets_per_s = per(status_.counts.packets - told_packets_, boot - since, std::chrono::seconds{1});
  told_packets_ = status_.counts.packets;
  if (samples_.empty()) samples_.push_back({started_boot_, 0});
  if (boot - samples_.back().boot >= sample_every) samples_.push_back({boot, status_.spool_bytes});
  while (samples_.size() > 1 && boot - samples_[1].boot >= rate_over) samples_.pop_front();
  const Sample& oldest = samples_.front();
  if (boot - oldest.boot < sample_every) return;  // the first seconds say nothing yet
  status_.spool_bytes_per_hour =
      per(status_.spool_bytes - oldest.bytes, boot - oldest.boot, std::chrono::hours{1});
}

void StatusKeeper::take(Spool& spool) {
  const Instant wall = wall_.now(), boot = boot_.now();
  list_grants();
  if (spool.progress().dropped > status_.counts.dropped) status_.last_drop = wall;
  status_.counts = spool.progress();
  if (status_.counts.deaf == 0)
    status_.deaf_since = {};
  else if (status_.deaf_since == Instant{})
    status_.deaf_since = wall;
  status_.calls_up = spool.calls_up();
  status_.spool_bytes = spool.bytes_written();
  status_.disk_free = free_bytes(dir_);
  rates(boot);
  clocks(wall, boot);
  status_.acknowledged = 0;
  for (std::size_t g = 0; g < grants_.size(); ++g) {
    status_.acknowledged += spool.counts(g).acknowledged;
    status_.grants[g].ended = spool.ended(g);
    status_.grants[g].looked = wall;
  }
  status_.at = wall;
  told_boot_ = boot;
  if (const auto alarms = alarms_of(status_, true, wall, {}); !alarms.empty()) {
    status_.alarm_at = wall;
    status_.alarm = fmt::format("{}: {}", alarms.front().kind, alarms.front().what);
  }
}

void StatusKeeper::look(Spool& spool) {
  if (told_boot_ != Instant{} && boot_.now() - told_boot_ < tell_every) return;
  take(spool);
  write();
}

void StatusKeeper::end(Spool& spool, int exit) {
  const std::vector<GrantLeft> before = status_.grants;
  take(spool);
  // The end of a run closes every stream; that ends no authority.
  for (std::size_t g = 0; g < before.size(); ++g)
    if (exit != static_cast<int>(Exit::expired)) status_.grants[g].ended = before[g].ended;
  status_.ended = true;
  status_.exit = exit;
  status_.calls_up = 0;
  write();
}

// Whole or not at all for a reader; not synced, since nothing rests on it.
void StatusKeeper::write() {
  const fs::path file = dir_ / "status.json", fresh = dir_ / "status.json.new";
  {
    const Fd fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (!fd || !write_all(fd.get(), view_of(canonical(to_json(status_))))) return;
  }
  static_cast<void>(::rename(fresh.c_str(), file.c_str()));
}

Result<std::optional<RunStatus>> read_run_status(const fs::path& probe_dir) {
  auto text = read_file(probe_dir / "status.json");
  if (!text && text.error().exit == Exit::not_found) return std::optional<RunStatus>{};
  if (!text) return tl::unexpected(std::move(text).error());
  WRIT_TRY(s, parse_run_status(*text));
  return std::optional{std::move(s)};
}

}  // namespace writ::capture
