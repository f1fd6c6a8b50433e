// SPDX-License-Identifier: GPL-3.0-or-later
// The process that holds sockets and rings. It hands every frame on as it came, looks into none, and keeps
// the parser alive: when that dies a copy of it is called, when there is none a new one begins (parser.hh).
//
// Frames wait in shared memory until the parser has them and a copy that knows of them; when that is full,
// they wait in the kernel's ring, and what the kernel drops then is a gap, as ever.
#pragma once
#include <deque>
#include <functional>
#include <vector>

#include "authority/grant.hh"
#include "capture/intake.hh"
#include "capture/matcher.hh"
#include "probe/offer.hh"
#include "probe/stage.hh"

namespace writ::probe {

class RingOwner final : public capture::Intake {
 public:
  // Stage, grants, door and alarm outlive it. `sealer`: pid of the process that seals; when it ends, so does
  // this run. Grants that are offered later come to `grants`.
  RingOwner(Stage& stage, std::vector<authority::VerifiedGrant>& grants, const GrantDoor& door,
            const capture::RunSettings& settings, int sealer,
            const std::function<void(const std::string&)>& alarm);
  ~RingOwner() override;  // no parser outlives it
  Status begin() override;
  Status feed(const wire::RawPacket& p) override;
  Status gap(Instant from, Instant until, const std::string& why, std::uint64_t packets) override;
  void deaf(std::uint32_t sources) override;
  void while_waiting(const std::function<std::uint64_t()>& newly_lost) override { newly_lost_ = newly_lost; }
  Status housekeeping() override;
  Status finish() override;  // returns when the parser has read all that came
  bool sealer_ended() const { return sealer_status_ >= 0; }
  // How it ended; waits for it.
  int sealer_status();
  int parser() const { return parser_; }  // its pid

 private:
  Status put(const FrameRecord& head, View rest);
  Status start_parser(bool after_loss);
  Status supervise();
  void show_losses();
  void hear_offers();
  Status hand_on_offers();
  Status bury(int pid, int status, std::chrono::nanoseconds worked);
  void call_copy(Seat copy);
  Status parser_died(int status, std::chrono::nanoseconds worked);
  bool is_to_blame(bool killed, std::chrono::nanoseconds worked);
  Seat living_copy();  // 0: none
  Status begin_anew();
  Status judge_hang();

  Stage& stage_;
  Board& board_;
  RingWriter frames_;
  std::vector<authority::VerifiedGrant>& grants_;
  const GrantDoor& door_;
  const capture::RunSettings settings_;
  const std::function<void(const std::string&)>& alarm_;
  int sealer_, sealer_status_ = -1, self_;
  int parser_ = -1;
  std::uint32_t generation_ = 0;
  std::uint64_t number_ = 0;
  std::function<std::uint64_t()> newly_lost_;
  std::uint64_t shown_ = 0;  // of Board::dropped, what no gap has told yet
  std::chrono::steady_clock::time_point looked_at_{};
  std::uint32_t offers_heard_ = 0;
  std::deque<Bytes> offers_;  // heard, and not handed on yet
  bool ended_ = false, parser_done_ = false, parser_gone_ = false, hung_ = false;
  std::uint64_t died_at_ = 0;  // of Board::at_hand
  int kills_there_ = 0, hard_kills_there_ = 0, vain_starts_ = 0;
  std::uint64_t began_at_ = ~std::uint64_t{0};  // where the last new parser began
  struct Step {                                 // how far the parser has come, in values of the board
    std::uint64_t at_hand = 0, done = 0;
    std::uint32_t beats = 0;
    bool operator==(const Step&) const = default;
  } step_;
  std::chrono::steady_clock::time_point judged_at_{};
  std::chrono::steady_clock::duration still_{};  // at that step
  std::chrono::nanoseconds worked_before_{};     // CPU time of the parser when it was first seen there
};

}  // namespace writ::probe
