// SPDX-License-Identifier: GPL-3.0-or-later
// What the two ends of a call said by RTCP about its streams: for calls.json, never a reason to do anything.
#pragma once
#include <map>
#include <utility>

#include "intercept/calls.hh"

namespace writ::intercept {

class RtcpFacts {
 public:
  // The hosts of the media that the two ends of the RTCP are about.
  void add(Instant at, const wire::Address& sender, const wire::Address& receiver, View rtcp);
  // Nothing for an encrypted stream: of its RTCP only headers can be read.
  void tell(MediaStream& s) const;

 private:
  struct Said {
    std::optional<std::uint64_t> sent;
    std::optional<std::int64_t> lost;
    std::optional<Instant> bye;
  };
  using Who = std::pair<wire::Address, std::uint32_t>;  // who sends the stream, and its SSRC
  std::map<Who, Said> said_;
};

}  // namespace writ::intercept
