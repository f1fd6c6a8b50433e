// SPDX-License-Identifier: GPL-3.0-or-later
// A call, over one or several legs: who says what when, in which words, and what of it the truth says.
#pragma once
#include "media.hh"
#include "sip.hh"
#include "world.hh"

namespace carrier {

enum class Layout : std::uint8_t {
  single,   // caller and proxy; the far side is out of sight
  proxied,  // both sides of the proxy; media go straight
  relayed,  // as proxied; media by a relay, whose ports the SDP of each leg names
  agent,    // a back-to-back agent: two Call-IDs, media by a relay
};

struct Leg {
  Endpoint up, down;  // toward the caller, toward the callee
  std::string via_up, via_down;
  std::string call_id, from_tag, to_tag;
  std::string request_uri, contact_up, contact_down;
  Endpoint offered, answered;  // RTP, as the SDP of this leg names it
  Wire wire;
  Tcp* tcp = nullptr;
  Tls* tls = nullptr;
  bool client_is_up = true;
  bool focus = false;  // the called side is a conference (RFC 4579)
  Mark mark;
};

struct Options {
  Layout layout = Layout::single;
  bool challenge = false, compact = false;
  std::size_t piece = 0;  // INVITEs in IP fragments of this size
  bool tcp = false, trunk = false, tls = false;
  std::string suite;  // SRTP
  double loss = 0, reorder = 0;
};

struct Words {  // beside what every message has
  std::vector<std::string> lines;
  std::string body, type = "application/sdp";
};

class Call {
 public:
  Call(World& w, Phone a, Phone b, const std::string& shape, Options o);

  // Each takes the time at which the first message is sent and returns the time at which the last one has
  // arrived.
  Time invite(Time t, const Words& more = {});
  Time provisional(Time t, int status, bool media, const std::string& tag = {});
  Time answer(Time t);
  Time bye(Time t, bool by_caller);
  Time fail(Time t, int status, const std::string& reason, const std::vector<std::string>& lines = {});
  Time cancel(Time t);
  // New description by one side, and its answer; both as the legs name them now.
  Time renew(Time t, bool by_caller, const std::string& direction, const std::string& answered);
  // One request in the dialog and its answer.
  Time exchange(Time t, bool by_caller, const std::string& method, const Words& words, int status);
  // One message on every leg, as it travels.
  Time request(Time t, bool by_caller, const std::string& method, int cseq, const Words& words,
               bool initial = false);
  Time respond(Time t, bool request_by_caller, int status, const std::string& reason,
               const std::string& method, int cseq, const Words& words = {});

  // Both talk from t on for so many slots of 20 ms. Returns the end.
  Time converse(Time t, int slots, const std::vector<Key>& keys = {});
  Time say(Time t, int slots, bool by_caller, const std::vector<Key>& keys = {});
  std::vector<MediaHop> way(bool by_caller) const;
  void set_audio();  // the legs' SDP names the parties' ports, or the relay's
  Sdp description(const Leg& l, bool by_caller, const std::string& direction = "sendrecv") const;
  std::string message(const Leg& l, bool down, const std::string& method, int cseq, const Words& words,
                      bool initial) const;
  void send(Time t, const Leg& l, bool down, const std::string& text, std::size_t piece = 0);

  void expect(const Json& event);  // of every target's call that this is
  void expect_digit(char digit, bool by_caller);
  std::vector<int> truths() const;
  // Who is reached in his stead stands where he would.
  bool targets_voice(bool by_caller) const {
    return for_his_line_ ? !by_caller : (by_caller ? a.target : b.target) >= 0;
  }
  bool is_target() const { return !truths().empty(); }
  void redirected(int target);     // a target's without that he is one of the two
  void new_voice(bool by_caller);  // a new SSRC
  std::uint32_t ssrc(bool by_caller) const { return by_caller ? mouth_a_.ssrc : mouth_b_.ssrc; }

  World& w;
  Phone a, b;
  Options o;
  std::string shape;
  std::vector<Leg> legs;
  Law law = Law::mu;
  int cseq_a = 1, cseq_b = 700, version = 1, target = -1;
  std::string types = "0 8 101";
  Random chance;

 private:
  struct Mouth {
    std::uint64_t voice = 0;
    std::uint32_t ssrc = 0, timestamp = 0;
    std::uint16_t sequence = 0;
    Time origin = 0;
    int talks = 0;
  };
  void make_legs();
  void own(int target_index, const char* direction);
  void note(const Leg& l, const char* what, Time t);
  Mouth mouth_a_, mouth_b_;
  Bytes key_a_, key_b_;
  std::string session_a_, session_b_, nonce_;
  bool for_his_line_ = false;
};

}  // namespace carrier
