// SPDX-License-Identifier: GPL-3.0-or-later
// Media of target calls: packets find their call here. How its endpoints are known: announced.cc.
#include <algorithm>
#include <utility>

#include "base/limits.hh"
#include "intercept/engine_impl.hh"
#include "wire/rtp.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {

constexpr std::chrono::seconds flow_s_max{2};  // silence after which a flow is not taken for the same one

PacketRole role_of(View payload) {
  if (wire::is_rtcp(payload)) return PacketRole::rtcp;
  return wire::parse_rtp(payload) ? PacketRole::rtp : PacketRole::other_media;
}

// ZRTP (RFC 6189 section 5): version bits of RTP are 0, the magic cookie stands where the timestamp would.
bool is_zrtp(View p) { return p.size() >= 12 && p[0] >> 4 == 1 && load_be32(p.data() + 4) == 0x5a525450; }
bool is_dtls(View p) { return p.size() >= 13 && p[0] >= 20 && p[0] <= 63 && p[1] == 0xfe; }

}  // namespace

void Engine::Impl::hit(const wire::Endpoint& e, End* Hit::*end) {
  if (!table.maybe(e.port)) return;
  for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
    const MediaTable::Claim& c = table.claim(i);
    auto h = std::find_if(hits.begin(), hits.end(), [&](const Hit& x) { return x.dialog == c.dialog; });
    if (h == hits.end()) h = hits.insert(h, Hit{c.dialog, nullptr, nullptr});
    (*h).*end = &c.dialog->ends[c.end];
  }
}

Status Engine::Impl::on_media(const Datagram& g) {
  hits.clear();
  hit(g.udp.dst, &Hit::to);
  hit(g.udp.src, &Hit::from);
  if (hits.empty()) return {};
  const auto relayed = wire::relayed(g.udp.payload);
  return relayed ? on_relayed(*relayed, g) : media_of_hits(g);
}

// What a TURN server relays, in the frames that it came in. One socket of its client may have several peers:
// the one that an indication names is the other end, and the server is none. That peer's word alone draws
// nothing in: the client must be an end of the call.
Status Engine::Impl::on_relayed(const wire::Relayed& r, const Datagram& g) {
  const Datagram inside{wire::without_relay(g.udp, r), g.frames, g.at, g.carried_by, r.how};
  if (!r.names_peer()) return media_of_hits(inside);
  End* Hit::*const client = r.how == wire::Relayed::How::send ? &Hit::from : &Hit::to;
  hits.clear();
  hit(inside.udp.dst, &Hit::to);
  hit(inside.udp.src, &Hit::from);
  std::erase_if(hits, [&](const Hit& h) { return h.*client == nullptr; });
  return hits.empty() ? Status{} : media_of_hits(inside);
}

Status Engine::Impl::media_of_hits(const Datagram& g) {
  if (hits.size() == 1) return media_of(*hits[0].dialog, hits[0].to, hits[0].from, g);
  // What waits for its proof takes nothing from a call that is proven.
  WRIT_CHECK(media_of_hits(true, g));
  return media_of_hits(false, g);
}

// Of several calls, those that announced both ends; else the one between whose ends packets are on their way
// already; else the newest.
Status Engine::Impl::media_of_hits(bool live, const Datagram& g) {
  constexpr int both = 2;
  const auto rank = [&](const Hit& h) {
    if (h.announced_both()) return both;
    const End& mine = h.to != nullptr ? *h.to : *h.from;
    const bool goes_on = g.at - h.dialog->last_media < flow_s_max;
    return goes_on && mine.knows(h.to != nullptr ? g.udp.src : g.udp.dst) ? 1 : 0;
  };
  std::pair<int, Instant> best{-1, Instant::min()};
  for (const Hit& h : hits)
    if (h.dialog->any(Stage::live) == live) best = std::max(best, {rank(h), h.dialog->created});
  for (const Hit& h : hits)
    if (h.dialog->any(Stage::live) == live && rank(h) == best.first &&
        (best.first == both || h.dialog->created == best.second))
      WRIT_CHECK(media_of(*h.dialog, h.to, h.from, g));
  return {};
}

Status Engine::Impl::say_contested(Dialog& d, End& e, Instant at) {
  if (std::exchange(e.contest_said, true) || d.phase == Phase::released) return {};
  return emit_live(d, EventType::gap, at,
                   {{"why", "media endpoint " + e.at.text() +
                                " had been announced by another call: only packets between ends that "
                                "this call has announced are kept"},
                    {"from", rfc3339(at)}},
                   true);
}

Status Engine::Impl::say_neighbours_peer(Dialog& d, End& e, Instant at) {
  if (std::exchange(e.peer_said, true)) return {};
  return emit_live(d, EventType::gap, at,
                   {{"why", "what a TURN server relays between media endpoint " + e.at.text() +
                                " and one that another call has announced was not kept"},
                    {"from", rfc3339(at)}},
                   true);
}

Status Engine::Impl::media_of(Dialog& d, End* to, End* from, const Datagram& g) {
  // An offer that nobody has taken up draws nothing: its endpoints are the word of one side.
  if (!d.progressed) return {};
  if (is_taken(d, to, from)) return {};
  if (to == nullptr || from == nullptr) {
    End& mine = to != nullptr ? *to : *from;
    const wire::Endpoint& far = to != nullptr ? g.udp.src : g.udp.dst;
    if (!mine.knows(far)) {
      if (mine.contested) return say_contested(d, mine, g.at);
      if (mine.replaced || d.phase == Phase::released) return {};
      const bool names_peer = g.relay && *g.relay != wire::Relayed::How::channel;
      if (names_peer && neighbours.at(far, d.call_id, "")) return say_neighbours_peer(d, mine, g.at);
      if (mine.peer_count < mine.peers.size()) mine.peers[mine.peer_count++] = far;
    }
  }
  Side speaker = Side::unknown;
  if (to != nullptr && to->side != Side::unknown)
    speaker = other(to->side);
  else if (from != nullptr)
    speaker = from->side;
  const PacketRole role = role_of(g.udp.payload);
  d.last_media = std::max(d.last_media, g.at);
  d.media_seen = true;
  note_heard(d, to != nullptr ? *to : *from, role, speaker);
  if (d.dormant) {
    d.dormant = false;
    d.phase = d.ever_answered ? Phase::answered : Phase::trying;
    for (Attachment& a : d.attachments) a.end_said = false;
  }
  if (role == PacketRole::other_media && (is_zrtp(g.udp.payload) || is_dtls(g.udp.payload)))
    for (Attachment& a : d.attachments)
      if (a.stage == Stage::live && covers(a, g.at))
        WRIT_CHECK(unavailable(d, a, g.at, keys_of(to != nullptr ? *to : *from),
                               is_dtls(g.udp.payload) ? "media keys agreed by DTLS, unknown here"
                                                      : "media keys agreed by ZRTP, unknown here"));
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !a.content || !covers(a, g.at)) continue;
    if (!a.opened) WRIT_CHECK(open_content(d, a, g.at));
    ++a.media_packets;
    if (role == PacketRole::rtp && speaker == a.target_side) WRIT_CHECK(hear_digit(d, a, to, from, g));
  }
  return deliver(d, g.relay ? PacketRole::other_media : role, speaker, g);
}

Status Engine::Impl::hand_over(Attachment& a, PacketRole role, Side speaker, const wire::RawPacket& p) {
  if (!a.content || !covers(a, p.at)) return {};
  Direction direction = Direction::unknown;
  if (speaker != Side::unknown)
    direction = speaker == a.target_side ? Direction::from_target : Direction::to_target;
  return sink.packet(a.grant, PacketTag{a.number, role, direction}, p);
}

// The frames of a datagram go to every grant of the dialog that yields content, or wait with it for the
// proof.
Status Engine::Impl::deliver(Dialog& d, PacketRole role, Side speaker, const Datagram& g) {
  bool any = false;
  for (Attachment& a : d.attachments) {
    if (!a.content || a.stage == Stage::dropped) continue;
    for (const wire::RawPacket& p : g.frames) {
      if (a.stage == Stage::live) {
        any = any || covers(a, p.at);
        WRIT_CHECK(hand_over(a, role, speaker, p));
        continue;
      }
      if (!covers(a, p.at)) continue;
      if (a.pending_bytes + p.bytes.size() > limits::pending_bytes_per_dialog_max) {
        ++a.pending_dropped;
        continue;
      }
      a.pending_bytes += p.bytes.size();
      pending_bytes += p.bytes.size();
      a.pending.push_back(
          Pending{role, speaker, p.at, p.link_type, p.wire_length, Bytes(p.bytes.begin(), p.bytes.end())});
    }
  }
  if (any) stats.packets_isolated += g.frames.size();
  return pending_bytes > options.pending_bytes_max ? make_room_to_wait() : Status{};
}

void Engine::Impl::drop_ends(Dialog& d) {
  for (const End& e : d.ends) table.remove(e.at, &d);
  d.ends.clear();
  d.ice.clear();
}

}  // namespace writ::intercept
