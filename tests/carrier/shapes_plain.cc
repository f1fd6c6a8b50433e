// SPDX-License-Identifier: GPL-3.0-or-later
// Two people talk: over every layout and transport, in the clear and encrypted, with and without losses; or
// do not talk.
#include "shapes.hh"

namespace carrier {

// Rings, is answered, talks, ends; which of them hangs up is chance.
Time usual(Scene& s, const std::shared_ptr<Call>& c) {
  Time t = c->invite(s.start);
  t = c->provisional(t + 120 * ms, 180, false);
  const Time up = c->answer(t + c->chance.between(300, 900) * ms);
  const Time over = c->converse(up + 15 * ms, s.slots);
  s.up(c, up, over);
  // Some packets are under way when somebody hangs up.
  return c->bye(over + c->chance.between(-60, 80) * ms, c->chance.chance(0.5));
}

namespace {

std::shared_ptr<Call> two(Scene& s, const char* shape, Options o, bool nat = false) {
  return std::make_shared<Call>(s.w, s.person(0, nat), s.person(1), shape, std::move(o));
}
Options with(Layout l) {
  Options o;
  o.layout = l;
  return o;
}

Time single(Scene& s) { return usual(s, two(s, "single", {})); }
Time challenged(Scene& s) {
  Options o = with(Layout::proxied);
  o.challenge = true;
  return usual(s, two(s, "challenged", o));
}
Time compact(Scene& s) {
  Options o = with(Layout::proxied);
  o.compact = true;
  return usual(s, two(s, "compact", o));
}
Time relayed(Scene& s) { return usual(s, two(s, "relayed", with(Layout::relayed))); }
Time agent(Scene& s) { return usual(s, two(s, "agent", with(Layout::agent))); }
Time nat(Scene& s) { return usual(s, two(s, "nat", with(Layout::proxied), true)); }
Time nat_relayed(Scene& s) { return usual(s, two(s, "nat-relayed", with(Layout::relayed), true)); }

Time fragments(Scene& s) {
  Options o = with(Layout::proxied);
  o.piece = s.w.chance.chance(0.5) ? 1376 : 528;
  return usual(s, two(s, "fragments", o));
}
Time tcp(Scene& s) {
  Options o;
  o.tcp = true;
  return usual(s, two(s, "tcp", o));
}
Time trunk(Scene& s) {
  Options o;
  o.trunk = true;
  return usual(s, two(s, "trunk", o));
}
Time tls(Scene& s) {
  Options o;
  o.tls = true;
  if (s.cast.target >= 0) s.w.truth.count("tls target calls");
  return usual(s, two(s, "tls", o));
}
Time srtp80(Scene& s) {
  Options o;
  o.suite = "AES_CM_128_HMAC_SHA1_80";
  return usual(s, two(s, "srtp-80", o));
}
Time srtp32(Scene& s) {
  Options o = with(Layout::relayed);
  o.suite = "AES_CM_128_HMAC_SHA1_32";
  return usual(s, two(s, "srtp-32", o));
}
Time lossy(Scene& s) {
  Options o;
  o.loss = 0.03;
  o.reorder = 0.02;
  return usual(s, two(s, "lossy", o));
}
Time reordered(Scene& s) {
  Options o = with(Layout::proxied);
  o.reorder = 0.05;
  return usual(s, two(s, "reordered", o));
}

Time early(Scene& s) {  // the far switch plays something before anybody answers
  const auto c = two(s, "early", with(Layout::proxied));
  Time t = c->invite(s.start);
  t = c->provisional(t + 80 * ms, 183, true);
  t = c->say(t + 10 * ms, 40, false);
  const Time up = c->answer(t + 30 * ms);
  const Time over = c->converse(up + 20 * ms, s.slots);
  s.up(c, up, over);
  return c->bye(over + 40 * ms, true);
}

Time cancelled(Scene& s) {
  const auto c = two(s, "cancelled", with(Layout::proxied));
  const Time t = c->provisional(c->invite(s.start) + 90 * ms, 180, false);
  return c->cancel(t + 1500 * ms);
}
Time busy(Scene& s) {
  const auto c = two(s, "busy", with(Layout::proxied));
  return c->fail(c->invite(s.start) + 150 * ms, 486, "Busy Here");
}
Time silent(Scene& s) {  // the rest of the signalling is never seen
  const auto c = two(s, "no-bye", {});
  const Time up = c->answer(c->invite(s.start) + 400 * ms);
  const Time over = c->converse(up + 20 * ms, s.slots);
  for (const int i : c->truths()) s.w.truth.call(i)["cause"] = "";
  return over;
}

}  // namespace

std::vector<Shape> plain_shapes() {
  return {{"single", 2, single, 6},
          {"challenged", 2, challenged, 2},
          {"compact", 2, compact},
          {"relayed", 2, relayed, 4},
          {"agent", 2, agent, 2},
          {"nat", 2, nat, 3},
          {"nat-relayed", 2, nat_relayed},
          {"fragments", 2, fragments},
          {"tcp", 2, tcp, 2},
          {"trunk", 2, trunk, 4},
          {"tls", 2, tls},
          {"srtp-80", 2, srtp80},
          {"srtp-32", 2, srtp32},
          {"lossy", 2, lossy},
          {"reordered", 2, reordered},
          {"early", 2, early, 2},
          {"cancelled", 2, cancelled},
          {"busy", 2, busy},
          {"no-bye", 2, silent}};
}

}  // namespace carrier
