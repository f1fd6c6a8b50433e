// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/parser.hh"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "probe/confine.hh"
#include "probe/findings.hh"

namespace writ::probe {
namespace {

using ParserClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds copy_every{100};

// False when it has died already: its end is told only to who had asked before.
bool die_with(int owner) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return ::getppid() == owner;
}

class Parser {
 public:
  Parser(Stage& stage, const std::vector<authority::VerifiedGrant>& grants, const GrantDoor& door,
         const capture::RunSettings& settings, Beginning beginning, int owner)
      : board_(stage.board()),
        frames_(board_.frames, stage.frames(), board_.frames.released.load(std::memory_order_acquire)),
        findings_(stage),
        grants_(grants),
        door_(door),
        matcher_(grants_, findings_, numbered(settings)),
        new_here_(beginning == Beginning::after_loss),
        owner_(owner),
        generation_(generation_of(board_.active.load())),
        copied_(frames_.position()) {}

  int run() {
    copy();
    copy_twice();
    for (std::uint32_t n = 0; !ended_;) {
      const std::uint64_t place = frames_.position() + 1;
      const auto record = frames_.next();
      if (!record) {
        if (frames_.broken()) return parser_strayed;
        tell();
        look();
        ++board_.beats;
        frames_.wait(10);
        continue;
      }
      board_.at_hand.store(place, std::memory_order_relaxed);
      if (!take(*record, place) || findings_.strayed()) return parser_strayed;
      if (place > board_.done.load(std::memory_order_relaxed))
        board_.done.store(place,
                          std::memory_order_release);  // first: what is seen is of a frame that was done with
      findings_.publish();
      board_.at_hand.store(0, std::memory_order_release);
      if (++n % 64 == 0) look();
    }
    tell();
    frames_.release();
    return parser_finished;
  }

 private:
  const capture::RunSettings& numbered(const capture::RunSettings& s) {
    settings_ = s;
    settings_.engine.calls_before = board_.calls_seen.load(std::memory_order_relaxed);
    return settings_;
  }

  Status take(View record, std::uint64_t place) {
    FrameRecord head;
    if (!take_head(record, head)) return fail(Exit::integrity, "a frame without a head");
    switch (head.kind) {
      case FrameRecord::Kind::packet:
        return take_packet({from_ns(head.at_ns), head.link_type, record, head.wire_length, head.ingress},
                           head.number, is_suspect(place));
      case FrameRecord::Kind::gap:
        return matcher_.gap(from_ns(head.at_ns), from_ns(head.until_ns), std::string(text_of(record)),
                            head.number);
      case FrameRecord::Kind::end:
        ended_ = true;
        WRIT_CHECK(matcher_.finish());
        return findings_.finished({matcher_.stats(), matcher_.duplicates()});
      case FrameRecord::Kind::grant:
        return take_grant(record, head);
    }
    return fail(Exit::integrity, "a frame of an unknown kind");
  }

  Status take_grant(View offer, const FrameRecord& head) {
    if (head.number < grants_.size()) return {};  // this parser began with it
    if (head.number > grants_.size()) return fail(Exit::integrity, "a grant out of its order");
    WRIT_TRY(grant, door_.verify(offer, from_ns(head.at_ns)));
    grants_.push_back(std::move(grant));
    matcher_.grants_added();
    return {};
  }

  Status take_packet(const wire::RawPacket& p, std::uint64_t number, bool suspect) {
    if (new_here_) {
      new_here_ = false;
      matcher_.skip(number - 1);
      WRIT_CHECK(matcher_.calls_lost(
          p.at, "the probe's parser was lost with what it knew of the calls that were up"));
    }
    if (!suspect) return matcher_.feed(p);
    looked_ = {};  // a copy soon that has it behind itself
    matcher_.skip(1);
    return matcher_.gap(p.at, p.at, "the probe's parser failed at a packet, which was passed over", 1);
  }

  bool is_suspect(std::uint64_t place) const {
    if (board_.suspected.load(std::memory_order_acquire) == 0) return false;
    return std::any_of(std::begin(board_.suspects), std::end(board_.suspects),
                       [&](const auto& s) { return s == place; });
  }

  // Cheap; now and then.
  void look() {
    const auto now = ParserClock::now();
    const bool crowded = frames_.position() - copied_ > frames_.size() / 4;
    if (now - looked_ < copy_every && !crowded) return;
    looked_ = now;
    tell();
    if (frames_.unreleased() == 0) return;  // both copies know of all
    copy();
    copy_twice();
  }

  void tell() { findings_.tell(matcher_.stats()); }

  // Where the one before is gone.
  void copy_twice() {
    if (board_.standby != 0 && board_.elder == 0) copy();
  }

  // Returns in the parser, and, if it dies, in the copy that goes on; that one makes its own copy first,
  // since it may be killed as the one before was.
  void copy() {
    pid_t pid = 0;
    Seat creator;
    do {
      ++generation_;
      creator = board_.active.load();
      pid = ::fork();
      if (pid == 0) sleep_until_called(creator, seat_of(static_cast<std::uint32_t>(::getpid()), generation_));
    } while (pid == 0);
    if (pid < 0) return without_copy();
    const Seat before = board_.standby;
    const std::uint64_t known_before = std::exchange(copied_, frames_.position());
    if (before != 0) board_.elder.store(before);  // else the newest was called, and its elder is as it was
    board_.standby.store(seat_of(static_cast<std::uint32_t>(pid), generation_));
    if (before != 0) frames_.release(known_before);
    wake_standbys();
  }

  // It is tried again soon. But the ring must not fill up for it: what is released then would be lost with
  // the parser.
  void without_copy() {
    if (frames_.unreleased() < frames_.size() / 4 * 3) return;
    board_.standby.store(0);
    board_.elder.store(0);
    copied_ = frames_.position();
    frames_.release();
    wake_standbys();
  }

  void wake_standbys() {
    board_.call.fetch_add(1);
    wake_all(board_.call);
  }

  // Returns when this copy has become the parser; ends the process when it is not needed any more.
  void sleep_until_called(Seat creator, Seat self) {
    ::prctl(PR_SET_NAME, "writ-standby");
    for (bool announced = false;;) {
      const std::uint32_t calls = board_.call.load();
      const Seat active = board_.active.load(), newest = board_.standby.load();
      if (active == self) break;
      const bool listed = newest == self || board_.elder.load() == self;
      // Before its creator has listed it, it is nobody's yet; once it was, and is no more, it is nobody's
      // again.
      const bool may_be_listed =
          !announced && active == creator && generation_of(newest) < generation_of(self);
      announced = announced || listed;
      const pid_t parent = ::getppid();
      const bool orphan = parent != static_cast<pid_t>(pid_of(creator)) && parent != owner_;
      if (orphan || active == 0 || (!listed && !may_be_listed)) ::_exit(0);
      sleep_on(board_.call, calls, 500);
    }
    if (!die_with(owner_)) ::_exit(0);
    if (board_.standby.exchange(0) != self) board_.elder = 0;  // the newest was gone
    ++board_.takeovers;
    ::prctl(PR_SET_NAME, "writ-parser");
  }

  Board& board_;
  RingReader frames_;
  Findings findings_;
  capture::RunSettings settings_;
  std::vector<authority::VerifiedGrant> grants_;
  const GrantDoor& door_;
  capture::Matcher matcher_;
  bool new_here_, ended_ = false;
  int owner_;
  std::uint32_t generation_;
  std::uint64_t copied_;  // what the newest copy has read up to
  ParserClock::time_point looked_{};
};

}  // namespace

int run_parser(Stage& stage, const std::vector<authority::VerifiedGrant>& grants, const GrantDoor& door,
               const capture::RunSettings& settings, Beginning beginning, int owner) noexcept {
  ::prctl(PR_SET_NAME, "writ-parser");
  if (!die_with(owner)) return parser_not_confined;
  ::signal(SIGCHLD, SIG_IGN);  // its copies leave nothing behind
  // Whoever forked us says that we are the parser, under our own pid, before we look at anything.
  while (pid_of(stage.board().active.load()) != static_cast<std::uint32_t>(::getpid())) {
    if (::getppid() != owner) return parser_not_confined;
    sleep_on(stage.board().call, stage.board().call.load(), 5);
  }
  Parser parser{stage, grants, door, settings, beginning, owner};
  if (!confine_parser()) return parser_not_confined;
  return parser.run();
}

}  // namespace writ::probe
