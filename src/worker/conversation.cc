// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/conversation.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/utf8.hh"

namespace writ::worker {
namespace {

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

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

// No environment but what is given, no descriptors but the conversation, signals as at birth.
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

}  // namespace

Result<Conversation> Conversation::start(const fs::path& program, const char* who,
                                         std::size_t answer_bytes_max, const std::string& setting) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return fail(Exit::unit, fmt::format("socketpair: {}", std::strerror(errno)));
  Conversation c;
  c.who_ = who;
  c.answer_bytes_max_ = answer_bytes_max;
  c.socket_ = Fd{pair[0]};
  const Fd theirs{pair[1]};
  WRIT_TRY(pid, spawn(program, who, theirs.get(), setting));
  c.pid_ = pid;
  return c;
}

Conversation::Conversation(Conversation&& o) noexcept { *this = std::move(o); }

Conversation& Conversation::operator=(Conversation&& o) noexcept {
  if (this == &o) return *this;
  end();
  who_ = o.who_;
  answer_bytes_max_ = o.answer_bytes_max_;
  socket_ = std::move(o.socket_);
  pid_ = std::exchange(o.pid_, -1);
  dead_ = std::exchange(o.dead_, true);
  timed_out_ = o.timed_out_;
  why_ = std::move(o.why_);
  return *this;
}

// Kills and reaps the worker; says how it ended.
std::string Conversation::end() {
  if (pid_ <= 0) return why_;
  int status = 0;
  // One that died by itself is a zombie now or in a moment; its own status says more than our SIGKILL would.
  pid_t done = 0;
  for (int i = 0; i < 20 && done == 0 && dead_; ++i) {
    done = ::waitpid(pid_, &status, WNOHANG);
    if (done == 0) ::usleep(5000);
  }
  if (done == 0) {
    socket_.reset();
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  return why_ = how_it_ended(status);
}

tl::unexpected<Error> Conversation::gone() const {
  return fail(Exit::partial, fmt::format("{} was lost: {}", who_, why_));
}

tl::unexpected<Error> Conversation::lost() {
  dead_ = true;
  end();
  return gone();
}

tl::unexpected<Error> Conversation::stuck() {
  timed_out_ = true;
  end();
  dead_ = true;
  why_ = fmt::format("no answer within {} s", within_.count());
  return gone();
}

bool Conversation::wait_for(short events) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now())
            .count();
    if (left <= 0) return false;
    pollfd p{socket_.get(), events, 0};
    const int r = ::poll(&p, 1, static_cast<int>(left));
    if (r > 0) return true;
    if (r < 0 && errno != EINTR) return false;
  }
}

Status Conversation::send(View bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!wait_for(POLLOUT)) return stuck();
    } else if (errno != EINTR) {
      return lost();
    }
  }
  return {};
}

Status Conversation::receive(std::uint8_t* to, std::size_t n) {
  while (n > 0) {
    const ssize_t r = ::recv(socket_.get(), to, n, MSG_DONTWAIT);
    if (r > 0) {
      to += r;
      n -= static_cast<std::size_t>(r);
    } else if (r < 0 && errno == EAGAIN) {
      if (!wait_for(POLLIN)) return stuck();
    } else if (r == 0 || errno != EINTR) {
      return lost();
    }
  }
  return {};
}

Result<Frame> Conversation::receive_frame() {
  std::uint8_t head[frame_head_bytes];
  WRIT_CHECK(receive(head, sizeof head));
  const FrameHead h = decode_head(View{head});
  if (h.size > answer_bytes_max_) return lost();
  Frame f{h.kind, Bytes(h.size)};
  WRIT_CHECK(receive(f.body.data(), f.body.size()));
  return f;
}

Result<Frame> Conversation::ask(std::uint8_t kind, View body, std::chrono::seconds within) {
  if (dead_) return gone();
  within_ = within;
  until_ = std::chrono::steady_clock::now() + within;
  WRIT_CHECK(send(encode_frame(kind, body)));
  return receive_frame();
}

Result<Frame> Conversation::next(std::chrono::seconds within) {
  if (dead_) return gone();
  within_ = within;
  until_ = std::chrono::steady_clock::now() + within;
  return receive_frame();
}

// The worker may have been taken over by what it opened: its words are text, and nothing that a terminal
// obeys.
tl::unexpected<Error> refusal(View body) {
  if (body.empty() || body[0] == 0 || body[0] > static_cast<std::uint8_t>(Exit::partial))
    return fail(Exit::unit, "the worker refuses and does not say why");
  std::string what = utf8_or_escaped(text_of(body.subspan(1, std::min<std::size_t>(body.size() - 1, 500))));
  for (char& c : what)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return fail(static_cast<Exit>(body[0]), std::move(what));
}

fs::path beside(const char* program) {
  std::error_code ec;
  const fs::path self = fs::read_symlink("/proc/self/exe", ec);
  return ec ? fs::path{program} : self.parent_path() / program;
}

}  // namespace writ::worker
