// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/program.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "worker/spawn.hh"

namespace writ::worker {
namespace {

// What is said at the control socket: a byte with a descriptor; a byte and the copy's process number.
constexpr std::uint8_t give_copy = 'C', here_is_copy = 'P';
constexpr int answer_ms_max = 20'000;

struct Message {
  std::uint8_t byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr all{};
  Message() {
    all.msg_iov = &part;
    all.msg_iovlen = 1;
    all.msg_control = control.data();
    all.msg_controllen = control.size();
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
};

bool send_descriptor(int control, int fd) {
  Message m;
  m.byte = give_copy;
  cmsghdr* c = CMSG_FIRSTHDR(&m.all);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  ssize_t n = 0;
  do n = ::sendmsg(control, &m.all, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n == 1;
}

// -1 when there are no more.
int receive_descriptor(int control) {
  Message m;
  ssize_t n = 0;
  do n = ::recvmsg(control, &m.all, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  const cmsghdr* c = n == 1 ? CMSG_FIRSTHDR(&m.all) : nullptr;
  if (m.byte != give_copy || c == nullptr || c->cmsg_type != SCM_RIGHTS) return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return fd;
}

// The number of a process that is our child and lives, or has not been waited for; else 0.
pid_t receive_copy(int control) {
  std::array<std::uint8_t, 5> said{};
  for (std::size_t have = 0; have < said.size();) {
    pollfd p{control, POLLIN, 0};
    if (const int r = ::poll(&p, 1, answer_ms_max); r <= 0) {
      if (r < 0 && errno == EINTR) continue;
      return 0;
    }
    const ssize_t n = ::read(control, said.data() + have, said.size() - have);
    if (n <= 0 || said[0] != here_is_copy) return 0;
    have += static_cast<std::size_t>(n);
  }
  const auto pid = static_cast<pid_t>(load_be32(said.data() + 1));
  siginfo_t info{};
  return pid > 0 && ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? pid
                                                                                                     : 0;
}

[[noreturn]] void live(int conversation, int (*job)(int in, int out)) {
  if (::dup2(conversation, STDIN_FILENO) < 0 || ::dup2(conversation, STDOUT_FILENO) < 0 ||
      ::close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
    ::_exit(static_cast<int>(Exit::unit));
  // _exit: nothing is run at the end that the worker's lock would kill.
  ::_exit(job(STDIN_FILENO, STDOUT_FILENO));
}

}  // namespace

int serve_copies(int control, int (*job)(int in, int out)) {
  for (int fd = receive_descriptor(control); fd >= 0; fd = receive_descriptor(control)) {
    // As fork, but a child of whoever started this program. (The C library's fork cannot.)
    const long pid = ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (pid == 0) live(fd, job);
    ::close(fd);
    Bytes answer{here_is_copy};
    put_be32(answer, pid > 0 ? static_cast<std::uint32_t>(pid) : 0);
    if (!write_all(control, answer)) break;
  }
  return 0;
}

// 0: the program is gone, or is no worker's.
Result<pid_t> Program::copy(const char* who, int conversation) {
  if (pid_ < 0) {
    WRIT_TRY(ends, socket_pair());
    WRIT_TRY(pid, spawn(path_, who, ends.second.get(), {}));
    control_ = std::move(ends.first);
    pid_ = pid;
  }
  return send_descriptor(control_.get(), conversation) ? receive_copy(control_.get()) : 0;
}

Result<Conversation> Program::converse(const char* who, std::size_t answer_bytes_max) {
  WRIT_TRY(ends, socket_pair());
  for (int attempt = 0; attempt < 2; ++attempt) {  // somebody may have killed the program since
    WRIT_TRY(pid, copy(who, ends.second.get()));
    if (pid > 0) return Conversation{std::move(ends.first), pid, who, answer_bytes_max};
    renew();
  }
  return fail(Exit::unit,
              fmt::format("{} {} does not work: it ends, or is another program", who, path_.string()));
}

void Program::renew() {
  control_.reset();
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace writ::worker
