// SPDX-License-Identifier: GPL-3.0-or-later
// A telephone's keys for "do not disturb" and call forwarding, kept in step with the switch: the event
// package "as-feature-event" (RFC 6665; of no RFC itself), whose bodies are those of ECMA-323 (CSTA). The
// telephone sets by SUBSCRIBE (SetDoNotDisturb, SetForwarding), the switch tells by NOTIFY
// (DoNotDisturbEvent, ForwardingEvent; several in one multipart).
#pragma once
#include <string>
#include <vector>

#include "wire/sip.hh"

namespace writ::wire {

inline constexpr std::size_t features_max = 16;  // of one message

struct Feature {
  std::string name;  // "do-not-disturb", "forward-immediate", "forward-busy", "forward-no-answer"
  bool on = false;
  std::string forward_to;  // as written, of forwarding that is on; at most 128 bytes
  bool operator==(const Feature&) const = default;
};

// What a message sets (SUBSCRIBE) or tells (NOTIFY); empty where it is of another package. What
// does not say whether it is on is left out.
std::vector<Feature> features_of(const SipMessage& m);

}  // namespace writ::wire
