// SPDX-License-Identifier: GPL-3.0-or-later
// Call assembly at the office: opened events and packets of one matter become calls as calls.json
// ("writ.calls/1") shows them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "intercept/evidence.hh"
#include "wire/sdes.hh"

namespace writ::intercept {

struct MediaStream {           // one 5-tuple and SSRC
  std::string kind = "audio";  // audio | fax | video | other
  std::uint32_t ssrc = 0;
  int payload_type = -1;  // the one that carried most audio packets
  std::string codec;      // "PCMU", "G722", "OPUS", "unknown", ...
  std::uint32_t clock_rate = 8000;
  std::uint8_t channels = 1;
  std::string fmtp;
  int event_payload_type = -1;  // telephone-event, -1 when none
  wire::Endpoint src, dst;
  Direction direction = Direction::unknown;
  std::uint64_t packets = 0;     // wire packets
  std::uint64_t duplicates = 0;  // of these, repeated sequence numbers
  std::uint64_t lost = 0;        // sequence numbers never seen between first and last
  Instant first{}, last{};
  bool encrypted = false;
  bool opened = false;  // set by media/: keys of the call's own signalling open it
  // Where encrypted: which packets (as packet_index) came while the SDP in force had plain media; empty:
  // none.
  std::vector<bool> plain;
  // Something of it can be read.
  bool readable() const { return !encrypted || opened || !plain.empty(); }
  // The same stream, or the same voice behind a relay, seen again at another port or hop (a proxy): mixed
  // once; index into CallRecord::media of the one mixed.
  std::optional<std::size_t> copy_of;
  // Streams that carry the same voice one hop nearer to the target, behind a relay (intercept/hops.hh).
  std::vector<std::size_t> nearer;
  bool decoded = false;     // set by media/
  std::string file;         // fax: relative name of its TIFF; foreign: of its own WAV; set by media/
  std::uint32_t pages = 0;  // fax: in `file`
  // From an address that the call did not announce, where another sends to the same end: injected, or a
  // device that nobody told of. Not mixed into the call's recording.
  bool foreign = false;
  // What RTCP said, by nobody proven: packets that the sender counts, packets that the receiver missed
  // (negative with duplicates), the sender's goodbye.
  std::optional<std::uint64_t> rtcp_sent;
  std::optional<std::int64_t> rtcp_lost;
  std::optional<Instant> rtcp_bye;
  std::string why;                        // why not decoded, or an oddity
  std::vector<std::size_t> packet_index;  // into Matter::packets, in order of arrival
  // payload type -> mapping in force for this stream (dynamic types differ by call and may change by
  // re-INVITE)
  struct Format {
    std::uint8_t payload_type;
    std::string codec;
    std::uint32_t clock_rate;
    std::uint8_t channels;
    std::string fmtp;
    Instant since{};  // until the next one of the same type
  };
  std::vector<Format> formats;  // in the order of `since`
};

struct Digit {
  Instant at{};
  char digit = 0;
  std::string source = "rfc4733";  // rfc4733 | rfc4733-foreign (of a foreign stream) | info | inband
  bool from_target = false;
};

// Keys pressed behind the cut-through are shown where the order seeks them, by whatever way they were told.
// content.pcap is what it is: content.
enum class Keys : std::uint8_t { withheld, sought };

struct CallRecord {
  std::string call_id;
  std::string grant;         // grant id, hex
  std::uint32_t number = 0;  // the probe's number
  std::string direction;     // from-target | to-target | redirected
  std::string from, to;
  Instant start{};
  std::optional<Instant> answer, end;
  std::string release_cause;
  std::vector<MediaStream> media;
  std::string wav, mp3;  // relative file names, set by media/; empty when there is none
  Keys keys = Keys::withheld;
  std::vector<Digit> dtmf;  // empty where they are withheld
  std::vector<Event> events;
  std::vector<std::string> anomalies;
  std::string leg_of;  // Call-ID of another call of the grant that is the same conversation (a B2BUA between)
  // SRTP keys of the call's SDP (a=crypto), by time, each once. Content: in no file that is made of this
  // record.
  std::vector<wire::SdesKey> srtp_keys;
};

struct Gap {
  Instant from{}, until{};
  std::string why;
  std::uint64_t packets = 0;
  std::string call_id = {};  // of one call, which tells of it itself; empty: of all that were up
};

struct Matter {                   // everything opened for one production
  std::vector<CallRecord> calls;  // by start
  std::vector<EvidencePacket> packets;
  std::vector<Event> reviews;
  std::vector<Event>
      signals;  // of no call: registrations, messages, waiting mail, surveillance begun and ended
  std::vector<Gap> gaps;
  std::vector<std::string> unavailable;  // "call X: media encrypted (SAVP), keys unknown"
  std::int64_t time_shift_s = 0;
};

// One grant's opened records; `keys` as its post_cut_through_digits says. Call again for each grant of the
// matter and let `append` merge them.
Matter assemble(const std::string& grant_id, std::vector<Event> events, std::vector<EvidencePacket> packets,
                Keys keys = Keys::withheld);
void append(Matter& into, Matter&& more);
// calls.json exactly as the contract in docs/design.md says ("inband" digits are not sought yet).
Json calls_json(const Matter& m);

}  // namespace writ::intercept
