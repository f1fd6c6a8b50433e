// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/decoder.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "media/worker.hh"

namespace writ::media {
namespace {

using Deadline = std::chrono::steady_clock::time_point;
// Measured in real time on purpose: a stuck worker is a fact of this machine, not of the evidence's clock.
constexpr std::chrono::seconds answer_s_max{20};

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

// No environment, no descriptors but the conversation, signals as at birth.
Result<pid_t> spawn(const fs::path& program, int conversation) {
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
  char* environment[] = {nullptr};
  pid_t pid = -1;
  const int e = posix_spawn(&pid, path.c_str(), &actions.a, &attributes.a, argv, environment);
  if (e != 0)
    return fail(Exit::unit, fmt::format("the codec worker {} does not start: {}", path, std::strerror(e)));
  return pid;
}

}  // namespace

struct Decoder::Impl {
  Fd socket;
  pid_t pid = -1;
  std::uint32_t rate = 0;
  bool dead = false, timed_out = false;
  std::string why;

  ~Impl() { end(); }
  std::string end();
  tl::unexpected<Error> lost();
  tl::unexpected<Error> stuck();
  bool wait_for(short events, Deadline until);
  Status send(View bytes, Deadline until);
  Status receive(std::uint8_t* to, std::size_t n, Deadline until);
  Result<std::pair<FrameKind, Bytes>> receive_frame(Deadline until);
  Result<std::pair<FrameKind, Bytes>> ask(FrameKind kind, View body);
};

// Kills and reaps the worker; says how it ended.
std::string Decoder::Impl::end() {
  if (pid <= 0) return why;
  int status = 0;
  // One that died by itself is a zombie now or in a moment; its own status says more than our SIGKILL would.
  pid_t done = 0;
  for (int i = 0; i < 20 && done == 0 && dead; ++i) {
    done = ::waitpid(pid, &status, WNOHANG);
    if (done == 0) ::usleep(5000);
  }
  if (done == 0) {
    socket.reset();
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  pid = -1;
  return why = how_it_ended(status);
}

tl::unexpected<Error> Decoder::Impl::lost() {
  dead = true;
  return fail(Exit::partial, fmt::format("the codec worker was lost: {}", end()));
}

tl::unexpected<Error> Decoder::Impl::stuck() {
  timed_out = true;
  end();
  dead = true;
  why = fmt::format("no answer within {} s", answer_s_max.count());
  return fail(Exit::partial, fmt::format("the codec worker was lost: {}", why));
}

bool Decoder::Impl::wait_for(short events, Deadline until) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
            .count();
    if (left <= 0) return false;
    pollfd p{socket.get(), events, 0};
    const int r = ::poll(&p, 1, static_cast<int>(left));
    if (r > 0) return true;
    if (r < 0 && errno != EINTR) return false;
  }
}

Status Decoder::Impl::send(View bytes, Deadline until) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!wait_for(POLLOUT, until)) return stuck();
    } else if (errno != EINTR) {
      return lost();
    }
  }
  return {};
}

Status Decoder::Impl::receive(std::uint8_t* to, std::size_t n, Deadline until) {
  while (n > 0) {
    const ssize_t r = ::recv(socket.get(), to, n, MSG_DONTWAIT);
    if (r > 0) {
      to += r;
      n -= static_cast<std::size_t>(r);
    } else if (r < 0 && errno == EAGAIN) {
      if (!wait_for(POLLIN, until)) return stuck();
    } else if (r == 0 || errno != EINTR) {
      return lost();
    }
  }
  return {};
}

Result<std::pair<FrameKind, Bytes>> Decoder::Impl::receive_frame(Deadline until) {
  std::uint8_t head[frame_head_bytes];
  WRIT_CHECK(receive(head, sizeof head, until));
  const FrameHead h = decode_head(View{head});
  if (h.size > pcm_bytes_max) return lost();
  Bytes body(h.size);
  WRIT_CHECK(receive(body.data(), body.size(), until));
  return std::pair{h.kind, std::move(body)};
}

Result<std::pair<FrameKind, Bytes>> Decoder::Impl::ask(FrameKind kind, View body) {
  if (dead) return fail(Exit::partial, fmt::format("the codec worker was lost: {}", why));
  const Deadline until = std::chrono::steady_clock::now() + answer_s_max;
  WRIT_CHECK(send(encode_frame(kind, body), until));
  return receive_frame(until);
}

Result<Decoder> Decoder::start(const fs::path& worker, const DecodeRequest& r) {
  WRIT_CHECK(codec_facts(r));
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return fail(Exit::unit, fmt::format("socketpair: {}", std::strerror(errno)));
  auto i = std::make_unique<Impl>();
  i->socket = Fd{pair[0]};
  {
    const Fd theirs{pair[1]};
    WRIT_TRY(pid, spawn(worker, theirs.get()));
    i->pid = pid;
  }
  auto answer = i->ask(FrameKind::open, encode_open(r));
  if (!answer) return fail(Exit::unit, answer.error().what + ", before it was ready");
  const auto& [kind, body] = *answer;
  if (kind == FrameKind::refuse && !body.empty())
    return fail(static_cast<Exit>(body[0]), std::string(text_of(View{body}.subspan(1))));
  if (kind != FrameKind::ready || body.size() != 4)
    return fail(Exit::unit, fmt::format("{} is not a codec worker", worker.string()));
  i->rate = load_be32(body.data());
  return Decoder{std::move(i)};
}

Result<DecodedFrame> Decoder::decode(View payload) {
  WRIT_TRY(answer, i_->ask(FrameKind::payload, payload.first(std::min(payload.size(), payload_bytes_max))));
  const auto& [kind, body] = answer;
  if (kind != FrameKind::pcm || body.size() < 4 || body.size() % 2 != 0) return i_->lost();
  DecodedFrame f;
  f.broken = load_be32(body.data());
  f.pcm.reserve(body.size() / 2 - 2);
  for (std::size_t at = 4; at < body.size(); at += 2)
    f.pcm.push_back(static_cast<std::int16_t>(body[at] | body[at + 1] << 8));
  return f;
}

Result<DecodedFrame> Decoder::conceal(std::uint32_t samples) {
  DecodedFrame f;
  f.pcm.assign(std::min(samples, i_->rate * packet_seconds_max), 0);
  return f;
}

std::uint32_t Decoder::rate() const { return i_->rate; }
int Decoder::pid() const { return i_->pid; }
bool Decoder::timed_out() const { return i_->timed_out; }
Decoder::Decoder(std::unique_ptr<Impl> i) : i_(std::move(i)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

fs::path default_worker() {
  std::error_code ec;
  const fs::path self = fs::read_symlink("/proc/self/exe", ec);
  return ec ? fs::path{"writ-decode"} : self.parent_path() / "writ-decode";
}

}  // namespace writ::media
