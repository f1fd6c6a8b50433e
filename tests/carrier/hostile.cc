// SPDX-License-Identifier: GPL-3.0-or-later
// Attacks on one call of a target's.
#include "hostile.hh"

#include <algorithm>

namespace carrier {
namespace {

constexpr Mark nobodys{Owner::foreign, -1, true};

Mark in_the_call(const Call& c) { return {Owner::either, c.legs[0].mark.call, true}; }

// A place of the call that its SDP has named, and that hears what `by_caller` says. False when a NAT hides
// it.
bool named_place(const Call& c, bool by_caller, Endpoint& at) {
  const MediaHop h = c.way(by_caller).front();
  const bool relay = c.o.layout == Layout::relayed || c.o.layout == Layout::agent;
  if (!relay && (c.a.nat || c.b.nat)) return false;  // nobody could tell the stranger from a NAT
  // What is sent to a place that the call has left meanwhile is not of the call.
  if (c.shape.starts_with("hold") || c.shape == "codec-change") return false;
  at = h.to;
  return true;
}

void inject(World& w, const Live& l, bool same_ssrc, int packets) {
  const Call& c = *l.call;
  Talk k;
  Endpoint at;
  const bool by_caller = w.chance.chance(0.5);
  if (!named_place(c, by_caller, at) || at.host.v6) return;
  const int call = c.way(by_caller).front().mark.call;
  k.hops = {{w.stranger(), at, {Owner::target, call, true}}};
  k.wire = c.a.wire;
  k.start = l.from + (l.until - l.from) / 5;
  k.slots = packets;
  k.voice = w.chance.next();
  k.ssrc = same_ssrc ? c.ssrc(by_caller) : static_cast<std::uint32_t>(w.chance.next());
  k.sequence = static_cast<std::uint16_t>(w.chance.next());
  k.timestamp = static_cast<std::uint32_t>(w.chance.next());
  k.reports = false;
  k.injected = true;
  talk(w.mirror, k);
}

// A message with this Call-ID from elsewhere; `answer` from the proxy or none.
void forge(World& w, const Call& c, Time t, const std::string& method, bool right_tags, int cseq, int answer,
           const Words& words = {}) {
  Leg l = c.legs[0];
  l.tcp = nullptr;
  l.tls = nullptr;
  if (l.up.host.v6) return;
  l.up = w.stranger();
  l.via_up = l.up.in_uri();
  l.mark = in_the_call(c);
  if (!right_tags) {
    l.from_tag = w.chance.token(8);
    l.to_tag = w.chance.token(8);
  }
  Call copy = c;
  copy.legs = {l};
  copy.send(t, l, true, copy.message(l, true, method, cseq, words, false));
  if (answer == 0) return;
  std::string no = copy.message(l, true, method, cseq, {}, false);
  no.replace(0, no.find("\r\n"), "SIP/2.0 " + std::to_string(answer) + " No");
  copy.send(t + 2 * ms, l, false, no);
}

std::string neighbours_sdp(World& w, Endpoint& at) {
  at = {ipv4(198, 19, 200, 1 + w.chance.below(200)),
        static_cast<std::uint16_t>(10000 + 2 * w.chance.below(20000))};
  Sdp s;
  s.media = at;
  return s.text();
}

// Two people who have nothing to do with it talk, from or to that place.
void foreign_talk(World& w, Time t, const Endpoint& from, const Endpoint& to, int packets) {
  Talk k;
  k.hops = {{from, to, nobodys}};
  k.start = t;
  k.slots = packets;
  k.voice = w.chance.next();
  k.ssrc = static_cast<std::uint32_t>(w.chance.next());
  talk(w.mirror, k);
}

// An answer, or a new offer, that nobody of the call has sent: the media that it names stay a neighbour's.
void draw_in_neighbour(World& w, const Call& c, Time t, bool as_answer) {
  if (c.legs[0].up.host.v6) return;
  Endpoint neighbour;
  const std::string sdp = neighbours_sdp(w, neighbour);
  if (as_answer) {
    Leg l = c.legs[0];
    l.tcp = nullptr;
    l.down = w.stranger();
    l.to_tag = w.chance.token(8);
    l.from_tag = w.chance.token(8);
    l.mark = in_the_call(c);
    Call copy = c;
    copy.legs = {l};
    std::string text = copy.message(l, true, "INVITE", c.cseq_a, {{}, sdp}, false);
    text.replace(0, text.find("\r\n"), "SIP/2.0 200 OK");
    copy.send(t, l, false, text);
  } else {
    forge(w, c, t, "INVITE", false, 91, 481, {{}, sdp});
  }
  foreign_talk(w, t + 40 * ms, neighbour, neighbour.with(neighbour.port ^ 64u), 60);
}

// A call of strangers whose SDP names the target's place: what they send there is theirs, what his call sends
// is his.
void claim_port(World& w, const Live& l) {
  Endpoint at;
  if (!named_place(*l.call, true, at) || at.host.v6 || !l.call->o.suite.empty()) return;
  const Time t = l.from + (l.until - l.from) / 3;
  Call n(w, w.person({-1, -1}, 0), w.person({-1, -1}, 1), "claims", {});
  for (Leg& leg : n.legs) {
    leg.offered = at;
    leg.mark = nobodys;
  }
  const Time up = n.answer(n.invite(t) + 40 * ms);
  foreign_talk(w, up + 100 * ms, n.b.audio_seen, at, 50);
  n.bye(up + 1300 * ms, true);
  w.truth.count("contested", 1);
  w.truth.call(l.call->way(true).front().mark.call)["contested"] = true;
}

// A call of strangers under the same Call-ID.
void collide(World& w, const Live& l) {
  const Call& c = *l.call;
  if (c.legs[0].up.host.v6) return;
  Phone x = w.person({-1, -1}, 0);
  x.sip = x.sip_seen = w.stranger();
  w.move_audio(x);
  Options o;
  o.layout = w.chance.chance(0.5) ? Layout::proxied : Layout::single;  // the same proxy may send it on
  Call n(w, x, w.person({-1, -1}, 1), "collides", o);
  for (Leg& leg : n.legs) {
    leg.call_id = c.legs[0].call_id;
    leg.mark = nobodys;
  }
  const Time t = l.from + (l.until - l.from) / 4;
  const Time up = n.answer(n.invite(t) + 60 * ms);
  const Time over = n.converse(up + 20 * ms, 40);
  n.bye(over + 20 * ms, true);
}

void goodbye_by_rtcp(World& w, const Live& l) {
  Endpoint at;
  if (!named_place(*l.call, true, at) || at.host.v6) return;
  const std::uint32_t ssrc = l.call->ssrc(true);
  Bytes p{0x81, 203, 0, 1};
  for (int i = 3; i >= 0; --i) p.push_back(static_cast<std::uint8_t>(ssrc >> (8 * i)));
  for (int i = 0; i < 5; ++i)
    w.mirror.datagram(l.from + (l.until - l.from) * (4 + i) / 12, w.stranger(), at.with(at.port + 1u), p,
                      l.call->a.wire, {Owner::target, l.call->way(true).front().mark.call, true});
}

// The same place in the stream once more with other words: what came first was read.
void overwrite(World& w, const Live& l) {
  Tcp* tcp = l.call->legs[0].tcp;
  if (tcp == nullptr) return;
  w.mirror.call_at(l.from + (l.until - l.from) / 3, [&w, tcp] {
    const std::string other = "BYE sip:nobody@carrier.example SIP/2.0\r\nCall-ID: x\r\n\r\n";
    const TcpHead head{tcp->next(true) - 400, tcp->next(false), 0x18};
    w.mirror.frame(
        w.mirror.now(),
        tcp_frame(tcp->end(true), tcp->end(false), head, view_of(other), tcp->wire(), w.mirror.next_id()),
        {Owner::stream, -1, true});
  });
}

}  // namespace

void attack(World& w, const Live& l, unsigned kind) {
  const Call& c = *l.call;
  const Time t = l.from + (l.until - l.from) / 3;
  switch (kind % attacks) {
    case 0:
      return inject(w, l, false, 100);
    case 1:
      return inject(w, l, true, 60);
    case 2:
      return forge(w, c, t, "BYE", false, 90, 481);
    case 3:
      return forge(w, c, t, "BYE", true, 90, 481);
    case 4:
      return forge(w, c, t, "CANCEL", true, 1, 481);
    case 5:
      return draw_in_neighbour(w, c, t, true);
    case 6:
      return draw_in_neighbour(w, c, t, false);
    case 7:
      return claim_port(w, l);
    case 8:
      return collide(w, l);
    case 9:
      return goodbye_by_rtcp(w, l);
    case 10:
      return forge(w, c, t, "INFO", false, 92, 0,
                   {{}, "Signal=9\r\nDuration=160\r\n", "application/dtmf-relay"});
    default:
      return overwrite(w, l);
  }
}

}  // namespace carrier
