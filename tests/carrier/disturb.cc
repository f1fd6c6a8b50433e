// SPDX-License-Identifier: GPL-3.0-or-later
// Floods, broken messages, and claims in the name of a target.
#include <algorithm>

#include "hostile.hh"

namespace carrier {
namespace {

constexpr Mark nobodys{Owner::foreign, -1, true};

Options answered_by(Layout l) {
  Options o;
  o.layout = l;
  return o;
}

// RTP-like datagrams to ports that a target's call uses, at other hosts.
void flood(World& w, Time t, int packets) {
  Endpoint to{ipv4(198, 18, 7, 1 + w.chance.below(250)),
              static_cast<std::uint16_t>(10000 + 2 * w.chance.below(20000))};
  if (!w.live.empty()) to.port = w.live.back()->call->way(true).front().to.port;
  Talk k;
  k.hops = {{w.stranger(), to, nobodys}};
  k.start = t;
  k.slots = packets;
  k.ssrc = w.live.empty() ? 1 : w.live.back()->call->ssrc(true);
  k.voice = w.chance.next();
  talk(w.mirror, k);
}

// An INVITE of strangers, damaged.
std::string damaged(World& w) {
  const Call c(w, w.person({-1, -1}, 0), w.person({-1, -1}, 1), "damaged", {});
  std::string s = c.message(c.legs[0], true, "INVITE", 1, {{}, c.description(c.legs[0], true).text()}, true);
  Random& r = w.chance;
  const std::size_t at = 1 + r.below(s.size() - 2);
  switch (r.below(8)) {
    case 0:
      return s.substr(0, at);
    case 1:
      s.insert(at, 1, '\0');
      return s;
    case 2:
      for (int i = 0; i < 20; ++i) s[1 + r.below(s.size() - 2)] = static_cast<char>(r.below(256));
      return s;
    case 3:
      std::erase(s, '\r');
      return s;
    case 4:
      std::erase(s, ':');
      return s;
    case 5:
      s.replace(s.find("Content-Length:"), 17, "Content-Length: 99999999999");
      return s;
    case 6:
      s.replace(s.find("CSeq:"), 7, "CSeq: \xff\xfe");
      return s;
    default:
      s.insert(s.find("\r\n") + 2, std::string(900, 'A') + ": x\r\n");
      return s;
  }
}

void broken_messages(World& w, Time t, int packets) {
  for (int i = 0; i < packets; ++i)
    w.mirror.datagram(t + i * 3 * ms, w.stranger(), w.proxy(false), view_of(damaged(w)), {}, nobodys);
}

void garbage(World& w, Time t, int packets) {
  for (int i = 0; i < packets; ++i) {
    Bytes b(20 + w.chance.below(300));
    for (std::uint8_t& x : b) x = static_cast<std::uint8_t>(w.chance.next());
    w.mirror.datagram(t + i * 2 * ms, w.stranger(), w.proxy(false), b, {}, nobodys);
  }
}

Phone pretender(World& w) {
  Phone x = w.person({-1, -1}, 0);
  x.sip = x.sip_seen = w.stranger();
  x.wire = {};
  x.nat = false;
  w.move_audio(x);
  return x;
}

// Says that it is the target, and nobody asks: From, display name, an assertion by whom nobody trusts; or
// refused.
void claim_identity(World& w, Time t, unsigned how) {
  const int target = static_cast<int>(w.chance.below(static_cast<std::uint64_t>(w.targets())));
  Phone x = pretender(w);
  if (how != 1) x.number = w.number_of(target);
  Call c(w, x, w.person({-1, -1}, 1), "claims", answered_by(Layout::single));
  c.o.challenge = how == 2;
  c.legs[0].mark = nobodys;
  w.truth.review(c.legs[0].call_id);
  Words more;
  if (how == 1)
    more.lines.push_back("P-Asserted-Identity: \"" + w.number_of(target) + "\" <sip:" + w.number_of(target) +
                         "@carrier.example>");
  const Time there = c.invite(t, more);
  if (how == 2) {
    c.fail(there + 5 * ms, 403, "Forbidden");
    return;
  }
  const Time up = c.answer(there + 300 * ms);
  const Time over = c.converse(up + 20 * ms, 50);
  c.bye(over + 20 * ms, true);
}

// A registration in the target's name that the registrar refuses.
void steal_registration(World& w, Time t) {
  const std::string number = w.number_of(
                        static_cast<int>(w.chance.below(static_cast<std::uint64_t>(w.targets())))),
                    id = w.call_id();
  const Endpoint from = w.stranger(), to = w.proxy(false);
  Sip m{"REGISTER sip:carrier.example SIP/2.0",
        {"Via: SIP/2.0/UDP " + from.in_uri() + ";branch=z9hG4bK" + id.substr(0, 8),
         "From: <sip:" + number + "@carrier.example>;tag=x", "To: <sip:" + number + "@carrier.example>",
         "Call-ID: " + id, "CSeq: 1 REGISTER", "Contact: <sip:thief@" + from.in_uri() + ">", "Expires: 600"},
        {},
        {}};
  const Mark mark{Owner::either, -1, true};
  w.mirror.datagram(t, from, to, view_of(m.text()), {}, mark);
  m.start = "SIP/2.0 403 Forbidden";
  w.mirror.datagram(t + 4 * ms, to, from, view_of(m.text()), {}, mark);
}

// Two versions of the same bytes: the first names strangers, the second a target. Who reads the first reads
// what the receiver reads; nobody's call becomes the target's.
void two_versions(World& w, Time t, bool over_tcp) {
  const int target = static_cast<int>(w.chance.below(static_cast<std::uint64_t>(w.targets())));
  const Phone x = pretender(w), y = w.person({-1, -1}, 1);
  const Call c(w, x, y, "versions", {});
  const std::string first =
      c.message(c.legs[0], true, "INVITE", 1,
                {{"Identity: " + w.chance.token(600)}, c.description(c.legs[0], true).text()}, true);
  std::string second = first;
  for (std::size_t at = 0; (at = second.find(y.number, at)) != second.npos;)
    second.replace(at, y.number.size(), w.number_of(target));
  const Endpoint from = x.sip_seen, to = w.proxy(false);
  if (over_tcp) {
    const std::uint32_t sequence = w.chance.below(1u << 31);
    const auto segment = [&](Time at, std::uint32_t seq, View v, std::uint8_t flags) {
      w.mirror.frame(at, tcp_frame(from, to, {seq, 1, flags}, v, {}, w.mirror.next_id()), nobodys);
    };
    segment(t, sequence - 1, {}, 2);
    segment(t + 200, sequence, view_of(first).first(500), 0x18);
    segment(t + 300, sequence, view_of(second).first(500), 0x18);
    segment(t + 400, sequence + 200, view_of(second).subspan(200), 0x18);
    segment(t + 500, sequence + 500, view_of(first).subspan(500), 0x18);
    return;
  }
  const std::uint16_t id = w.mirror.next_id();
  const auto a = udp_fragments(from, to, view_of(first), {}, id, 528),
             b = udp_fragments(from, to, view_of(second), {}, id, 528);
  w.mirror.frame(t, a[0], nobodys);
  w.mirror.frame(t + 100, b[0], nobodys);
  for (std::size_t i = 1; i < a.size(); ++i)
    w.mirror.frame(t + 100 + static_cast<Time>(i) * 50, a[i], nobodys);
}

}  // namespace

void disturb(World& w, Time t, unsigned kind, int packets) {
  switch (kind % disturbances) {
    case 0:
      return flood(w, t, packets);
    case 1:
      return broken_messages(w, t, packets / 4);
    case 2:
      return garbage(w, t, packets / 4);
    case 3:
      return claim_identity(w, t, 0);
    case 4:
      return claim_identity(w, t, 1);
    case 5:
      return claim_identity(w, t, 2);
    case 6:
      return steal_registration(w, t);
    case 7:
      return two_versions(w, t, true);
    default:
      return two_versions(w, t, false);
  }
}

}  // namespace carrier
