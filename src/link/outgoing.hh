// SPDX-License-Identifier: GPL-3.0-or-later
// What of a probe's spool the office does not hold yet. The office's word says where each stream goes on; of
// a segment that is being written its whole frames go, too. Each grant has a queue of its own, and the queues
// take turns: whoever floods one of them delays nobody else by more than the piece that is on its way.
// Nothing here changes or removes a segment.
#pragma once
#include <map>

#include "link/frame.hh"
#include "link/pace.hh"
#include "link/papers.hh"

namespace writ::link {

class Outgoing {
 public:
  using Steady = Pace::Steady;
  // `papers`: a directory for the office's newest word on each stream.
  Outgoing(fs::path spool, fs::path papers, const crypto::VerifyKey& probe, const crypto::VerifyKey& desk)
      : spool_(std::move(spool)), papers_(std::move(papers)), probe_(probe), desk_(desk) {}
  // A new connection: nothing is known, nothing is on its way.
  void forget();
  // Streams that lie in the spool and were not asked for yet.
  std::vector<StreamName> to_ask();
  // The office's word. Exit::refused or integrity: not the desk's.
  Status held(View paper, Steady::time_point now = Steady::now());
  // The payload of the next piece of a stream that has none on its way, of the grant whose turn is longest
  // ago; nullopt: nothing is new, or the line is busy.
  Result<std::optional<Bytes>> next(Steady::time_point now = Steady::now());
  std::uint64_t bytes_held() const { return bytes_held_; }  // newly, since this began

 private:
  struct Tape {
    bool known = false;
    Pace::Sent on_its_way;
    std::uint64_t number = 1, offset = 0;  // what comes next
    std::uint64_t turn = 0;                // when it was last sent of
    Steady::time_point kept{};
  };
  using Tapes = std::map<StreamName, Tape>;
  std::vector<Tapes::iterator> by_turn();
  Result<std::optional<Bytes>> piece_of(const StreamName& s, const Tape& t) const;
  fs::path spool_, papers_;
  crypto::VerifyKey probe_, desk_;
  Tapes tapes_;
  std::map<crypto::Digest, std::uint64_t> turns_;  // of each grant
  std::uint64_t turn_ = 0;
  Pace pace_;
  std::uint64_t bytes_held_ = 0;
};

}  // namespace writ::link
