// SPDX-License-Identifier: GPL-3.0-or-later
// Compressed messages of a WebSocket (permessage-deflate, RFC 7692). By default each may refer to the text of
// those before it in the same direction, so one that was missed makes all later ones unreadable.
#pragma once
#include <memory>
#include <optional>

#include "base/bytes.hh"

namespace writ::wire {

// What a server's answer to the handshake agrees to (RFC 7692 7.1.1): does a direction go on with the text of
// its earlier messages?
struct DeflateTerms {
  bool by_client = true, by_server = true;
};
// Nothing where `v` does not begin with a response 101 that names the extension.
std::optional<DeflateTerms> agreed_deflate(View v);

inline constexpr std::size_t inflated_bytes_max = 65507;  // what the frame of a datagram can hold

// One direction's messages, in their order. Holds some 40 KiB once it has read one, as long as the direction
// goes on with its text.
class Inflater {
 public:
  explicit Inflater(bool goes_on);
  ~Inflater();
  bool goes_on() const { return goes_on_; }
  // The text of a message, from the payloads of its frames together. Nothing where it is damaged or unfolds
  // to more than inflated_bytes_max, or to more than a SIP message does of so few bytes; then, where it goes
  // on, nothing of any later one.
  std::optional<Bytes> read(View payload);

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool goes_on_, broken_ = false;
};

}  // namespace writ::wire
