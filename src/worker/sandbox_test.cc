// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/sandbox.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <vector>

namespace writ::worker {
namespace {

constexpr Bounds bounds{"the test's worker", 256u << 20, 2ull << 30, 60};

// What becomes of a child that locks itself in (reading `in`, writing `out`) and then acts.
int fate(const std::function<void(int in, int out)>& act, bool lock = true) {
  int pipes[2];
  if (::pipe(pipes) != 0) return -1;
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (lock && !lock_in(pipes[0], pipes[1], bounds)) ::_exit(99);
    act(pipes[0], pipes[1]);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  ::close(pipes[0]);
  ::close(pipes[1]);
  return status;
}

void expect_killed(const char* what, const std::function<void(int, int)>& act) {
  const int status = fate(act);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << what << " status " << status;
  // The same act without the lock must not kill: else this test proves nothing.
  const int free = fate(act, false);
  EXPECT_FALSE(WIFSIGNALED(free)) << what << " kills by itself";
}

TEST(Sandbox, WhatAWorkerNeedsIsAllowed) {
  const int status = fate([](int in, int out) {
    char byte = 'x';
    if (::write(out, &byte, 1) != 1 || ::read(in, &byte, 1) != 1) ::_exit(1);
    void* m = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED) ::_exit(2);
    static_cast<char*>(m)[5] = 1;
    ::munmap(m, 1 << 20);
    if (::write(2, "x", 1) != -1 || errno != EBADF) ::_exit(4);
    const std::vector<int> heap(100000, 7);
    if (heap[99999] != 7) ::_exit(3);
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Sandbox, APlantedExploitGetsNowhere) {
  expect_killed("open", [](int, int) { ::open("/etc/hostname", O_RDONLY); });
  expect_killed(
      "creat", [](int, int) { ::open("/tmp/writ-sandbox-test-must-not-exist/x", O_WRONLY | O_CREAT, 0600); });
  expect_killed("socket", [](int, int) { ::socket(AF_INET, SOCK_STREAM, 0); });
  expect_killed("unix socket", [](int, int) { ::socket(AF_UNIX, SOCK_DGRAM, 0); });
  expect_killed("exec", [](int, int) {
    char name[] = "/bin/true";
    char* argv[] = {name, nullptr};
    ::execv(name, argv);
  });
  expect_killed("fork", [](int, int) {
    if (::fork() == 0) ::_exit(0);
  });
  expect_killed("ptrace", [](int, int) { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
  expect_killed("write elsewhere", [](int in, int) { (void)!::write(in, "", 0); });
  expect_killed("read elsewhere", [](int, int out) {
    char c = 0;
    (void)!::read(out, &c, 1);
  });
  expect_killed("executable memory", [](int, int) {
    ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  });
  expect_killed("make executable", [](int, int) {
    void* m = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::mprotect(m, 4096, PROT_READ | PROT_EXEC);
  });
  expect_killed("signal another", [](int, int) { ::kill(::getppid(), 0); });
  expect_killed("process_vm_readv",
                [](int, int) { ::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0); });
  expect_killed("io_uring", [](int, int) { ::syscall(SYS_io_uring_setup, 1, nullptr); });
}

}  // namespace
}  // namespace writ::worker
