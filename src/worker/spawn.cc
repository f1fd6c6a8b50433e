// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/spawn.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace writ::worker {
namespace {

struct FileActions {
  posix_spawn_file_actions_t a;
  FileActions() { posix_spawn_file_actions_init(&a); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&a); }
};

struct Attributes {
  posix_spawnattr_t a;
  Attributes() { posix_spawnattr_init(&a); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&a); }
};

}  // namespace

Result<std::pair<Fd, Fd>> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(Exit::unit, fmt::format("socketpair: {}", std::strerror(errno)));
  return std::pair{Fd{ends[0]}, Fd{ends[1]}};
}

Result<pid_t> spawn(const fs::path& program, const char* who, int conversation, const std::string& setting) {
  FileActions actions;
  posix_spawn_file_actions_adddup2(&actions.a, conversation, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions.a, conversation, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions.a, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  Attributes attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes.a, &none);
  posix_spawnattr_setsigdefault(&attributes.a, &all);
  posix_spawnattr_setflags(&attributes.a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string path = program.string();
  char* argv[] = {path.data(), nullptr};
  std::string only = setting;
  char* environment[] = {only.empty() ? nullptr : only.data(), nullptr};
  pid_t pid = -1;
  const int e = posix_spawn(&pid, path.c_str(), &actions.a, &attributes.a, argv, environment);
  if (e != 0) return fail(Exit::unit, fmt::format("{} {} does not start: {}", who, path, std::strerror(e)));
  return pid;
}

}  // namespace writ::worker
