// SPDX-License-Identifier: GPL-3.0-or-later
// Where the media of a call are, as its SDP announced them.
#pragma once
#include <array>
#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hh"
#include "wire/packet.hh"

namespace writ::intercept {

enum class Side : std::uint8_t { unknown, caller, callee };
inline Side other(Side s) { return s == Side::caller ? Side::callee : s == Side::callee ? Side::caller : s; }

inline constexpr std::size_t ends_max =
    96;  // of one call: two endpoints a stream, several streams, legs and re-INVITEs

inline constexpr std::size_t media_kinds = 7;
std::size_t media_kind(std::string_view kind);  // of an m= line

// A media endpoint that somebody announced in SDP, on behalf of one side.
struct End {
  wire::Endpoint at;
  Side side = Side::unknown;  // unknown: announced by both
  bool rtcp = false, encrypted = false;
  bool closed = false;     // encrypted, with keys that do not stand in the signalling
  bool over_tcp = false;   // its media are no datagrams
  bool listed = false;     // in the table of endpoints
  bool contested = false;  // another call has announced it too
  bool contest_said = false;
  bool peer_said = false;  // that another call's endpoint was a peer of it behind a TURN server
  bool replaced = false;   // a later SDP of the same side and hop moved away from it
  bool candidate = false;  // named by a=candidate only
  std::string kind, direction;
  std::vector<std::string> codecs;
  std::bitset<128> event_types, other_types;  // payload types it lists: of telephone-event, of all else
  std::string origin, session;                // o= of the SDP that announced it, and its number
  std::string hop;                            // which hop's SDP it was: "src>dst" addresses of the signalling
  std::array<wire::Endpoint, 4> peers{};      // unannounced far ends (NAT) seen here before any contest
  std::uint8_t peer_count = 0;
  Instant announced{};      // last by its own call
  std::uint64_t rival = 0;  // hash of the other call that announced it last
  bool knows(const wire::Endpoint& e) const {
    for (std::uint8_t i = 0; i < peer_count; ++i)
      if (peers[i] == e) return true;
    return false;
  }
};

// A media line that ICE may add candidates to (RFC 8840), and what an end of it is like.
struct IceLine {
  std::string ufrag, mid;
  End like;
};

}  // namespace writ::intercept
