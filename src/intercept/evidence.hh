// SPDX-License-Identifier: GPL-3.0-or-later
// What the probe writes into the sealed spool and what the office reads back: call-identifying events
// (stream call-data, canonical JSON records) and packets (stream content, binary records).
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/json.hh"
#include "base/prefetch.hh"
#include "base/slab.hh"
#include "wire/packet.hh"

namespace writ::intercept {

// Call-identifying information (47 USC 1001(2)), by the message names of J-STD-025 / T1.678.
enum class EventType {
  origination,
  termination_attempt,
  answer,
  release,
  redirection,
  cc_open,
  cc_change,
  cc_close,
  cc_unavailable,
  dialed_digit_extraction,
  network_signal,
  subject_signal,
  serving_system,
  surveillance_status,
  connection,          // a party is connected (again), or one leg joins another
  connection_break,    // a party is put on hold or dropped, while the call goes on
  conf_party_change,   // who is in a conference
  change,              // calls become one: their identities before and after
  feature_management,  // a feature of the line is set
  uu_content,          // user-to-user information (RFC 7433)
  review,              // identity claimed but not proven: nothing captured; a person looks at it
  gap,                 // something may be missing: from, until, why, packets when known
};
const char* to_string(EventType t);  // "Origination", "TerminationAttempt", ..., "Review", "Gap"
Result<EventType> parse_event_type(std::string_view s);

// detail by type (all optional, strings unless said otherwise):
//   Origination/TerminationAttempt: direction ("from-target"|"to-target"|"redirected"), calling, called,
//   identity_source
//     ("digest"|"contact"|"asserted"|"request-uri"|"diversion"|"from-trusted"|...), src, dst
//   Answer: answering.  Release: cause ("200 BYE by caller", "486 Busy Here", "inactivity", ...), by
//   Redirection: redirected_from, redirected_to.   NetworkSignal: status (int), reason
//   CCOpen/CCChange: media: [{kind, endpoint, codecs:[...]}]  (content grants only)
//   CCUnavailable/Gap: why, from, until, packets (int).   Review: claimed, source, src
//   Gap of no call: calls_lost (bool): what was known of the calls that were up is gone with it
//   Opening events: inflated (true: out of a compressed WebSocket; the packets are datagrams made of it)
//   any: mid_call (true: of a call that was joined late); oddity, what a device sent against the rules
//   DialedDigitExtraction: digits, source ("rfc4733"|"info"), from (post-cut-through: content grants with the
//     toggle only)
//   Connection: connected [parties], why ("resumed"|"leg of the same call"|"connected line"), leg_of
//   (Call-ID),
//     replaced (who was there before, of a connected line), by ("target"|"other")
//   ConnectionBreak: removed [parties], why ("hold"), by ("target"|"other")
//   Change: previous [Call-IDs], resulting [Call-IDs], why
//   FeatureManagement: feature ("do-not-disturb"|"forward-immediate"|"forward-busy"|"forward-no-answer"),
//     management ("activation"|"deactivation"), forward_to, failure when it was refused,
//     by ("target"|"other"|"network"|"own line")
//     network: told by the switch; own line: of the line's address by itself, who sent it is what he says
//   UUContent: by ("target"|"other"), request (method) or status (int); content grants: values [{content,
//     encoding, purpose, content_type, cut (bool)}], more (bool); else withheld
//   ConfPartyChange: conference, communicating, joined, held, removed [parties], basis
//   SubjectSignal/NetworkSignal: signal ("REFER", "NOTIFY", "MESSAGE", "flash", ...), refer_to, replaces,
//     refer_status (int), message_waiting (bool)
//   ServingSystem: registered, registrar, src, contacts, registering, expires_s; failure when it was refused
//   SurveillanceStatus: event ("activation"|"deactivation"), status ("active"|"inactive"), kind, why
struct Event {
  EventType type = EventType::review;
  Instant at{};
  std::uint32_t call =
      0;  // in the spool unique within the grant, from the engine its own, from 1; 0: not about one call
  std::string call_id;  // SIP Call-ID; empty when call == 0
  Json detail = Json::object();
  // The packet that this event was read from: its place in the probe's input, from 1. 0: no packet (time
  // passed, or the input ended).
  std::uint64_t frame = 0;
};
inline constexpr const char* calls_lost = "calls_lost";
Bytes encode(const Event& e);
Result<Event> decode_event(View record);

enum class PacketRole : std::uint8_t { sip = 1, rtp = 2, rtcp = 3, other_media = 4 };
enum class Direction : std::uint8_t { unknown = 0, from_target = 1, to_target = 2 };

struct PacketTag {
  std::uint32_t call = 0;
  PacketRole role = PacketRole::sip;
  Direction direction = Direction::unknown;  // of the media: who speaks
};

// Record: u8 version 1, u8 role, u8 direction, u8 0, be32 call, be64 ns, be32 link type, be32 wire length,
// frame bytes.
void encode(const PacketTag& tag, const wire::RawPacket& p, Bytes& out);  // clears `out`
using PacketHead = std::array<std::uint8_t, 24>;
PacketHead encode_head(const PacketTag& tag, const wire::RawPacket& p);  // all before the frame's bytes
struct EvidencePacket {
  PacketTag tag;
  wire::RawPacket raw;  // bytes point into `storage`
  SlabBytes storage;
  // What its UDP datagram carries, of the last fragment the whole datagram's; in `storage`. Empty where there
  // is none, and before assemble().
  View datagram{};
};
Result<EvidencePacket> decode_packet(View record);
// Asks the processor for the packets that come a little behind index[k]: those of one call lie scattered
// among those of all, and reading them in turn waits for memory each time.
[[gnu::always_inline]] inline void expect_packet(const std::vector<EvidencePacket>& packets,
                                                 std::span<const std::size_t> index, std::size_t k) {
  constexpr std::size_t far = 16, near = 8;
  if (k + far < index.size())
    prefetch({reinterpret_cast<const std::uint8_t*>(&packets[index[k + far]]), sizeof(EvidencePacket)});
  if (k + near < index.size()) prefetch(packets[index[k + near]].raw.bytes);
}

}  // namespace writ::intercept
