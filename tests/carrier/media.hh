// SPDX-License-Identifier: GPL-3.0-or-later
// A voice on the wire: RTP of G.711 every 20 ms (RFC 3550, 3551), key presses (RFC 4733), sender reports,
// SRTP with a key of the signalling (RFC 3711, 4568). One voice may pass several hops (a relay).
#pragma once
#include <memory>
#include <optional>

#include "mirror.hh"
#include "sound.hh"

namespace carrier {

struct MediaHop {
  Endpoint from, to;
  Mark mark;
};
struct Key {
  int after = 0;  // packets before it
  char digit = '0';
  int slots = 8;  // packets' time that it is held
};

struct Talk {
  std::vector<MediaHop> hops;
  Wire wire;
  Time start = 0;
  int slots = 0;  // of 20 ms
  Law law = Law::mu;
  std::uint64_t voice = 0;
  std::uint32_t ssrc = 0, timestamp = 0;
  std::uint16_t sequence = 0;
  double loss = 0, reorder = 0;
  int jitter = 1500;  // microseconds
  std::vector<Key> keys;
  bool reports = true;
  std::string srtp_suite;  // "AES_CM_128_HMAC_SHA1_80", "..._32"; empty: plain RTP
  Bytes srtp_key;          // 30 bytes of key and salt
  // Into the truth: whose voice it is in the recording of each of these calls; 1 the target's, 0 the other's.
  std::vector<std::pair<int, int>> heard_in;
  bool injected = false;  // from an address that nobody announced: kept, told apart, not mixed
};

void talk(Mirror& m, Talk t);

}  // namespace carrier
