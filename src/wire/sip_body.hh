// SPDX-License-Identifier: GPL-3.0-or-later
// What a SIP body says besides SDP: parts, encodings, and the few signals that are call-identifying
// information. All of it is written by strangers: every function takes anything and is bounded.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/sip.hh"

namespace writ::wire {

// What a compressed body may unfold to, and how much of a conference's report is read.
inline constexpr std::size_t body_bytes_max = 64u << 10;

// A body or one part of a multipart, as it was written.
struct BodyPart {
  std::string_view type, encoding, transfer;  // Content-Type, Content-Encoding, Content-Transfer-Encoding
  std::string_view bytes;
};
// The first part whose media type is `wanted` ("application/sdp"; "text/" takes any that begins so).
std::optional<BodyPart> body_part(std::string_view content_type, std::string_view body,
                                  std::string_view wanted);

enum class BodyState : std::uint8_t { absent, read, unreadable };

// The part of a message with its encodings taken off (RFC 3261 20.12: gzip, deflate; RFC 2045 6: base64,
// quoted-printable). `text` points into the message, or into `storage`. Unreadable: an encoding that is not
// known, damaged, or larger than body_bytes_max; `text` is then what could be read.
struct DecodedBody {
  BodyState state = BodyState::absent;
  std::string_view text;
};
DecodedBody message_part(const SipMessage& m, std::string_view wanted, std::string& storage);

// One key or the hook in an INFO: application/dtmf-relay ("Signal=5"), application/dtmf ("5"),
// application/hook-flash. 0 when the body holds neither; '!' is the flash of the hook, as in RFC 4733.
char info_signal(const SipMessage& m);
// The status that a message/sipfrag reports of a transfer (RFC 3515 2.4.5); 0 when there is none.
int sipfrag_status(std::string_view text);
// "Messages-Waiting: yes" of a simple-message-summary (RFC 3842).
std::optional<bool> messages_waiting(std::string_view text);

// Who takes part in a conference: application/conference-info+xml (RFC 4575), read as far as it concerns the
// parties.
struct ConferenceUser {
  std::string entity;  // URI as written, entities resolved
  std::string status;  // "connected", "on-hold", "disconnected", "pending", ...; empty: not said
  bool deleted = false;
};
struct ConferenceInfo {
  std::string entity;         // the conference's URI
  bool full = false;          // state="full": who is not listed is not there
  std::uint32_t version = 0;  // 0 when absent
  std::vector<ConferenceUser> users;
};
ConferenceInfo parse_conference_info(std::string_view xml);

}  // namespace writ::wire
