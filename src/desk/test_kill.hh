// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a command that dies before its first durable step, before its second, and so on until it is
// done; each time in a world of its own, which is then looked at and in which the command is given again.
//
// A durable step is what changes files or makes them last. Definitions in the program itself stand before
// those of the C library, for our code as for SQLite's, and count the steps; everything else goes on as it
// would. The child ends by SIGKILL: nothing is flushed, no destructor runs, no lock is given back by itself.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <set>

#include "desk/audit_service.hh"
#include "desk/test_staff.hh"

namespace writ::desk::testing {

inline long steps_before_death = LONG_MAX;

inline long counted(long call, auto... arguments) {
  if (steps_before_death-- <= 0) ::kill(::getpid(), SIGKILL);
  return ::syscall(call, arguments...);
}

// Whether `act` came to its end. The carrier is opened before the counting begins.
template <class Act>
bool ends_before(long step, Desk& d, Act act) {
  d.close();
  const pid_t child = ::fork();
  if (child == 0) {
    d.carrier();
    steps_before_death = step;
    const bool done = act(d);
    steps_before_death = LONG_MAX;  // what the end itself writes
    ::_exit(done ? 0 : 1);
  }
  int rc = 0;
  EXPECT_EQ(::waitpid(child, &rc, 0), child);
  const bool ended = WIFEXITED(rc);
  EXPECT_TRUE(ended ? WEXITSTATUS(rc) == 0 : WTERMSIG(rc) == SIGKILL) << "before step " << step << ": " << rc;
  return ended;
}

// Every act of every case is in the log, and the log is whole: nothing was stored that was not noted first.
inline void expect_noted(Desk& d) {
  std::set<std::string> noted;
  for (const Json& e : d.log())
    if (const auto detail = e.find("detail"); detail != e.end() && detail->contains("act_sha256"))
      noted.insert((*detail)["act_sha256"].get<std::string>());
  const auto all = read_cases(d.carrier());
  ASSERT_TRUE(all) << to_text(all.error());
  for (const Case& c : *all)
    for (const CaseAct& a : c.acts)
      EXPECT_TRUE(noted.contains(crypto::hex(a.id))) << c.matter << " " << a.act;
  const auto whole = verify_log(d.carrier());
  EXPECT_TRUE(whole) << to_text(whole.error());
}

// `act` (bool(World&): it succeeded) in a world of `make`, killed before each of its steps; then it is given
// again in the same world, and `look` (void(World&)) says what has to be there. How many steps there were.
//   A world has its desk as `d`, and keeps nothing of the carrier's open beside it.
template <class Make, class Act, class Look>
long killed_at_every_step(Make make, Act act, Look look) {
  for (long step = 0;; ++step) {
    SCOPED_TRACE(fmt::format("killed before step {}", step));
    auto world = make();
    const bool ended = ends_before(step, *world.d, [&](Desk&) { return act(world); });
    EXPECT_TRUE(act(world)) << "given again";
    look(world);
    expect_noted(*world.d);
    if (ended || ::testing::Test::HasFailure()) return step;
  }
}

}  // namespace writ::desk::testing

// NOLINTBEGIN: the C library's names
#define WRIT_STEP extern "C" __attribute__((weak, visibility("default")))
WRIT_STEP int fsync(int fd) { return static_cast<int>(writ::desk::testing::counted(SYS_fsync, fd)); }
WRIT_STEP int fdatasync(int fd) { return static_cast<int>(writ::desk::testing::counted(SYS_fdatasync, fd)); }
WRIT_STEP ssize_t write(int fd, const void* from, size_t n) {
  return writ::desk::testing::counted(SYS_write, fd, from, n);
}
WRIT_STEP ssize_t pwrite64(int fd, const void* from, size_t n, off64_t at) {
  return writ::desk::testing::counted(SYS_pwrite64, fd, from, n, at);
}
WRIT_STEP int ftruncate64(int fd, off64_t size) noexcept {
  return static_cast<int>(writ::desk::testing::counted(SYS_ftruncate, fd, size));
}
WRIT_STEP int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(writ::desk::testing::counted(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0u));
}
WRIT_STEP int unlink(const char* path) noexcept {
  return static_cast<int>(writ::desk::testing::counted(SYS_unlinkat, AT_FDCWD, path, 0));
}
#undef WRIT_STEP
// NOLINTEND
