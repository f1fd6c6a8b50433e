// SPDX-License-Identifier: GPL-3.0-or-later
#include "call.hh"

#include <algorithm>

namespace carrier {
namespace {

constexpr std::size_t datagram_max = 1400;  // larger ones are sent in fragments

// At most what was there, at least `t`.
void earliest(Json& at, Time t) {
  if (at.is_null() || at.get<Time>() > t) at = t;
}

}  // namespace

Call::Call(World& world, Phone from, Phone to, const std::string& s, Options options)
    : w(world),
      a(std::move(from)),
      b(std::move(to)),
      o(std::move(options)),
      shape(s),
      chance(w.chance.next()) {
  for (Mouth* m : {&mouth_a_, &mouth_b_}) {
    m->voice = chance.next();
    m->ssrc = static_cast<std::uint32_t>(chance.next());
    m->timestamp = static_cast<std::uint32_t>(chance.next());
    m->sequence = static_cast<std::uint16_t>(chance.next());
  }
  for (Bytes* k : {&key_a_, &key_b_})
    for (int i = 0; i < 30; ++i) k->push_back(static_cast<std::uint8_t>(chance.next()));
  session_a_ = std::to_string(chance.next() >> 20);
  session_b_ = std::to_string(chance.next() >> 20);
  nonce_ = chance.token(20);
  if (a.target >= 0 && (!a.bound || o.tcp))
    o.challenge = true;  // another connection is no proof of who calls
  make_legs();
  set_audio();
  if (o.tls) return;  // nobody can read whose it is
  if (a.target >= 0) own(a.target, "from-target");
  if (b.target >= 0) own(b.target, "to-target");
}

void Call::make_legs() {
  const bool v6 = a.sip.host.v6, agent = o.layout == Layout::agent,
             two = o.layout != Layout::single || o.trunk;
  const Endpoint middle = agent ? w.agent(v6) : w.proxy(v6);
  Leg l;
  l.up = a.sip_seen;
  l.down = middle;
  l.via_up = a.sip.in_uri();
  l.via_down = middle.in_uri();
  l.call_id = w.call_id();
  l.from_tag = chance.token(8);
  l.to_tag = chance.token(8);
  l.request_uri = b.uri();
  l.contact_up = "sip:" + a.user + "@" + a.sip.in_uri();
  l.contact_down = agent ? "sip:agent@" + middle.in_uri() : "sip:" + b.user + "@" + b.sip.in_uri();
  l.wire = a.wire;
  if (o.tcp) {
    const Endpoint client = l.up.with(30000 + chance.below(20000));
    w.tcp.push_back(std::make_unique<Tcp>(w.mirror, client, l.down, l.wire,
                                          Tcp::Habits{chance.chance(0.5) ? 1448u : 300u, 0, 0.15, 0.2, false},
                                          chance.next()));
    l.tcp = w.tcp.back().get();
  }
  if (o.tls) {
    w.tls.push_back(std::make_unique<Tls>(w.mirror, l.up.with(30000 + chance.below(20000)), l.down.with(5061),
                                          l.wire, chance.next(), chance.chance(0.5)));
    l.tls = w.tls.back().get();
  }
  legs.push_back(l);
  if (!two) return;
  Leg far = l;
  far.tcp = nullptr;
  far.tls = nullptr;
  far.up = middle;
  far.via_up = middle.in_uri();
  far.down = o.trunk ? w.far_switch(v6) : b.sip_seen;
  far.via_down = b.sip.in_uri();
  far.request_uri = "sip:" + (agent || o.trunk ? b.number : b.user) + "@" + b.sip.in_uri();
  far.wire = b.wire;
  if (agent) {
    far.call_id = w.call_id();
    far.from_tag = chance.token(8);
    far.to_tag = chance.token(8);
    far.contact_up = "sip:agent@" + middle.in_uri();
    far.contact_down = "sip:" + b.user + "@" + b.sip.in_uri();
  }
  if (o.trunk) far.tcp = &w.trunk(v6);
  legs.push_back(far);
}

void Call::set_audio() {
  const bool v6 = a.sip.host.v6;
  for (Leg& l : legs) {
    l.offered = a.audio;
    l.answered = b.audio;
  }
  if (o.layout == Layout::relayed || o.layout == Layout::agent) {
    legs[0].answered = w.relay(v6);
    legs[1].offered = w.relay(v6);
  }
}

void Call::own(int target_index, const char* direction) {
  target = target_index;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const bool fresh = i == 0 || legs[i].call_id != legs[0].call_id;
    legs[i].mark =
        fresh ? Mark{Owner::target, w.truth.add_call(legs[i].call_id, shape), false} : legs[0].mark;
    if (!fresh) continue;
    Json& c = w.truth.call(legs[i].mark.call);
    c["target"] = w.number_of(target_index);
    c["direction"] = direction;
    c["from"] = a.identity();
    c["to"] = b.identity();
    if (i > 0) c["leg_of"] = legs[0].call_id;
  }
}
void Call::redirected(int target_index) {
  own(target_index, "redirected");
  for_his_line_ = true;
}

std::vector<int> Call::truths() const {
  std::vector<int> all;
  for (const Leg& l : legs)
    if (l.mark.call >= 0 && std::find(all.begin(), all.end(), l.mark.call) == all.end())
      all.push_back(l.mark.call);
  return all;
}
void Call::expect(const Json& event) {
  for (const int i : truths()) w.truth.call(i)["events"].push_back(event);
}
void Call::expect_digit(char digit, bool by_caller) {
  for (const int i : truths()) {
    Json& c = w.truth.call(i);
    c["digits"] = c["digits"].get<std::string>() + digit;
    c["digits_by_target"] = targets_voice(by_caller);
  }
}
void Call::note(const Leg& l, const char* what, Time t) {
  if (l.mark.call >= 0) earliest(w.truth.call(l.mark.call)[what], t);
}

std::string Call::message(const Leg& l, bool down, const std::string& method, int cseq, const Words& words,
                          bool initial) const {
  const std::string uri = initial ? l.request_uri : down ? l.contact_down : l.contact_up;
  const std::string caller = "<" + a.uri() + ">;tag=" + l.from_tag,
                    callee = "<" + b.uri() + ">" + (initial ? "" : ";tag=" + l.to_tag);
  const std::string transport = l.tcp != nullptr ? "TCP" : l.tls != nullptr ? "TLS" : "UDP";
  Sip m{method + " " + uri + " SIP/2.0",
        {"Via: SIP/2.0/" + transport + " " + (down ? l.via_up : l.via_down) + ";branch=z9hG4bK" +
             md5_hex(l.call_id + method + std::to_string(cseq) + l.via_up).substr(0, 14) + ";rport",
         "Max-Forwards: 70", "From: " + (down ? caller : callee), "To: " + (down ? callee : caller),
         "Call-ID: " + l.call_id, "CSeq: " + std::to_string(cseq) + " " + method,
         "Contact: <" + (down ? l.contact_up : l.contact_down) + (l.focus && !down ? ">;isfocus" : ">")},
        words.body,
        words.type};
  m.lines.insert(m.lines.end(), words.lines.begin(), words.lines.end());
  return m.text(o.compact);
}

void Call::send(Time t, const Leg& l, bool down, const std::string& text, std::size_t piece) {
  if (l.tls != nullptr) return w.mirror.call_at(t, [tls = l.tls, down, text] { tls->send(down, text); });
  if (l.tcp != nullptr)
    return w.mirror.call_at(t, [tcp = l.tcp, down = down == l.client_is_up, text, mark = l.mark] {
      tcp->send(down, text, mark);
    });
  const Endpoint &from = down ? l.up : l.down, &to = down ? l.down : l.up;
  if (piece == 0 && text.size() <= datagram_max)
    return w.mirror.datagram(t, from, to, view_of(text), l.wire, l.mark);
  w.mirror.fragments(t, from, to, view_of(text), l.wire, l.mark, piece == 0 ? 1376 : piece,
                     chance.chance(0.3));
}

Time Call::request(Time t, bool by_caller, const std::string& method, int cseq, const Words& words,
                   bool initial) {
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const Leg& l = by_caller ? legs[i] : legs[legs.size() - 1 - i];
    Words here = words;
    if (words.body == "sdp") here.body = description(l, by_caller).text();
    send(t, l, by_caller, message(l, by_caller, method, cseq, here, initial), initial ? o.piece : 0);
    if (method == "BYE") note(l, "end", t);
    t += hop;
  }
  return t;
}

Time Call::respond(Time t, bool request_by_caller, int status, const std::string& reason,
                   const std::string& method, int cseq, const Words& words) {
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const Leg& l = request_by_caller ? legs[legs.size() - 1 - i] : legs[i];
    Words here = words;
    if (words.body == "sdp") here.body = description(l, !request_by_caller).text();
    std::string text = message(l, request_by_caller, method, cseq, here, false);
    // The answer repeats Via, From, To, Call-ID and CSeq of the request; its Contact is its sender's.
    const std::string line = "SIP/2.0 " + std::to_string(status) + " " + reason;
    text.replace(0, text.find("\r\n"), line);
    const std::string mine = (o.compact ? "m: <" : "Contact: <") +
                             (request_by_caller ? l.contact_down : l.contact_up) + ">",
                      theirs = (o.compact ? "m: <" : "Contact: <") +
                               (request_by_caller ? l.contact_up : l.contact_down) + ">";
    if (status >= 300) text.erase(text.find(theirs), theirs.size() + 2);
    if (const std::size_t at = text.find(theirs); at != text.npos)
      text.replace(at, theirs.size(), mine + (l.focus && request_by_caller ? ";isfocus" : ""));
    send(t, l, !request_by_caller, text);
    if (method == "INVITE" && status == 200) note(l, "answer", t);
    t += hop;
  }
  return t;
}

Sdp Call::description(const Leg& l, bool by_caller, const std::string& direction) const {
  Sdp s;
  s.media = by_caller ? l.offered : l.answered;
  s.version = version;
  s.session = by_caller ? session_a_ : session_b_;
  s.types = types;
  s.direction = direction;
  if (!o.suite.empty()) {
    s.suite = o.suite;
    s.key = base64(by_caller ? key_a_ : key_b_);
  }
  return s;
}

std::vector<MediaHop> Call::way(bool by_caller) const {
  if (o.layout != Layout::relayed && o.layout != Layout::agent) {
    const Mark& m = legs[0].mark;
    return {by_caller ? MediaHop{a.audio_seen, b.audio_seen, m} : MediaHop{b.audio_seen, a.audio_seen, m}};
  }
  if (by_caller)
    return {{a.audio_seen, legs[0].answered, legs[0].mark}, {legs[1].offered, b.audio_seen, legs[1].mark}};
  return {{b.audio_seen, legs[1].offered, legs[1].mark}, {legs[0].answered, a.audio_seen, legs[0].mark}};
}

Time Call::say(Time t, int slots, bool by_caller, const std::vector<Key>& keys) {
  Mouth& mouth = by_caller ? mouth_a_ : mouth_b_;
  if (mouth.origin == 0) mouth.origin = t;
  const Time elapsed = (t - mouth.origin + slot - 1) / slot;  // its clock runs on while it is silent
  Talk k;
  k.hops = way(by_caller);
  k.wire = by_caller ? a.wire : b.wire;
  k.start = mouth.origin + elapsed * slot;
  k.slots = slots;
  k.law = law;
  k.voice = mix(mouth.voice, static_cast<std::uint64_t>(mouth.talks++));
  k.ssrc = mouth.ssrc;
  k.timestamp = mouth.timestamp + static_cast<std::uint32_t>(elapsed * 160);
  k.sequence = mouth.sequence;
  mouth.sequence = static_cast<std::uint16_t>(mouth.sequence + slots + 2 * static_cast<int>(keys.size()));
  k.keys = keys;
  k.loss = o.loss;
  k.reorder = o.reorder;
  if (!o.suite.empty()) {
    k.srtp_suite = o.suite;
    k.srtp_key = by_caller ? key_a_ : key_b_;
  }
  if (!o.tls)
    for (const int i : truths()) k.heard_in.emplace_back(i, targets_voice(by_caller) ? 1 : 0);
  for (const Key& key : keys) expect_digit(key.digit, by_caller);
  const Time end = k.start + slots * slot;
  talk(w.mirror, std::move(k));
  return end;
}

void Call::new_voice(bool by_caller) {
  Mouth& mouth = by_caller ? mouth_a_ : mouth_b_;
  mouth = {chance.next(),
           static_cast<std::uint32_t>(chance.next()),
           static_cast<std::uint32_t>(chance.next()),
           static_cast<std::uint16_t>(chance.next()),
           0,
           0};
}

Time Call::converse(Time t, int slots, const std::vector<Key>& keys) {
  const Time one = say(t, slots, true, keys);
  return std::max(one, say(t + chance.between(1, 15) * ms, slots, false));
}

}  // namespace carrier
