// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that go elsewhere: 302, REFER, REFER with Replaces (RFC 3261 8.1.3.4, 3515, 3891, 5589). What the
// target's line sends away is followed; where he is the one that is sent or reached, his own number proves
// it.
#include "shapes.hh"

namespace carrier {
namespace {

Options proxied() {
  Options o;
  o.layout = Layout::proxied;
  return o;
}

Phone again(World& w, Phone p) {
  w.move_audio(p);
  return p;
}

Time redirect(Scene& s) {
  const auto c = std::make_shared<Call>(s.w, s.person(0), s.person(1), "redirect", proxied());
  const Phone third = s.person(2);
  const Time t =
      c->fail(c->invite(s.start) + 200 * ms, 302, "Moved Temporarily", {"Contact: <" + third.uri() + ">"});
  c->expect({{"type", "Redirection"}, {"redirected_to", third.number}});
  const auto n = std::make_shared<Call>(s.w, again(s.w, c->a), third, "redirected", proxied());
  if (c->b.target >= 0) n->redirected(c->b.target);
  Scene more{s.w, t + 80 * ms, s.cast, s.slots};
  return usual(more, n);
}

Words refer_to(const std::string& uri, const Phone& by) {
  return {{"Refer-To: <" + uri + ">", "Referred-By: <" + by.uri() + ">"}, {}, {}};
}
Words fragment(int status) {
  return {{"Event: refer", "Subscription-State: active"},
          "SIP/2.0 " + std::to_string(status) + " X\r\n",
          "message/sipfrag;version=2.0"};
}

// Either party sends the other one to a third.
Time blind(Scene& s) {
  const auto c = std::make_shared<Call>(s.w, s.person(0), s.person(1), "blind-transfer", proxied());
  const Phone third = s.person(2);
  Time t = c->answer(c->invite(s.start) + 500 * ms);
  const Time up = t;
  t = c->converse(t + 20 * ms, s.slots / 2);
  s.up(c, up, t);
  const bool by = c->chance.chance(0.5);
  const Phone &sender = by ? c->a : c->b, &sent = by ? c->b : c->a;
  t = c->exchange(t + 40 * ms, by, "REFER", refer_to(third.uri(), sender), 202);
  c->expect({{"type", c->targets_voice(by) ? "SubjectSignal" : "NetworkSignal"},
             {"signal", "REFER"},
             {"refer_to", third.number}});
  c->exchange(t + 10 * ms, !by, "NOTIFY", fragment(100), 200);
  const auto n = std::make_shared<Call>(s.w, again(s.w, sent), third, "transferred", proxied());
  if (sender.target >= 0) n->redirected(sender.target);
  Time end = n->invite(t + 60 * ms, {{"Referred-By: <" + sender.uri() + ">"}, {}, {}});
  end = n->answer(end + 600 * ms);
  c->exchange(end + 10 * ms, !by, "NOTIFY", fragment(200), 200);
  c->bye(end + 60 * ms, by);
  const Time over = n->converse(end + 20 * ms, s.slots / 2);
  s.up(n, end, over);
  return n->bye(over + 30 * ms, true);
}

// The called party asks the third first, then joins the two.
Time attended(Scene& s) {
  const auto c = std::make_shared<Call>(s.w, s.person(0), s.person(1), "attended-transfer", proxied());
  Time t = c->answer(c->invite(s.start) + 500 * ms);
  t = c->converse(t + 20 * ms, s.slots / 3);
  t = c->renew(t + 40 * ms, false, "sendonly", "recvonly");
  c->expect(
      {{"type", "ConnectionBreak"}, {"why", "hold"}, {"by", c->targets_voice(false) ? "target" : "other"}});
  const auto ask = std::make_shared<Call>(s.w, again(s.w, c->b), s.person(2), "consultation", proxied());
  Time q = ask->answer(ask->invite(t + 300 * ms) + 400 * ms);
  q = ask->converse(q + 20 * ms, s.slots / 3);
  const Leg& l = ask->legs[0];
  const std::string replaces = l.call_id + "%3Bto-tag%3D" + l.to_tag + "%3Bfrom-tag%3D" + l.from_tag;
  t = c->exchange(q + 60 * ms, false, "REFER", refer_to(ask->b.uri() + "?Replaces=" + replaces, c->b), 202);
  const auto n = std::make_shared<Call>(s.w, again(s.w, c->a), again(s.w, ask->b), "joined", proxied());
  if (c->b.target >= 0) n->redirected(c->b.target);
  Time j =
      n->invite(t + 50 * ms, {{"Replaces: " + l.call_id + ";to-tag=" + l.to_tag + ";from-tag=" + l.from_tag,
                               "Referred-By: <" + c->b.uri() + ">"},
                              {},
                              {}});
  j = n->answer(j + 80 * ms);
  ask->bye(j + 30 * ms, false);
  c->exchange(j + 20 * ms, true, "NOTIFY", fragment(200), 200);
  c->bye(j + 90 * ms, false);
  const Time over = n->converse(j + 20 * ms, s.slots / 2);
  s.up(n, j, over);
  return n->bye(over + 30 * ms, false);
}

}  // namespace

std::vector<Shape> moving_shapes() {
  return {{"redirect", 3, redirect}, {"blind-transfer", 3, blind}, {"attended-transfer", 3, attended}};
}

}  // namespace carrier
