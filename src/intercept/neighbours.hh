// SPDX-License-Identifier: GPL-3.0-or-later
// Where the media of other people's calls are, so that nobody draws them into a target's call by naming their
// endpoint: a device at home that announces the same private address, a caller who lists a third person's
// port among the ICE candidates. Keyed hashes of endpoints and Call-IDs, in memory, until the call ends;
// nothing of it is kept or told.
#pragma once
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hh"
#include "wire/packet.hh"
#include "wire/sip.hh"

namespace writ::intercept {

class Neighbours {
 public:
  // A message of a call that no grant names.
  void note(const wire::SipMessage& m, std::string_view body, Instant at);
  // Does another call than this one have its media here? A leg with the same o= is no other call; "": not
  // unique.
  bool at(const wire::Endpoint& e, std::string_view call_id, std::string_view origin) const;
  void forget(std::string_view call_id);  // it turned out to be a target's

 private:
  struct Known {
    Instant at{};
    std::vector<std::uint64_t> ends;
  };
  struct End {
    std::uint64_t call = 0, origin = 0;  // of the SDP
  };
  void expire(Instant now);
  void announce(Known& k, std::uint64_t call, std::string_view body);
  void drop(std::unordered_map<std::uint64_t, Known>::iterator call);
  std::unordered_map<std::uint64_t, Known> calls_;
  std::unordered_map<std::uint64_t, End> ends_;  // the newest call at each
  Instant next_{};
};

}  // namespace writ::intercept
