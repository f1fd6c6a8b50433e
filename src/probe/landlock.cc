// SPDX-License-Identifier: GPL-3.0-or-later
// Landlock (landlock(7), Linux 5.13): which files a process may still touch, chosen by the process itself.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "probe/confine.hh"

namespace writ::probe {
namespace {

constexpr std::uint64_t file_reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t file_writing = file_reading | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                       LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                       LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG;
constexpr std::uint64_t first_version = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;  // its thirteen rights
constexpr std::uint64_t refer = first_version + 1, truncate = refer << 1;     // of its versions 2 and 3

// Its version 4, which the header here (6.1) does not know yet: TCP by port.
struct Ruleset {
  std::uint64_t files = 0, net = 0;
};
struct PortRule {
  std::uint64_t rights = 0, port = 0;
};
constexpr std::uint64_t net_bind = 1, net_connect = 2;
constexpr int rule_port = 2;

tl::unexpected<Error> landlock_failed(std::string_view act) {
  return fail(Exit::unit, fmt::format("Landlock, {}: {}", act, std::strerror(errno)));
}

Status allow_beneath(int ruleset, const fs::path& dir, std::uint64_t rights) {
  const Fd fd{::open(dir.c_str(), O_PATH | O_CLOEXEC)};
  if (!fd) return tl::unexpected(io_error("open", dir));
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = fd.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return landlock_failed(dir.string());
  return {};
}

}  // namespace

Result<bool> restrict_files(const std::vector<fs::path>& write, const std::vector<fs::path>& read,
                            std::optional<std::uint16_t> port) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  const std::uint64_t newer = (version >= 2 ? refer : 0) | (version >= 3 ? truncate : 0);
  const bool by_port = port && version >= 4;
  const Ruleset all{first_version | newer, by_port ? net_bind | net_connect : 0};
  const std::size_t size = by_port ? sizeof all : sizeof all.files;
  const Fd ruleset{static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, size, 0))};
  if (!ruleset) return landlock_failed("rules");
  for (const fs::path& dir : write)
    WRIT_CHECK(allow_beneath(ruleset.get(), dir, file_writing | (newer & ~refer)));
  for (const fs::path& dir : read) WRIT_CHECK(allow_beneath(ruleset.get(), dir, file_reading));
  if (by_port) {
    const PortRule rule{net_connect, *port};
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), rule_port, &rule, 0) != 0)
      return landlock_failed("port");
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
    return landlock_failed("restrict");
  return true;
}

}  // namespace writ::probe
