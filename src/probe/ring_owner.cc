// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/ring_owner.hh"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "probe/parser.hh"

namespace writ::probe {
namespace {

// A frame costs the parser microseconds; even on a machine that is badly overloaded this is a loop.
constexpr std::chrono::seconds hang_s_max{5};
// Who did not look for longer than this was held up, and the parser with him, maybe.
constexpr std::chrono::milliseconds judged_at_once_max{100};
// A frame kills with SIGKILL by way of memory, and filling that is work. Whoever kills from without may
// strike at one frame again and again, too, when he lets no parser get on; hardly where one works so long.
constexpr std::chrono::milliseconds hard_work_min{10};
constexpr int kills_at_one_frame_max = 200, kills_at_hard_work_max = 5;
constexpr int vain_starts_max = 20;

std::chrono::nanoseconds cpu_time(int pid) {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return {};
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}
std::chrono::nanoseconds cpu_time(const rusage& u) {
  return std::chrono::seconds{u.ru_utime.tv_sec + u.ru_stime.tv_sec} +
         std::chrono::microseconds{u.ru_utime.tv_usec + u.ru_stime.tv_usec};
}

}  // namespace

RingOwner::RingOwner(Stage& stage, std::vector<authority::VerifiedGrant>& grants, const GrantDoor& door,
                     const capture::RunSettings& settings, int sealer,
                     const std::function<void(const std::string&)>& alarm)
    : stage_(stage),
      board_(stage.board()),
      frames_(board_.frames, stage.frames(), 0),
      grants_(grants),
      door_(door),
      settings_(settings),
      alarm_(alarm),
      sealer_(sealer),
      self_(::getpid()) {}

RingOwner::~RingOwner() {
  if (parser_ > 0 && !parser_gone_) ::kill(parser_, SIGKILL);
  board_.active = 0;  // copies see that nobody will call them
  board_.call.fetch_add(1);
  wake_all(board_.call);
}

Status RingOwner::begin() {
  // A parser's copy becomes our child when the parser dies.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return fail(Exit::unit, fmt::format("look after the parser's copies: {}", std::strerror(errno)));
  return start_parser(false);
}

Status RingOwner::start_parser(bool after_loss) {
  ++generation_;
  board_.standby = board_.elder = 0;
  const pid_t pid = ::fork();
  if (pid == 0)
    ::_exit(run_parser(stage_, grants_, door_, settings_,
                       after_loss ? Beginning::after_loss : Beginning::first, self_));
  if (pid < 0) return fail(Exit::unit, fmt::format("start the parser: {}", std::strerror(errno)));
  parser_ = pid;
  call_copy(seat_of(static_cast<std::uint32_t>(pid), generation_ << 24));
  return {};
}

void RingOwner::call_copy(Seat seat) {
  parser_ = static_cast<int>(pid_of(seat));
  board_.at_hand = 0;  // until it has come to a frame, none is to blame
  step_ = {};
  board_.active = seat;
  board_.call.fetch_add(1);
  wake_all(board_.call);
}

Status RingOwner::put(const FrameRecord& head, View rest) {
  while (!frames_.put({bytes_of(head), rest})) {
    constexpr int wait_ms = 5;
    frames_.wait_for_room(wait_ms);
    show_losses();
    WRIT_CHECK(supervise());
  }
  frames_.publish();
  return {};
}

// Whoever waits here reads no source, and the kernel drops what its ring does not hold.
void RingOwner::show_losses() {
  const auto now = std::chrono::steady_clock::now();
  if (!newly_lost_ || now - looked_at_ < std::chrono::seconds{1}) return;
  looked_at_ = now;
  const std::uint64_t lost = newly_lost_();
  shown_ += lost;
  board_.dropped += lost;
}

Status RingOwner::feed(const wire::RawPacket& p) {
  return put({FrameRecord::Kind::packet, p.link_type, p.wire_length, p.ingress, ++number_, to_ns(p.at), 0},
             p.bytes);
}

Status RingOwner::gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) {
  const std::uint64_t shown = std::min(shown_, packets);
  shown_ -= shown;
  board_.dropped += packets - shown;
  return put({FrameRecord::Kind::gap, 0, 0, 0, packets, to_ns(from), to_ns(until)}, view_of(why));
}

void RingOwner::deaf(std::uint32_t sources) {
  if (sources > board_.deaf) board_.deaf_times += sources - board_.deaf;
  board_.deaf = sources;
}

Status RingOwner::housekeeping() {
  WRIT_CHECK(supervise());
  return hand_on_offers();
}

// While frames wait for room, too: the sealer makes that room, and waits until its offer was heard.
void RingOwner::hear_offers() {
  while (board_.offers.load(std::memory_order_acquire) != offers_heard_) {
    auto offer = door_.next();
    if (!offer) return;  // the sealer has ended
    ++offers_heard_;
    offers_.push_back(std::move(*offer));
  }
}

Status RingOwner::hand_on_offers() {
  while (!offers_.empty()) {
    const Bytes offer = std::move(offers_.front());
    offers_.pop_front();
    const Instant now = SystemClock{}.now();
    WRIT_TRY(grant, door_.verify(offer, now));
    const FrameRecord head{FrameRecord::Kind::grant, 0, 0, 0, grants_.size(), to_ns(now), 0};
    grants_.push_back(std::move(grant));  // first: a parser that begins anew meanwhile has it
    WRIT_CHECK(put(head, offer));
  }
  return {};
}

Status RingOwner::finish() {
  ended_ = true;
  WRIT_CHECK(put({FrameRecord::Kind::end, 0, 0, 0, 0, 0, 0}, {}));
  while (!parser_done_) {
    constexpr int wait_ms = 5;
    frames_.wait_for_room(wait_ms);
    WRIT_CHECK(supervise());
  }
  return {};
}

Status RingOwner::supervise() {
  hear_offers();
  int status = 0;
  rusage used{};
  for (pid_t pid = ::wait4(-1, &status, WNOHANG, &used); pid > 0; pid = ::wait4(-1, &status, WNOHANG, &used))
    WRIT_CHECK(bury(pid, status, cpu_time(used)));
  return judge_hang();
}

Status RingOwner::bury(int pid, int status, std::chrono::nanoseconds worked) {
  if (pid == sealer_) {
    sealer_status_ = status;
    if (!ended_) return fail(Exit::unit, "the sealer ended");
    parser_done_ = true;  // nobody needs it any more; how the sealer ended says whether all is well
    return {};
  }
  if (pid != parser_) return {};  // a copy that was not needed
  if (ended_ && WIFEXITED(status) && WEXITSTATUS(status) == parser_finished) {
    parser_done_ = parser_gone_ = true;
    return {};
  }
  Status goes_on = parser_died(status, worked);
  if (!goes_on) {
    parser_gone_ = true;
    board_.given_up = true;
  }
  return goes_on;
}

Status RingOwner::parser_died(int status, std::chrono::nanoseconds worked) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == parser_not_confined)
    return fail(Exit::unit, "the parser cannot lock itself in",
                "no packet is read by a process that could do anything with it");
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !std::exchange(hung_, false);
  if (is_to_blame(killed, worked)) board_.suspects[board_.suspected++ % Board::suspects_max] = died_at_;
  const bool strayed = WIFEXITED(status) && WEXITSTATUS(status) == parser_strayed;
  alarm_(fmt::format("the parser died ({} {})", WIFSIGNALED(status) ? "signal" : "exit",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
  const Seat copy = strayed ? 0 : living_copy();
  if (copy == 0) return begin_anew();
  call_copy(copy);
  return {};
}

// The frame that was at hand. One that was done with once does not kill.
bool RingOwner::is_to_blame(bool killed, std::chrono::nanoseconds worked) {
  const std::uint64_t at = board_.at_hand;
  if (std::exchange(died_at_, at) != at) kills_there_ = hard_kills_there_ = 0;
  if (at <= board_.done) return false;
  if (!killed) return true;
  ++kills_there_;
  if (step_.at_hand == at && board_.findings.writer_sleeps == 0 && worked - worked_before_ >= hard_work_min)
    ++hard_kills_there_;
  return kills_there_ >= kills_at_one_frame_max || hard_kills_there_ >= kills_at_hard_work_max;
}

// The parser is dead: its copies are our children. The board may name one that is not, or not any more.
Seat RingOwner::living_copy() {
  for (const Seat seat : {board_.standby.load(), board_.elder.load()}) {
    const auto pid = static_cast<pid_t>(pid_of(seat));
    if (pid > 0 && pid != sealer_ && ::waitpid(pid, nullptr, WNOHANG) == 0) return seat;
  }
  return 0;
}

Status RingOwner::begin_anew() {
  const std::uint64_t released = board_.frames.released;
  vain_starts_ = released == began_at_ ? vain_starts_ + 1 : 0;
  began_at_ = released;
  if (vain_starts_ > vain_starts_max)
    return fail(Exit::unit, fmt::format("the parser died {} times and read nothing", vain_starts_), {}, {},
                "start the probe again, and tell its makers");
  ++board_.fresh_starts;
  return start_parser(true);
}

// Whether it has a frame at hand or should come for one: it moves on, or waits for the sealer.
Status RingOwner::judge_hang() {
  if (parser_gone_) return {};
  const auto now = std::chrono::steady_clock::now();
  const auto since =
      std::min<std::chrono::steady_clock::duration>(now - std::exchange(judged_at_, now), judged_at_once_max);
  const Step step{board_.at_hand, board_.done, board_.beats};
  if (step != step_ && step.at_hand != 0) worked_before_ = cpu_time(parser_);
  if (step != step_ || board_.findings.writer_sleeps != 0)
    still_ = {};
  else
    still_ += since;
  step_ = step;
  if (still_ < hang_s_max) return {};
  still_ = {};
  hung_ = true;
  alarm_("the parser stands still; it is replaced");
  ::kill(parser_, SIGKILL);
  return {};
}

int RingOwner::sealer_status() {
  if (sealer_status_ < 0) ::waitpid(sealer_, &sealer_status_, 0);
  return sealer_status_;
}

}  // namespace writ::probe
