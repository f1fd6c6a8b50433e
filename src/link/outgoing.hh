// SPDX-License-Identifier: GPL-3.0-or-later
// What of a probe's spool the office does not hold yet. The office's word says where each stream goes on; of
// a segment that is being written its whole frames go, too. Nothing here changes or removes a segment.
#pragma once
#include <map>

#include "link/frame.hh"
#include "link/papers.hh"

namespace writ::link {

class Outgoing {
 public:
  // `papers`: a directory for the office's newest word on each stream.
  Outgoing(fs::path spool, fs::path papers, const crypto::VerifyKey& probe, const crypto::VerifyKey& desk)
      : spool_(std::move(spool)), papers_(std::move(papers)), probe_(probe), desk_(desk) {}
  // A new connection: nothing is known, nothing is on its way.
  void forget();
  // Streams that lie in the spool and were not asked for yet.
  std::vector<StreamName> to_ask();
  // The office's word. Exit::refused or integrity: not the desk's.
  Status held(View paper);
  // The payload of the next piece of a stream that has none on its way; nullopt: nothing is new.
  Result<std::optional<Bytes>> next();
  std::uint64_t bytes_held() const { return bytes_held_; }  // newly, since this began

 private:
  using Steady = std::chrono::steady_clock;
  struct Tape {
    bool known = false, on_its_way = false;
    std::uint64_t number = 1, offset = 0;  // what comes next
    Steady::time_point kept{};
  };
  Result<std::optional<Bytes>> piece_of(const StreamName& s, const Tape& t) const;
  fs::path spool_, papers_;
  crypto::VerifyKey probe_, desk_;
  std::map<StreamName, Tape> tapes_;
  std::uint64_t bytes_held_ = 0;
};

}  // namespace writ::link
