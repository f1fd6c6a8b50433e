// SPDX-License-Identifier: GPL-3.0-or-later
// One Call-ID that concerns a grant: who the parties are, what media they announced, and which grants take
// part.
#pragma once
#include <algorithm>
#include <array>
#include <bitset>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "intercept/evidence.hh"
#include "intercept/judge.hh"
#include "intercept/register_hops.hh"

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

// An answered branch of a call, by its tags.
struct Branch {
  std::string caller, callee;
  bool ended = false;
};

// A BYE that counts, until it is answered.
struct Bye {
  std::string caller, callee;
  std::uint32_t cseq = 0;
  Instant at{};
  std::uint64_t frame = 0;
  Side by = Side::unknown;
  bool by_stranger = false;  // from an address that had no part in the call
  bool unknown = false;      // answered by 481: an end when the call falls silent
};

// A packet that waits for a proof of identity.
struct Pending {
  PacketRole role = PacketRole::sip;
  Side speaker = Side::unknown;
  Instant at{};
  std::uint32_t link_type = 1, wire_length = 0;
  Bytes bytes;
};

struct Dialog;

// One grant's part in a dialog.
struct Attachment {
  enum class Stage : std::uint8_t { claimed, digest, live, dropped };
  std::uint32_t grant = 0, number = 0;
  Stage stage = Stage::claimed;
  bool content = false;
  Role role = Role::from_target;
  Source source = Source::from;
  Side target_side = Side::caller;
  std::string identity;  // canonical text of the claim, for a review
  wire::Endpoint claimed_from;
  wire::InputSet claimed_at = 0;  // the inputs of all messages that claimed it
  Instant began{};
  std::uint64_t began_frame = 0;
  Json opening = Json::object();  // detail of the Origination or TerminationAttempt
  std::vector<Pending> pending;
  std::size_t pending_bytes = 0;
  std::uint64_t pending_dropped = 0;
  std::vector<Event> held;  // events that wait with them
  // The INVITE that carries the digest, to recognise the answer that accepts it.
  std::uint32_t digest_cseq = 0;
  wire::Method digest_method = wire::Method::invite;
  std::optional<std::list<Dialog*>::iterator> waits;  // its place in Impl::waiting
  wire::Endpoint digest_src, digest_dst;
  bool opened = false, end_said = false, closed_said = false, transfers_said = false;
  std::vector<std::string> unavailable_said;  // what of: unavailable.cc
  std::uint64_t media_packets = 0;
  // Who asserts on each hop to be which side, and of each side who was said last to be there instead.
  struct Asserted {
    Side side;
    std::string hop, who;
  };
  std::vector<Asserted> asserted;
  std::array<std::string, 2> connected;
  // Post-cut-through digits on their way into one event.
  struct Digits {
    std::string text;
    const char* source = "";
    Instant first{}, last{};
    std::uint64_t frame = 0;
    std::uint32_t ssrc = 0, timestamp = 0;  // of the key that was heard last
    std::uint16_t duration = 0;
    std::uint8_t event = 255;
  } digits;
};

// Who is in a conference, as its focus tells (RFC 4575).
struct Conference {
  std::uint32_t version = 0;
  bool seen = false;
  std::map<std::string, std::string> status;  // party: "connected", "on-hold", ...
  Instant until{};                            // of the subscription that it comes by
};

enum class DialogKind : std::uint8_t { call, message, registration };
enum class Phase : std::uint8_t { trying, answered, released };

struct Dialog {
  std::string call_id, key;  // key: its place in Impl::dialogs
  DialogKind kind = DialogKind::call;
  Phase phase = Phase::trying;
  bool mid_call = false;
  std::string caller_tag;
  std::vector<std::string> caller_tags;  // others of the caller's side: a B2BUA that keeps the Call-ID
  std::vector<std::string> callee_tags;
  std::vector<wire::Address> receivers;   // who was sent the INVITE: may send it on
  wire::Endpoint origin_src, origin_dst;  // of the first message seen
  wire::Method method = wire::Method::invite;
  std::uint32_t invite_cseq = 0;
  // Of requests, by caller and by callee: those heard of late, and the highest that was accepted. What is
  // only sent proves nothing: anybody may send it.
  std::array<std::vector<std::uint32_t>, 2> heard_cseq;
  std::array<std::uint32_t, 2> accepted_cseq{};
  std::vector<std::string> stranger_tags;  // of other people's calls under the same Call-ID
  std::vector<int> statuses;               // provisional ones already reported
  bool challenged = false, forked = false, dormant = false;
  Instant challenged_at{}, created{}, last_activity{}, last_media{}, released_at{};
  bool media_seen = false, media_after_release = false, ever_answered = false;
  std::vector<Branch> branches;
  std::vector<Bye> byes;
  std::vector<wire::Address> hosts;  // that signal in this call, beside the hops' own
  bool end_doubted = false;          // a stranger's BYE ended it
  bool progressed = false;           // the other side was heard, or spoken to by its tag
  bool cancelled = false;            // by the caller, before an answer
  bool odd_sdp_said = false, crowded_said = false, disagreement_said = false;
  // Text messages under this Call-ID (messages.cc).
  struct Text {
    Side by;
    std::uint32_t cseq;
    bool challenged, answered;
  };
  std::vector<Text> texts;
  // Hold: what each side did to the other, and an offer to do so that waits for its answer.
  std::array<bool, 2> holding{};  // by caller, by callee
  bool ever_held = false;
  struct HoldOffer {
    Side by = Side::unknown;
    bool hold = false;
    std::uint32_t cseq = 0;
    wire::Method method = wire::Method::none;
    enum class Reply : std::uint8_t { unseen, holds, talks } reply = Reply::unseen;  // that the ACK brings
  } hold_offer;
  std::uint32_t late_offer_cseq = 0;  // a re-INVITE without SDP: the answer makes the offer
  int refer_status = 0;
  std::uint32_t refer_cseq = 0;  // the last REFER, until it is answered
  std::string refer_to;
  // Redirection under this Call-ID: by whom, to where, and the hops that those were tried at.
  std::vector<std::string> diverters, redirected;
  struct Tried {
    wire::Address to;
    std::string place;
  };
  std::vector<Tried> tried;
  bool branched = false;
  std::string focus;  // the conference that one side is, as identity text
  Conference conference;
  std::vector<std::string> links;  // its sessions, into Impl::legs
  RegisterHops hops;               // of a REGISTER
  std::vector<End> ends;
  std::array<std::uint8_t, media_kinds> heard{};  // of each kind: 1 by the caller, 2 by the callee
  std::vector<IceLine> ice;
  // Other Call-IDs that hand its SDP on, by their hash, and the hops of those (rivals.cc).
  struct Legs {
    std::vector<std::uint64_t> calls;
    std::vector<wire::Address> senders, receivers;
  } legs;
  std::uint64_t taken_by = 0;  // the rival that announced both ends of its media
  bool both_sides = false;     // an offer and an answer were seen
  std::vector<Attachment> attachments;

  Attachment* of(std::uint32_t grant) {
    for (Attachment& a : attachments)
      if (a.grant == grant) return &a;
    return nullptr;
  }
  bool any(Attachment::Stage s) const {
    for (const Attachment& a : attachments)
      if (a.stage == s) return true;
    return false;
  }
  bool held() const { return holding[0] || holding[1]; }
  bool is_caller(std::string_view tag) const {
    return tag == caller_tag || std::find(caller_tags.begin(), caller_tags.end(), tag) != caller_tags.end();
  }
  bool waiting() const { return any(Attachment::Stage::claimed) || any(Attachment::Stage::digest); }
};

}  // namespace writ::intercept
