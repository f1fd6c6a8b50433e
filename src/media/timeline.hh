// SPDX-License-Identifier: GPL-3.0-or-later
// Where each packet of a stream belongs on the wall clock.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "intercept/calls.hh"
#include "media/packets.hh"
#include "wire/sdp.hh"

namespace writ::media {

// What a payload type means in this stream at a time: its own mapping, then the stream's codec, then RFC
// 3551's table.
std::optional<intercept::MediaStream::Format> format_of(const intercept::MediaStream& s, int payload_type,
                                                        Instant at = {});
struct PayloadMeaning {
  std::uint32_t clock_rate = 8000;
  bool event = false;    // RFC 4733
  bool silence = false;  // comfort noise, RFC 3389
  bool g729 = false;
  bool changes = false;  // the type means another thing at another time (re-INVITE)
  Instant since{};       // where it does: which meaning this is
};
// The same as each packet asks it, found once for each type that keeps its meaning.
class PayloadTypes {
 public:
  explicit PayloadTypes(const intercept::MediaStream& s) : stream_(s) {}
  const PayloadMeaning& of(std::uint8_t payload_type, Instant at);

 private:
  const intercept::MediaStream& stream_;
  std::array<std::optional<PayloadMeaning>, 128> known_{};
};

struct PlacedPacket {
  std::size_t index = 0;  // into Matter::packets
  View payload;           // not empty; lies in the Packets
  int payload_type = 0;
  Instant meaning_since{};  // PayloadMeaning::since
  Instant at{};             // of its first sample
  bool after_loss = false;  // sequence numbers before it are missing
  // Comfort noise is to be played from it until then; not later than `at` when none.
  Instant noise_until{};
};
struct Timeline {
  std::vector<PlacedPacket> audio;  // in order of sequence numbers, each once; no events, no comfort noise
  std::vector<PlacedPacket> noise;  // comfort noise packets (RFC 3389) that come after audio
  std::vector<std::string> notes;   // oddities, for people
  double stretch = 1.0;             // seconds that a second of the sender's clock lasts (drift.hh)
};
Timeline place(const intercept::MediaStream& s, const Packets& packets);

}  // namespace writ::media
