// SPDX-License-Identifier: GPL-3.0-or-later
// One Call-ID that concerns a grant: who the parties are, what media they announced, and which grants take
// part.
#pragma once
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "intercept/attachment.hh"
#include "intercept/register_hops.hh"
#include "wire/feature_event.hh"

namespace writ::intercept {

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

// Who is in a conference, as its focus tells (RFC 4575).
struct Conference {
  std::uint32_t version = 0;
  bool seen = false;
  std::map<std::string, std::string> status;  // party: "connected", "on-hold", ...
  Instant until{};                            // of the subscription that it comes by
};

// What each side did to the other, and an offer to do so that waits for its answer.
struct Hold {
  struct Offer {
    Side by = Side::unknown;
    bool hold = false;
    std::uint32_t cseq = 0;
    wire::Method method = wire::Method::none;
    enum class Reply : std::uint8_t { unseen, holds, talks } reply = Reply::unseen;  // that the ACK brings
  };
  std::array<bool, 2> by{};  // caller, callee
  bool ever = false;
  Offer offer;
  std::uint32_t late_offer_cseq = 0;  // a re-INVITE without SDP: the answer makes the offer
  bool now() const { return by[0] || by[1]; }
};

// The last REFER, until it is answered.
struct Refer {
  std::uint32_t cseq = 0;
  int status = 0;  // told of last, by NOTIFY
  std::string to;
  std::string replaces;  // the Call-ID that it said is to be replaced
};

// Redirection under one Call-ID: by whom, to where, and the hops that those places were tried at.
struct Redirected {
  struct Tried {
    wire::Address to;
    std::string place;
  };
  std::vector<std::string> by, to;
  std::vector<Tried> tried;
  bool branched = false;
};

// Features that a telephone sets by its subscription (features.cc).
struct FeatureRequest {
  std::uint32_t cseq = 0;
  bool challenged = false, answered = false;
  std::vector<wire::Feature> features;
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
  bool media_seen = false, ever_answered = false;
  std::vector<Branch> branches;
  std::vector<Bye> byes;
  std::vector<wire::Address> hosts;  // that signal in this call, beside the hops' own
  bool end_doubted = false;          // a stranger's BYE ended it
  bool progressed = false;           // the other side was heard, or spoken to by its tag
  bool cancelled = false;            // by the caller, before an answer
  struct {
    bool odd_sdp = false, crowded = false, disagreement = false;
  } said;  // once a call
  // Text messages under this Call-ID (messages.cc).
  struct Text {
    Side by;
    std::uint32_t cseq;
    bool challenged, answered;
  };
  std::vector<Text> texts;
  Hold hold;
  Refer refer;
  std::string replaces;  // the Call-ID whose place this call takes
  Redirected redirection;
  FeatureRequest feature_request;
  std::vector<wire::Feature> features;            // as the switch told them last
  std::vector<std::uint64_t> user_to_user_heard;  // hashes of what was said
  std::string focus;                              // the conference that one side is, as identity text
  Conference conference;
  std::vector<std::string> links;  // its sessions, into Impl::legs
  RegisterHops hops;               // of a REGISTER
  std::vector<End> ends;
  std::array<std::uint8_t, media_kinds> heard{};  // of each kind: 1 by the caller, 2 by the callee
  Instant agreed_since{};                         // what is agreed now of a call that is up
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
  bool is_caller(std::string_view tag) const {
    return tag == caller_tag || std::find(caller_tags.begin(), caller_tags.end(), tag) != caller_tags.end();
  }
  bool waiting() const { return any(Attachment::Stage::claimed) || any(Attachment::Stage::digest); }
};

}  // namespace writ::intercept
