// SPDX-License-Identifier: GPL-3.0-or-later
// Media of target calls: packets find their call here. How its endpoints are known: announced.cc.
#include <algorithm>

#include "base/limits.hh"
#include "intercept/engine_impl.hh"
#include "wire/rtp.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {

PacketRole role_of(View payload) {
  if (wire::is_rtcp(payload)) return PacketRole::rtcp;
  return wire::parse_rtp(payload) ? PacketRole::rtp : PacketRole::other_media;
}

// ZRTP (RFC 6189 section 5): version bits of RTP are 0, the magic cookie stands where the timestamp would.
bool is_zrtp(View p) { return p.size() >= 12 && p[0] >> 4 == 1 && load_be32(p.data() + 4) == 0x5a525450; }
bool is_dtls(View p) { return p.size() >= 13 && p[0] >= 20 && p[0] <= 63 && p[1] == 0xfe; }

}  // namespace

Status Engine::Impl::on_media(const Datagram& g) {
  struct Hit {
    Dialog* dialog;
    End *to, *from;
  };
  std::array<Hit, 8> hits{};
  std::size_t n = 0;
  const auto collect = [&](const wire::Endpoint& e, bool destination) {
    if (!table.maybe(e.port)) return;
    for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
      const MediaTable::Claim& c = table.claim(i);
      Hit* h =
          std::find_if(hits.begin(), hits.begin() + n, [&](const Hit& x) { return x.dialog == c.dialog; });
      if (h == hits.begin() + n) {
        if (n == hits.size()) return;
        hits[n++] = Hit{c.dialog, nullptr, nullptr};
      }
      (destination ? h->to : h->from) = &c.dialog->ends[c.end];
    }
  };
  collect(g.udp.dst, true);
  collect(g.udp.src, false);
  if (n == 0) return {};
  // Of several calls, those that announced both ends; else the newest.
  const auto both = [](const Hit& h) { return h.to != nullptr && h.from != nullptr; };
  const bool any_both = std::any_of(hits.begin(), hits.begin() + n, both);
  Instant newest = Instant::min();
  for (std::size_t i = 0; i < n; ++i) newest = std::max(newest, hits[i].dialog->created);
  for (std::size_t i = 0; i < n; ++i)
    if (any_both ? both(hits[i]) : hits[i].dialog->created == newest)
      WRIT_CHECK(media_of(*hits[i].dialog, hits[i].to, hits[i].from, g));
  return {};
}

Status Engine::Impl::media_of(Dialog& d, End* to, End* from, const Datagram& g) {
  if (to == nullptr || from == nullptr) {
    End& mine = to != nullptr ? *to : *from;
    const wire::Endpoint& far = to != nullptr ? g.udp.src : g.udp.dst;
    if (!mine.knows(far)) {
      if (mine.contested || mine.replaced || d.phase == Phase::released) return {};
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
  if (d.dormant) {
    d.dormant = false;
    d.phase = d.ever_answered ? Phase::answered : Phase::trying;
    for (Attachment& a : d.attachments) a.end_said = false;
  }
  if (role == PacketRole::other_media && (is_zrtp(g.udp.payload) || is_dtls(g.udp.payload)))
    for (Attachment& a : d.attachments)
      if (a.stage == Stage::live && covers(a, g.at))
        WRIT_CHECK(unavailable(d, a, g.at,
                               is_dtls(g.udp.payload) ? "media keys agreed by DTLS, unknown here"
                                                      : "media keys agreed by ZRTP, unknown here"));
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !a.content || !covers(a, g.at)) continue;
    if (!a.opened) WRIT_CHECK(open_content(d, a, g.at));
    ++a.media_packets;
    if (role == PacketRole::rtp && speaker == a.target_side) WRIT_CHECK(hear_digit(d, a, to, from, g));
  }
  return deliver(d, role, speaker, g);
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
      a.pending.push_back(
          Pending{role, speaker, p.at, p.link_type, p.wire_length, Bytes(p.bytes.begin(), p.bytes.end())});
    }
  }
  if (any) stats.packets_isolated += g.frames.size();
  return {};
}

void Engine::Impl::drop_ends(Dialog& d) {
  for (const End& e : d.ends) table.remove(e.at, &d);
  d.ends.clear();
}

}  // namespace writ::intercept
