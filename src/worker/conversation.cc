// SPDX-License-Identifier: GPL-3.0-or-later
#include "worker/conversation.hh"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/utf8.hh"
#include "worker/spawn.hh"

namespace writ::worker {
namespace {

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

}  // namespace

Result<Conversation> Conversation::start(const fs::path& program, const char* who,
                                         std::size_t answer_bytes_max, const std::string& setting) {
  WRIT_TRY(ends, socket_pair());
  WRIT_TRY(pid, spawn(program, who, ends.second.get(), setting));
  return Conversation{std::move(ends.first), pid, who, answer_bytes_max};
}

Conversation::Conversation(Fd socket, pid_t pid, const char* who, std::size_t answer_bytes_max)
    : who_(who), answer_bytes_max_(answer_bytes_max), socket_(std::move(socket)), pid_(pid) {}

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

// Nothing is said of a worker that is gone: what it answered before may be there still, and next() tells.
void Conversation::tell(std::uint8_t kind, View body, std::chrono::seconds within) {
  begin(within);
  const Bytes frame = encode_frame(kind, body);
  for (View left = frame; !dead_ && !left.empty();) {
    const ssize_t n = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
      left = left.subspan(static_cast<std::size_t>(n));
    else if (errno != EINTR && (errno != EAGAIN || !wait_for(POLLOUT)))
      return;
  }
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

void Conversation::begin(std::chrono::seconds within) {
  within_ = within;
  until_ = std::chrono::steady_clock::now() + within;
}

Result<Frame> Conversation::ask(std::uint8_t kind, View body, std::chrono::seconds within) {
  tell(kind, body, within);
  if (dead_) return gone();
  return receive_frame();
}

Result<Frame> Conversation::next(std::chrono::seconds within) {
  if (dead_) return gone();
  begin(within);
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
