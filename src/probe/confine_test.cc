// SPDX-License-Identifier: GPL-3.0-or-later
// What a process can still do once it has given up the rest: tried, in a process of its own each.
#include "probe/confine.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace writ::probe {
namespace {

// How a process ended that ran `f`: its exit code, or minus the signal.
int ended(const std::function<int()>& f) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(f());
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int socket_denied() { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 1; }
int fork_ends() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  if (pid < 0) return errno;
  ::waitpid(pid, nullptr, 0);
  return 0;
}

TEST(Confine, BehindTheDoorThereIsNoNetworkNoProgramNoProcess) {
  EXPECT_EQ(ended([] { return close_the_door({}) ? socket_denied() : 99; }), 0);
  EXPECT_EQ(ended([] {
              if (!close_the_door({})) return 99;
              ::execl("/bin/true", "true", nullptr);
              return errno == EPERM ? 0 : 1;
            }),
            0);
  EXPECT_EQ(ended([] { return close_the_door({}) ? fork_ends() : 99; }), EPERM);
  EXPECT_EQ(ended([] { return close_the_door({.accepts = false, .forks = true}) ? fork_ends() : 99; }), 0);
}

TEST(Confine, ADoorWithoutFilesOpensNone) {
  const auto open_null = [](const Door& door) {
    return [door] {
      if (!close_the_door(door)) return 99;
      return ::open("/dev/null", O_RDONLY) >= 0 ? 0 : errno;
    };
  };
  EXPECT_EQ(ended(open_null({})), 0);
  EXPECT_EQ(ended(open_null({.files = false})), EPERM);
}

TEST(Confine, ASocketIsBoundOnlyBehindADoorThatBinds) {
  const auto bound = [](const Door& door) {
    return [door] {
      const int udp = ::socket(AF_INET, SOCK_DGRAM, 0);
      sockaddr_in any{};
      any.sin_family = AF_INET;
      if (!close_the_door(door)) return 99;
      if (::bind(udp, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) return errno;
      return socket_denied();
    };
  };
  EXPECT_EQ(ended(bound({})), EPERM);
  EXPECT_EQ(ended(bound({.binds = true})), 0);
}

TEST(Confine, FilesAreThoseOfTheDirectoriesNamed) {
  const fs::path base = fs::path(::testing::TempDir()) / ("writ_confine_" + std::to_string(::getpid()));
  fs::create_directories(base / "mine");
  fs::create_directories(base / "theirs");
  ASSERT_TRUE(write_file(base / "theirs" / "f", std::string_view("text")));
  ASSERT_TRUE(write_file(base / "other", std::string_view("text")));
  const int result = ended([&] {
    const auto there = restrict_files({base / "mine"}, {base / "theirs"});
    if (!there) return 99;
    if (!*there) return 77;
    if (!write_file(base / "mine" / "f", std::string_view("whole, by rename"))) return 1;
    if (!make_dirs(base / "mine" / "deep")) return 2;
    if (!read_file(base / "theirs" / "f")) return 3;
    if (write_file(base / "theirs" / "g", std::string_view("x"))) return 4;
    if (::open((base / "theirs" / "f").c_str(), O_WRONLY) >= 0) return 5;
    if (read_file(base / "other")) return 6;
    if (read_file("/etc/passwd")) return 7;
    return 0;
  });
  fs::remove_all(base);
  if (result == 77) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(result, 0);
}

// The parser's list: anything else is the end.
TEST(Confine, TheParserDiesOfWhatItMayNot) {
  const auto confined = [](const std::function<int()>& f) {
    return [f] { return confine_parser() ? f() : 99; };
  };
  EXPECT_EQ(ended(confined([] { return 0; })), 0);
  EXPECT_EQ(ended(confined([] {
              Bytes some(8u << 20, 1);
              const pid_t copy = ::fork();
              if (copy == 0) ::_exit(0);
              return copy > 0 && some[12345] == 1 ? 0 : 1;
            })),
            0);
  const std::function<int()> forbidden[] = {[] { return ::open("/dev/null", O_RDONLY); },
                                            [] { return ::socket(AF_INET, SOCK_STREAM, 0); },
                                            [] { return ::kill(::getppid(), SIGTERM); },
                                            [] { return static_cast<int>(::write(2, "x", 1)); },
                                            [] { return ::unshare(CLONE_NEWUSER); },
                                            [] {
                                              return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
                                            }};
  for (const auto& f : forbidden) EXPECT_EQ(ended(confined(f)), -SIGSYS);
}

}  // namespace
}  // namespace writ::probe
