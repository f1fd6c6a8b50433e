// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/wall_guard.hh"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "base/json.hh"

namespace writ::capture {
namespace {

constexpr std::chrono::seconds step_tolerated{1};
constexpr std::chrono::seconds store_every{1};
constexpr std::string_view schema = "writ.clock-mark/1";

}  // namespace

Instant BootClock::now() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return from_ns(static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec);
}

WallGuard::WallGuard(fs::path mark, Clock& wall, Clock& boot)
    : file_(std::move(mark)),
      wall_(wall),
      boot_(boot),
      started_wall_(wall.now()),
      started_boot_(boot.now()) {}

Status WallGuard::read_mark() {
  if (read_) return {};
  std::error_code ec;
  if (fs::exists(file_, ec)) {
    WRIT_TRY(text, read_file(file_));
    WRIT_TRY(json, parse_canonical(text, file_.filename().string()));
    WRIT_TRY(at, field<std::string>(json, "at", "clock mark"));
    WRIT_TRY(mark, parse_rfc3339(at));
    highest_ = stored_ = mark;
  }
  read_ = true;
  return {};
}

Result<Instant> WallGuard::now() {
  WRIT_CHECK(read_mark());
  const Instant wall = wall_.now();
  if (wall < highest_ - step_tolerated)
    return fail(Exit::refused,
                fmt::format("clock set back: it shows {}, but {} was seen", rfc3339(wall), rfc3339(highest_)),
                "a clock set back stops every interception (docs/design.md, security: clock)",
                "a clock that is right",
                "the technician sets the machine's clock right and starts writ-probe again");
  const Instant now = std::max({wall, highest_, started_wall_ + (boot_.now() - started_boot_)});
  highest_ = std::max(highest_, wall);
  if (highest_ - stored_ >= store_every) {
    WRIT_CHECK(write_file(file_, canonical(Json{{"schema", schema}, {"at", rfc3339(highest_)}})));
    stored_ = highest_;
  }
  return now;
}

}  // namespace writ::capture
