// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's parts: pass_over.cc (nobody's media), engine.cc (packets and time), carried.cc (HEP); whose
// call: attach.cc (identity and pending proof), direction.cc, inherit.cc (from other grants),
// registration.cc; what becomes of it: signalling.cc (dialogs), branches.cc (their end), transfer.cc (REFER,
// Replaces), redirection.cc (3xx, Diversion), connected_line.cc, messages.cc, parties.cc (hold, conferences),
// legs.cc (several Call-IDs of one call), identities.cc (calls that become one), features.cc,
// user_to_user.cc, digits.cc; media: announced.cc (SDP), ice.cc, rivals.cc (who has a port), flows.cc;
// reports.cc (events). The essay stands at the head of engine.cc.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <span>
#include <unordered_set>

#include "intercept/barred_calls.hh"
#include "intercept/dialog.hh"
#include "intercept/engine.hh"
#include "intercept/expected_calls.hh"
#include "intercept/media_table.hh"
#include "intercept/neighbours.hh"
#include "intercept/tls_places.hh"
#include "wire/glance.hh"
#include "wire/hep.hh"
#include "wire/reassembly.hh"
#include "wire/sdp.hh"
#include "wire/sip_body.hh"
#include "wire/sip_stream.hh"
#include "wire/turn.hh"

namespace writ::intercept {

inline constexpr std::uint16_t sip_port = 5060;

// A datagram with the frames that it came in; of a stream, one message with frames that hold nothing else.
struct Datagram {
  wire::UdpPacket udp;
  std::span<const wire::RawPacket> frames;
  Instant at{};
  std::string_view carried_by{};  // the capture agent, when one told of it
  // `udp` is what a TURN server relays in these frames, between the ends that are known of it.
  std::optional<wire::Relayed::How> relay{};
  bool inflated = false;  // the frame is made of what a compressed message said
};

// Who announces an endpoint: which call, and from where to where its requests go there.
struct Rival {
  const Dialog& by;  // an empty one: no grant names it
  std::uint64_t call;
  wire::Address from, to;
  Instant at;
};

struct Engine::Impl {
  Impl(const std::vector<authority::VerifiedGrant>& g, Sink& s, EngineOptions o);

  // pass_over.cc
  bool concerns(const wire::Glance& media) const;
  bool pass(const wire::RawPacket& p);
  Passed pass_over(wire::CaptureReader& reader, Instant from, Instant until, std::uint64_t most);

  // engine.cc
  Status on_packet(const wire::RawPacket& p);
  Status on_fragment(const wire::Fragment& f, const wire::RawPacket& p);
  Status on_datagram(const Datagram& d);
  Status on_segment(const wire::Decoded& d, const wire::RawPacket& p);
  Status on_streamed(const std::vector<wire::SipOverStream>& messages);
  Status say_disagreement(std::string_view call_id, Instant at);  // disagreement.cc
  Status expire_streams(Instant now);
  Status tick(Instant now);
  Status tick_dialog(Dialog& d, Instant now, bool& erase);
  Instant begin_of(std::uint32_t grant) const;
  Status turn_windows(Instant now);
  Status begin_windows(Instant now);
  Status end_windows(Instant now);
  Status finish();
  Status finish_gaps();
  void note_unread(Unread what, Instant at);

  // carried.cc
  bool hears(const wire::Address& agent) const;
  Status on_hep_segment(const wire::TcpSegment& t, Instant at, bool& taken);
  Status expire_hep(Instant now);
  Status on_hep(View message, const wire::Address& agent, wire::InputSet inputs, Instant at);
  void take_in_grants();
  void date(Instant t) {
    dated_at = t;
    judge.date(t);
  }

  // attach.cc
  Status attach(Dialog*& d, const wire::SipMessage& m, const Datagram& g);
  Status attach_claim(Dialog*& d, Claim c, const wire::SipMessage& m, const Datagram& g);
  bool is_passed_on(const Claim& c, const Attachment* a, std::string_view call_id) const;
  Dialog& make_dialog(const wire::SipMessage& m, const Datagram& g, DialogKind kind);
  Attachment make_attachment(const Dialog& d, const Claim& c, const wire::SipMessage& m,
                             const Datagram& g) const;
  Status commit(Dialog& d, Attachment& a);
  Status say_opening(Dialog& d, Attachment& a);
  Status settle(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status give_up(Dialog& d, Attachment& a, const std::string& why);
  Status say_nameless(const wire::SipMessage& m, const Datagram& g);
  bool is_said(std::uint32_t grant, const std::string& of);
  Status review(std::uint32_t grant, Instant at, const std::string& call_id, const std::string& claimed,
                const std::string& source, const wire::Endpoint& src);

  // inherit.cc
  class Heirs;
  Status inherit(const std::vector<std::uint32_t>& begun);
  Status inherit(Dialog& d, std::size_t held, std::uint32_t heir);
  Status join(Dialog& d, const Attachment& held, std::uint32_t heir, Instant at);
  Status say_unjoined(std::uint32_t heir, Instant at);
  Status take_part(Dialog& d, Attachment& a, Instant at);
  Status say_state(Dialog& d, Attachment& a, Instant at);

  // direction.cc
  bool one_way(std::uint32_t grant) const;
  void take_barred(const wire::SipMessage& m, std::vector<Claim>& claims);
  Status check_direction(const Dialog* d, const Claim& c, const wire::SipMessage& m, const Datagram& g,
                         bool& may);

  // waiting.cc
  Status make_room_to_wait();
  void wait_for_proof(Dialog& d, Attachment& a);
  void wait_no_more(Attachment& a);

  // signalling.cc
  Status on_sip(const wire::SipMessage& m, const Datagram& g);
  bool of_strangers(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status observe(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status on_request(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status on_response(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status on_invite_response(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status on_provisional(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status on_final_failure(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status release(Dialog& d, Instant at, const std::string& cause, Side by);
  void erase_dialog(Dialog& d);

  Dialog* dialog_of(const wire::SipMessage& m, const Datagram& g);
  bool begins_another(const Dialog& d, const wire::SipMessage& m, const Datagram& g) const;

  // branches.cc
  Status on_bye_answer(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status end_unanswered(Dialog& d);
  Status close_after_end(Dialog& d, Instant at);
  Status end_branch(Dialog& d, const Bye& bye, const std::string& how);
  Status accepted_after_end(Dialog& d, const wire::SipMessage& m, Instant at);
  Status attempt_again(Dialog& d, const wire::SipMessage& m, const Datagram& g);

  // registration.cc
  Status on_register(const wire::SipMessage& m, const Datagram& g);
  Status on_register_answer(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status registration_refused(Dialog& d, Attachment& a, const RegisterAnswer& r);
  Status registration_accepted(Dialog& d, Attachment& a, const RegisterAnswer& r);
  Status bind_contacts(const Dialog& d, Attachment& a, const RegisterAnswer& r);
  Status bind_listed(const Dialog& d, Attachment& a, const RegisterAnswer& r);
  Status bind(const Dialog& d, Attachment& a, Binding b, Instant at);

  // transfer.cc
  Status note_transfers(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status on_refer(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side sender, bool again);
  Status expect(Attachment& a, const Dialog& d, const wire::Address& from, std::string to, Instant at,
                bool joins = false);
  Status say_unfollowed(Instant now);
  void follow(const wire::SipMessage& m, const Datagram& g, std::vector<Claim>& claims);
  void follow_replaces(const wire::SipMessage& m, Instant at, std::vector<Claim>& claims);
  Status say_transferred(const Dialog& d, const Attachment& fresh);
  const Dialog* replaced_by(std::string_view replaces) const;

  // identities.cc
  void note_replaces(Dialog& d, const wire::SipMessage& m);
  Status say_replaced(Dialog& d, Instant at);

  // redirection.cc
  Status on_moved(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status on_branch(Dialog& d, const wire::SipMessage& m, const Datagram& g);

  // connected_line.cc
  Status note_connected(Dialog& d, const wire::SipMessage& m, const Datagram& g);

  // user_to_user.cc
  Status note_user_to_user(Dialog& d, const wire::SipMessage& m, const Datagram& g);

  // features.cc
  Status on_subscribe(Dialog& d, const wire::SipMessage& m, Side by, Instant at);
  Status on_features_told(Dialog& d, const std::vector<wire::Feature>& features, Instant at);

  // messages.cc
  Status on_message(Dialog& d, const wire::SipMessage& m, const Datagram& g);

  // parties.cc
  Status on_notify(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side sender);
  void note_subscription(Dialog& d, const wire::SipMessage& m, Instant at);
  void note_hold_offer(Dialog& d, const wire::SipMessage& m, const wire::Sdp& sdp, Side side);
  Status hold_answered(Dialog& d, const wire::SipMessage& m, Instant at);
  Status set_hold(Dialog& d, Side by, bool hold, Instant at);
  Status note_focus(Dialog& d, const wire::SipMessage& m, Instant at);
  Status on_conference_info(Dialog& d, const wire::ConferenceInfo& info, Instant at);
  Status conference_of_device(Dialog& d, Instant at);
  Status conference_of_device(Dialog& d, const Attachment& a, Instant at);

  // legs.cc
  Status link_legs(Dialog& d, const wire::SipMessage& m, const wire::Sdp* sdp, Instant at);
  Status join_leg(Dialog& d, Attachment& a, const std::string& session, Instant at, bool afterwards);
  bool is_leg_of(const wire::Endpoint& e, const wire::Sdp& sdp, const Rival& r) const;

  // digits.cc
  Status on_info(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side sender);
  Status hear_digit(Dialog& d, Attachment& a, const End* to, const End* from, const Datagram& g);
  Status take_digit(Dialog& d, Attachment& a, char digit, const char* source, Instant at);
  Status flush_digits(Dialog& d, Attachment& a);

  // announced.cc
  Status apply_sdp(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  Status say_odd_sdp(Dialog& d, Instant at);
  bool install(Dialog& d, const wire::Sdp& sdp, std::size_t line, Side side, const std::string& hop);
  bool install_end(Dialog& d, End e);
  void list_end(Dialog& d, std::size_t end);
  void list_again(Dialog& d);
  Status say_crowded(Instant at);
  Status foreign_sdp(const wire::SipMessage& m, const Datagram& g);
  Status contest(const wire::Sdp& sdp, const Rival& r);
  Status contest(const wire::Endpoint& e, const Rival& r);
  void supersede(const wire::Endpoint& e, const Dialog& by);

  // rivals.cc
  Status take_over(Dialog& d, End& end, const Rival& r);
  Status take_over(const wire::Sdp& sdp, const Rival& r);

  // ice.cc
  bool install_candidates(Dialog& d, const wire::SdpMedia& m, End like);
  void expect_candidates(Dialog& d, const wire::SdpMedia& m, const End& like);
  Status trickle(Dialog& d, const wire::SipMessage& m, const Datagram& g);
  bool is_ice_of(const wire::Endpoint& e, const wire::SdpMedia& m) const;

  // flows.cc
  struct Hit {
    Dialog* dialog;
    End *to, *from;
    bool announced_both() const { return to != nullptr && from != nullptr; }
  };
  Status on_media(const Datagram& g);
  Status on_relayed(const wire::Relayed& r, const Datagram& g);
  void hit(const wire::Endpoint& e, End* Hit::*end);
  Status media_of_hits(const Datagram& g);
  Status media_of_hits(bool live, const Datagram& g);
  Status say_contested(Dialog& d, End& e, Instant at);
  Status say_neighbours_peer(Dialog& d, End& e, Instant at);
  Status media_of(Dialog& d, End* to, End* from, const Datagram& g);
  void drop_ends(Dialog& d);
  Status deliver(Dialog& d, PacketRole role, Side speaker, const Datagram& g);
  Status hand_over(Attachment& a, PacketRole role, Side speaker, const wire::RawPacket& p);

  // reports.cc
  Status say(std::uint32_t grant, Event e);
  Status say_inactive(std::uint32_t grant, Instant at, const char* why);
  Status emit(const Attachment& a, EventType type, Instant at, const Dialog& d, Json detail);
  Status emit_or_hold(Dialog& d, Attachment& a, EventType type, Instant at, const Json& detail);
  Status emit_live(Dialog& d, EventType type, Instant at, const Json& detail, bool content_only = false);
  Status open_content(Dialog& d, Attachment& a, Instant at);
  Status media_changed(Dialog& d, Instant at);
  Status close_content(Dialog& d, Attachment& a, Instant at, const std::string& why);

  // unavailable.cc
  Status unavailable(Dialog& d, Attachment& a, Instant at, const std::string& of, const std::string& why);
  Status say_closed(Dialog& d, const wire::Sdp& sdp, Instant at);
  Status say_unseen(Dialog& d, Attachment& a, Instant at);
  void note_due(Dialog& d, Instant at);
  Json media_list(const Dialog& d, const Attachment& a) const;

  Dialog* find(std::string_view call_id) const {
    const auto it = dialogs.find(call_id);
    return it == dialogs.end() ? nullptr : it->second.get();
  }
  bool covers(const Attachment& a, Instant at) const {
    return grants[a.grant].covers(at) && !dated_before(a);
  }
  // By its agent's word the current message is older than the grant.
  bool dated_before(const Attachment& a) const { return dated_at < grants[a.grant].from(); }

  const std::vector<authority::VerifiedGrant>& grants;
  Sink& sink;
  EngineOptions options;
  EngineStats stats;
  Bindings bindings;
  Credentials credentials;
  Judge judge;
  MediaTable table;
  Neighbours neighbours;
  std::vector<Hit> hits;             // of the packet at hand
  std::vector<std::string> crowded;  // Call-IDs whose endpoints had to leave the table, until it is said
  wire::Reassembler reassembler;
  wire::SipStreams streams;
  std::uint64_t compressed_said = 0;  // of its messages that cannot be read
  TlsPlaces tls_places;
  wire::HepFlows hep;
  // Ordered: strangers choose Call-IDs, and what ends at once is said in the same order by every run.
  // By Call-ID; of a second call under the same one, by Call-ID, line feed and From tag.
  std::map<std::string, std::unique_ptr<Dialog>, std::less<>> dialogs;
  std::size_t under_same_id = 0;               // of these
  std::vector<std::uint32_t> next_number;      // by grant
  std::unordered_set<std::uint64_t> reviewed;  // hash of grant and Call-ID: one review each
  std::unordered_set<std::uint64_t>
      challengers;                    // hash of addresses that were seen to challenge requests of calls
  std::list<Dialog*> waiting;         // for a proof, the oldest first; erase_dialog takes it out
  std::size_t pending_bytes = 0;      // that are held for it
  Instant dated_at = Instant::max();  // by the agent that the current message came by; max: by nobody
  Instant first_seen{}, last_seen{};
  Instant next_turn{};  // the earliest beginning or end of a window that is not yet dealt with
  std::vector<bool> window_begun, window_ended;  // by grant
  enum class Surveillance : std::uint8_t { unsaid, active, inactive };
  std::vector<Surveillance> surveillance;  // by grant: what its SurveillanceStatus says
  std::vector<Instant> taken_in;           // by grant: not before this was it known here
  std::uint64_t frame = 0;                 // the packet at hand, from 1; 0: none

  BarredCalls barred;
  ExpectedCalls expected;
  std::map<std::string, std::string> legs;  // grant and session: Call-ID
  // By grant and device: Call-IDs up together.
  std::vector<std::map<wire::Address, std::vector<std::string>>> device_conference;
  std::vector<bool> has_held;  // by grant: was any party ever on hold

  struct Times {
    Instant from{}, until{};
  };
  std::array<Times, unread_kinds> unread{};  // when what is counted in stats.unread passed by
  std::size_t isolated_mark = 0;
};

// Events that report an earlier packet than the one at hand.
class AtFrame {
 public:
  AtFrame(std::uint64_t& now, std::uint64_t then) : now_(now), kept_(now) { now_ = then; }
  ~AtFrame() { now_ = kept_; }
  AtFrame(const AtFrame&) = delete;
  AtFrame& operator=(const AtFrame&) = delete;

 private:
  std::uint64_t& now_;
  std::uint64_t kept_;
};

// Helpers of several parts.
Side sender_side(const Dialog& d, const wire::SipMessage& m);
bool is_call_method(wire::Method m);
const char* by_text(Side s);
bool is_unique(const std::string& session);
EventType opening_type(const Attachment& a);
bool was_sent_invite(const Dialog& d, const wire::Address& a);
bool on_a_hop(const Dialog& d, const Datagram& g);  // between addresses of which one had a part in the call
void take_hosts(Dialog& d, const wire::SipMessage& m, const Datagram& g);
void take_branch(Dialog& d, const wire::SipMessage& m);
void take_bye(Dialog& d, const wire::SipMessage& m, const Datagram& g, Side by, std::uint64_t frame);
bool goes_on(const Dialog& d, const wire::SipMessage& m, const Datagram& g);
bool begins_dialog(const wire::SipMessage& m);  // as far as it says: no tag of the called party yet
void see_in_dialog(const Dialog* d, Claim& c, const wire::SipMessage& m);  // what it means for the call
bool is_nowhere(const wire::Address& a);  // 0.0.0.0, :: (hold, as RFC 2543 had it): no place to receive at
bool of_the_call(const Dialog& d,
                 const wire::SipMessage& m);  // of a dialog of this call, or begins one that may be
void note_heard(Dialog& d, const End& e, PacketRole role, Side speaker);
std::string keys_of(const End& e);
std::string hop_of(const Datagram& g);
std::uint64_t hash_text(std::string_view s, std::uint64_t seed);
std::string party_text(std::string_view name_addr);
std::string answering_at(const Dialog& d, const wire::Address& from);
std::string redirected_to(const Attachment& a);
std::string party_of(const Attachment& a,
                     Side side);  // who stands on that side, as the opening event named them
Rival rival_of(const Dialog& by, const wire::SipMessage& m, const Datagram& g);
bool chained(const Dialog& d, const wire::Address& from, const wire::Address& to);
bool is_leg(Dialog& d, const End& e, const Rival& r);
bool is_taken(const Dialog& d, const End* to, const End* from);
void keep_ends(Dialog& d);
bool tags_fit(const Dialog& d, std::string_view from, std::string_view to);
bool is_afterwards(const Dialog& d, const wire::SipMessage& m);
std::int64_t number_or(std::string_view s, std::int64_t otherwise);

}  // namespace writ::intercept
