// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that change while they are up: hold, codec, ports, keys; forks; ports that somebody else is given
// afterwards.
#include "shapes.hh"

namespace carrier {
namespace {

std::shared_ptr<Call> begun(Scene& s, const char* shape, Options o, Time& t) {
  auto c = std::make_shared<Call>(s.w, s.person(0), s.person(1), shape, std::move(o));
  t = c->provisional(c->invite(s.start) + 100 * ms, 180, false);
  t = c->answer(t + 400 * ms);
  return c;
}
Options with(Layout l) {
  Options o;
  o.layout = l;
  return o;
}

void expect_hold(Call& c, bool by_caller) {
  c.expect({{"type", "ConnectionBreak"},
            {"why", "hold"},
            {"by", c.targets_voice(by_caller) ? "target" : "other"}});
  c.expect({{"type", "Connection"}, {"why", "resumed"}});
}

Time hold_music(Scene& s) {  // music comes from a server of the holder's
  Time t;
  const auto c = begun(s, "hold-music", with(Layout::proxied), t);
  const bool by = c->chance.chance(0.5);
  const Time up = t;
  t = c->converse(t + 20 * ms, s.slots / 2);
  Phone& holder = by ? c->a : c->b;
  const Phone kept = holder;
  holder.audio = holder.audio_seen = s.w.relay(kept.sip.host.v6);
  c->set_audio();
  t = c->renew(t + 50 * ms, by, "sendonly", "recvonly");
  c->new_voice(by);
  t = c->say(t + 10 * ms, 100, by);
  holder = kept;
  c->set_audio();
  t = c->renew(t + 30 * ms, by, "sendrecv", "sendrecv");
  c->new_voice(by);
  const Time over = c->converse(t + 20 * ms, s.slots / 2);
  expect_hold(*c, by);
  s.up(c, up, over);
  return c->bye(over + 30 * ms, by);
}

Time hold_silence(Scene& s) {
  Time t;
  const auto c = begun(s, "hold-silence", with(Layout::relayed), t);
  const bool by = c->chance.chance(0.5);
  const Time up = t;
  t = c->converse(t + 20 * ms, s.slots / 2);
  t = c->renew(t + 50 * ms, by, "inactive", "inactive");
  t = c->renew(t + 1700 * ms, by, "sendrecv", "sendrecv");
  const Time over = c->converse(t + 20 * ms, s.slots / 2);
  expect_hold(*c, by);
  s.up(c, up, over);
  return c->bye(over + 30 * ms, !by);
}

Time codec(Scene& s) {  // from mu-law to A-law, on another port
  Time t;
  const auto c = begun(s, "codec-change", with(Layout::proxied), t);
  const Time up = t;
  t = c->converse(t + 20 * ms, s.slots / 2);
  s.w.move_audio(c->a);
  c->set_audio();
  c->types = "8 101";
  t = c->renew(t + 30 * ms, true, "sendrecv", "sendrecv");
  c->law = Law::a;
  c->new_voice(true);
  c->new_voice(false);
  const Time over = c->converse(t + 20 * ms, s.slots / 2);
  s.up(c, up, over);
  return c->bye(over + 30 * ms, true);
}

Time keys(Scene& s) {
  Time t;
  const auto c = begun(s, "keys", with(s.w.chance.chance(0.5) ? Layout::single : Layout::relayed), t);
  std::vector<Key> pressed;
  for (int i = 0; i < 4; ++i)
    pressed.push_back(
        {20 + i * 15, "0123456789*#"[c->chance.below(12)], static_cast<int>(c->chance.between(4, 9))});
  const Time over = c->converse(t + 20 * ms, std::max(s.slots, 90), pressed);
  s.up(c, t, over);
  return c->bye(over + 30 * ms, true);
}

Time info_keys(Scene& s) {
  Time t;
  const auto c = begun(s, "info-keys", with(Layout::proxied), t);
  const Time over = c->converse(t + 20 * ms, std::max(s.slots, 90));
  for (int i = 0; i < 3; ++i) {
    const char digit = "0123456789*#"[c->chance.below(12)];
    c->exchange(t + (300 + i * 400) * ms, true, "INFO",
                {{}, std::string("Signal=") + digit + "\r\nDuration=160\r\n", "application/dtmf-relay"}, 200);
    c->expect_digit(digit, true);
  }
  s.up(c, t, over);
  return c->bye(over + 30 * ms, false);
}

// The proxy rings two telephones; both play something, the second is answered, the first is told to stop.
Time fork(Scene& s) {
  const auto c = std::make_shared<Call>(s.w, s.person(0), s.person(1), "fork", with(Layout::proxied));
  Phone other = c->b;
  s.w.move_audio(other);
  other.sip_seen.port = other.sip.port = static_cast<std::uint16_t>(other.sip.port + 20);
  Leg branch[2] = {c->legs[1], c->legs[1]};
  branch[1].down = other.sip_seen;
  branch[1].via_down = other.sip.in_uri();
  branch[1].request_uri = branch[1].contact_down = "sip:" + other.user + "@" + other.sip.in_uri();
  branch[1].to_tag = c->chance.token(8);
  branch[1].answered = other.audio;
  const Leg first = c->legs[0];
  c->legs = {first, branch[0], branch[1]};
  Time t = c->invite(s.start);
  const Phone one = c->b;
  const auto choose = [&](int n) {
    c->b = n == 0 ? one : other;
    Leg up = first;
    up.to_tag = branch[n].to_tag;
    up.contact_down = branch[n].contact_down;
    up.answered = branch[n].answered;
    c->legs = {up, branch[n]};
    c->new_voice(false);
  };
  for (const int n : {0, 1}) {
    choose(n);
    t = c->provisional(t + 60 * ms, 183, true);
    t = c->say(t + 20 * ms, 30, false);
  }
  const Time up = c->answer(t + 40 * ms);
  const std::vector<Leg> chosen = c->legs;
  c->legs = {branch[0]};
  c->send(up, branch[0], true, c->message(branch[0], true, "CANCEL", c->cseq_a, {}, true));
  c->respond(up + 3 * ms, true, 200, "OK", "CANCEL", c->cseq_a);
  c->respond(up + 5 * ms, true, 487, "Request Terminated", "INVITE", c->cseq_a);
  c->request(up + 9 * ms, true, "ACK", c->cseq_a, {});
  c->legs = chosen;
  c->new_voice(false);
  const Time over = c->converse(up + 30 * ms, s.slots);
  s.up(c, up, over);
  return c->bye(over + 30 * ms, true);
}

// After the call somebody else is given the relay's ports: once with SDP that can be read, once behind TLS.
Time ports_again(Scene& s) {
  const auto c = std::make_shared<Call>(s.w, s.person(0), s.person(1), "ports-again", with(Layout::relayed));
  const Time over = usual(s, c);
  const bool v6 = c->a.sip.host.v6, hidden = s.w.chance.chance(0.5);
  const Cast nobody{-1, v6 ? -6 : -1};
  Options o = with(Layout::relayed);
  o.tls = hidden;
  const auto n = std::make_shared<Call>(s.w, s.w.person(nobody, 0), s.w.person(nobody, 1), "neighbour", o);
  n->legs[0].answered = c->legs[0].answered;
  n->legs[1].offered = c->legs[1].offered;
  if (hidden) n->legs[1].tls = n->legs[0].tls;
  const Time up = n->answer(n->invite(over + 700 * ms) + 200 * ms);
  const Time end = n->converse(up + 20 * ms, s.slots);
  if (!hidden) return n->bye(end + 20 * ms, true);
  return end;
}

}  // namespace

std::vector<Shape> changing_shapes() {
  return {{"hold-music", 2, hold_music},  {"hold-silence", 2, hold_silence}, {"codec-change", 2, codec},
          {"keys", 2, keys, 2},           {"info-keys", 2, info_keys},       {"fork", 2, fork, 2},
          {"ports-again", 2, ports_again}};
}

}  // namespace carrier
