// SPDX-License-Identifier: GPL-3.0-or-later
#include "capture/headroom.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace writ::capture {
namespace {

constexpr std::uint64_t run_bytes_min = 16u << 10;  // to begin with

fs::path headroom_of(const fs::path& probe_dir) { return probe_dir / "headroom"; }

std::uint64_t free_in(const fs::path& probe_dir) {
  struct statvfs disk {};
  return ::statvfs(probe_dir.c_str(), &disk) == 0 ? std::uint64_t{disk.f_bavail} * disk.f_frsize : 0;
}

// An errno, or 0. What was kept before stays kept.
int keep(const fs::path& probe_dir, std::uint64_t bytes) {
  const Fd fd{::open(headroom_of(probe_dir).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
  if (!fd) return errno;
  return ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes));
}

tl::unexpected<Error> no_room(const fs::path& probe_dir, int error) {
  return fail(
      Exit::failure, fmt::format("keep room in {}: {}", probe_dir.string(), std::strerror(error)),
      "a run leaves room for what empties the disk (docs/field-work.md)",
      fmt::format("{} KiB of free disk", (headroom_bytes + run_bytes_min) >> 10),
      "'writ-probe retrieve', and 'writ-probe wipe' with the office's acknowledgement; then run again");
}

}  // namespace

Status keep_headroom(const fs::path& probe_dir) {
  if (const int error = keep(probe_dir, headroom_bytes); error != 0) return no_room(probe_dir, error);
  return free_in(probe_dir) < run_bytes_min ? no_room(probe_dir, ENOSPC) : Status{};
}

HeadroomUse::HeadroomUse(fs::path probe_dir) : HeadroomUse(probe_dir, free_in(probe_dir)) {}

HeadroomUse::HeadroomUse(fs::path probe_dir, std::uint64_t free_bytes) : probe_dir_(std::move(probe_dir)) {
  if (free_bytes < headroom_bytes) ::unlink(headroom_of(probe_dir_).c_str());
}

HeadroomUse::~HeadroomUse() {
  const std::uint64_t free = free_in(probe_dir_);
  if (free > run_bytes_min) keep(probe_dir_, std::min(headroom_bytes, free - run_bytes_min));
}

}  // namespace writ::capture
