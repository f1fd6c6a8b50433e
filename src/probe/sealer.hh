// SPDX-License-Identifier: GPL-3.0-or-later
// The process that holds the key: takes what the parser found, judges it once more, seals it, watches over
// the authority, and says when the run is over.
//
// The parser read strangers' bytes and may be anybody's by now. So each finding is held against the grant
// that it names: the grant must be there and alive, take content if it is content, and cover the time; calls
// are numbered one after the other. What does not fit is not sealed, and said.
#pragma once
#include <functional>
#include <string>

#include "capture/run.hh"
#include "probe/stage.hh"

namespace writ::probe {

struct Sealed {
  capture::RunResult run;
  std::uint64_t refused = 0;                      // findings outside of what grants say
  std::uint32_t takeovers = 0, fresh_starts = 0;  // of the parser
};

class Sealer {
 public:
  // `still_valid` as for capture::run_file; it may add to grants and spool. `last_word`: before the spool is
  // closed. `said` hears of refusals and of parsers that were replaced, a line each. All outlive the sealer.
  Sealer(Stage& stage, const std::vector<authority::VerifiedGrant>& grants, capture::Spool& spool,
         const capture::Watch& still_valid, const capture::Watch& last_word,
         const std::function<void(const std::string&)>& said, int owner);
  // Until the parser has finished, an authority's end, or the ring owner's. The spool is closed in each case.
  Result<Sealed> run();

 private:
  Status work();
  Status take_some();
  Status take(View finding);
  Status take_event(std::uint32_t grant, View record);
  Status take_packet(std::uint32_t grant, View record);
  bool fits(std::uint32_t grant, std::uint32_t call, Instant at);
  Status look();
  Status refuse(const char* why);
  void say_early_end(const std::string& why);

  Board& board_;
  RingReader findings_;
  const std::vector<authority::VerifiedGrant>& grants_;
  capture::Spool& spool_;
  const capture::Watch& still_valid_;
  const capture::Watch& last_word_;
  const std::function<void(const std::string&)>& said_;
  int owner_;
  std::vector<std::uint32_t> highest_call_;  // by grant
  Instant last_at_{};                        // of what was sealed
  std::uint64_t place_ = 0;                  // of the finding at hand
  bool finished_ = false;
  Sealed sealed_;
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace writ::probe
