// SPDX-License-Identifier: GPL-3.0-or-later
// More than two: a conference with its focus (RFC 4579, 4575), and three on one telephone.
#include "shapes.hh"

namespace carrier {
namespace {

Options proxied() {
  Options o;
  o.layout = Layout::proxied;
  return o;
}

Words told(int version, const std::string& users) {
  return {{"Event: conference", "Subscription-State: active"},
          "<?xml version=\"1.0\"?><conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" "
          "entity=\"sip:room@carrier.example\" state=\"partial\" "
          "version=\"" +
              std::to_string(version) + "\"><users>" + users + "</users></conference-info>",
          "application/conference-info+xml"};
}
std::string user(const Phone& p, const char* status) {
  return "<user entity=\"" + p.uri() + "\"><endpoint><status>" + status + "</status></endpoint></user>";
}

// Seat 0 opens it and asks two others in by REFER; the focus calls them.
Time conference(Scene& s) {
  Phone room = s.w.person({-1, -1}, 0);
  const Phone opener = s.person(0);
  const bool v6 = opener.sip.host.v6;
  room.number = "room-" + s.w.chance.token(6);
  room.user = room.number;
  room.sip = room.sip_seen = s.w.focus(v6);
  room.nat = false;
  room.wire = opener.wire;
  s.w.move_audio(room);
  const auto c = std::make_shared<Call>(s.w, opener, room, "conference", Options{});
  c->legs[0].focus = true;
  Time t = c->answer(c->invite(s.start) + 200 * ms);
  const Time up = t;
  c->expect({{"type", "ConfPartyChange"}, {"basis", "isfocus"}});
  int version = 1;
  c->exchange(t + 20 * ms, false, "NOTIFY", told(version++, user(opener, "connected")), 200);
  Time over = c->converse(t + 30 * ms, s.slots + 150);
  for (const int seat : {1, 2}) {
    const Phone guest = s.person(seat);
    t = c->exchange(t + 400 * ms, true, "REFER", {{"Refer-To: <" + guest.uri() + ">"}, {}, {}}, 202);
    Phone speaker = room;
    s.w.move_audio(speaker);
    const auto g = std::make_shared<Call>(s.w, speaker, guest, "conference-guest", Options{});
    const Time in = g->answer(g->invite(t + 40 * ms) + 300 * ms);
    c->exchange(in + 20 * ms, false, "NOTIFY", told(version++, user(guest, "connected")), 200);
    c->expect({{"type", "ConfPartyChange"}, {"joined", {guest.number}}});
    const Time out = g->converse(in + 20 * ms, s.slots / 2);
    g->bye(out + 20 * ms, seat == 2);
    c->exchange(out + 60 * ms, false, "NOTIFY",
                told(version++, "<user entity=\"" + guest.uri() + "\" state=\"deleted\"/>"), 200);
    c->expect({{"type", "ConfPartyChange"}, {"removed", {guest.number}}});
    over = std::max(over, out + 400 * ms);
    t = out + 100 * ms;
  }
  s.up(c, up, over);
  return c->bye(over + 100 * ms, true);
}

// Seat 0 has two calls, the first on hold, then both.
Time three(Scene& s) {
  const Phone one = s.person(0);
  const auto c = std::make_shared<Call>(s.w, one, s.person(1), "three-way", proxied());
  Time t = c->answer(c->invite(s.start) + 400 * ms);
  t = c->converse(t + 20 * ms, s.slots / 3);
  t = c->renew(t + 30 * ms, true, "sendonly", "recvonly");
  Phone same = one;
  s.w.move_audio(same);
  const auto d = std::make_shared<Call>(s.w, same, s.person(2), "three-way-second", proxied());
  Time q = d->answer(d->invite(t + 200 * ms) + 400 * ms);
  q = d->converse(q + 20 * ms, s.slots / 3);
  t = c->renew(q + 40 * ms, true, "sendrecv", "sendrecv");
  if (one.target >= 0) c->expect({{"type", "ConfPartyChange"}});
  const Time over = std::max(c->converse(t + 20 * ms, s.slots / 3), d->converse(t + 25 * ms, s.slots / 3));
  s.up(c, t, over);
  c->bye(over + 50 * ms, true);
  return d->bye(over + 90 * ms, true);
}

}  // namespace

std::vector<Shape> gathering_shapes() { return {{"conference", 3, conference}, {"three-way", 3, three}}; }

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = [] {
    std::vector<Shape> v = plain_shapes();
    for (auto part : {changing_shapes, moving_shapes, gathering_shapes})
      for (const Shape& s : part()) v.push_back(s);
    return v;
  }();
  return all;
}

}  // namespace carrier
