// SPDX-License-Identifier: GPL-3.0-or-later
// Media of target calls: endpoints come from SDP and go with the call; packets find their call here.
#include <algorithm>

#include "base/limits.hh"
#include "intercept/engine_impl.hh"
#include "wire/rtp.hh"

namespace writ::intercept {

using wire::Header;
using Stage = Attachment::Stage;

namespace {

constexpr std::size_t ends_max = 96;  // two endpoints a stream, several streams, legs and re-INVITEs

PacketRole role_of(View payload) {
  if (wire::is_rtcp(payload)) return PacketRole::rtcp;
  return wire::parse_rtp(payload) ? PacketRole::rtp : PacketRole::other_media;
}

// ZRTP (RFC 6189 section 5): version bits of RTP are 0, the magic cookie stands where the timestamp would.
bool is_zrtp(View p) { return p.size() >= 12 && p[0] >> 4 == 1 && load_be32(p.data() + 4) == 0x5a525450; }
bool is_dtls(View p) { return p.size() >= 13 && p[0] >= 20 && p[0] <= 63 && p[1] == 0xfe; }

// Does any m= line of this body name a port that a target call uses? Cheap enough for every SDP that passes.
bool mentions_port(const MediaTable& table, std::string_view body) {
  for (std::size_t at = 0; at + 2 < body.size();) {
    if (body[at] == 'm' && body[at + 1] == '=') {
      std::size_t i = body.find(' ', at);
      std::uint32_t port = 0;
      if (i != std::string_view::npos)
        for (++i; i < body.size() && body[i] >= '0' && body[i] <= '9' && port < 65536; ++i)
          port = port * 10 + static_cast<std::uint32_t>(body[i] - '0');
      if (port > 0 && port < 65535 &&
          (table.maybe(static_cast<std::uint16_t>(port)) ||
           table.maybe(static_cast<std::uint16_t>(port + 1))))
        return true;
    }
    const std::size_t next = body.find('\n', at);
    if (next == std::string_view::npos) break;
    at = next + 1;
  }
  return false;
}

bool is_rtp(const wire::SdpMedia& m) { return m.transport.find("RTP") != std::string::npos; }

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

bool Engine::Impl::install_end(Dialog& d, End e) {
  for (End& old : d.ends)
    if (old.at == e.at) {
      const bool changed = old.codecs != e.codecs || old.direction != e.direction || old.replaced ||
                           old.encrypted != e.encrypted;
      if (old.side != e.side) old.side = Side::unknown;
      old.codecs = std::move(e.codecs);
      old.direction = std::move(e.direction);
      old.encrypted = e.encrypted;
      old.replaced = false;
      if (!e.rtcp) old.rtcp = false;
      return changed;
    }
  if (d.ends.size() >= ends_max) return false;
  table.add(e.at, &d, static_cast<std::uint32_t>(d.ends.size()));
  d.ends.push_back(std::move(e));
  return true;
}

bool Engine::Impl::install(Dialog& d, const wire::SdpMedia& m, Side side, const std::string& hop) {
  if (!m.has_address || m.rtp.port == 0 || m.rtp.ip == wire::Address{}) return false;
  End e;
  e.at = m.rtp;
  e.side = side;
  e.kind = m.kind;
  e.direction = m.direction;
  e.encrypted = m.encrypted;
  e.hop = hop;
  for (const wire::RtpMap& f : m.formats)
    e.codecs.push_back(f.codec.empty() ? std::to_string(f.payload_type) : f.codec);
  End rtcp = e;
  supersede(e.at, d);
  bool changed = install_end(d, std::move(e));
  if (is_rtp(m) && m.rtcp.port != 0 && m.rtcp != m.rtp) {
    rtcp.at = m.rtcp;
    rtcp.rtcp = true;
    rtcp.codecs.clear();
    supersede(rtcp.at, d);
    if (std::none_of(d.ends.begin(), d.ends.end(), [&](const End& x) { return x.at == rtcp.at; }))
      changed = install_end(d, std::move(rtcp)) || changed;
  }
  return changed;
}

Status Engine::Impl::apply_sdp(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  const std::string_view text = wire::sdp_part(m.first(Header::content_type), text_of(m.body));
  if (text.empty() || d.phase == Phase::released) return {};
  const wire::Sdp sdp = wire::parse_sdp(text);
  const Side side = sender_side(d, m);
  const std::string hop = hop_of(g);
  const auto announced = [&](const wire::Endpoint& e) {
    return std::any_of(sdp.media.begin(), sdp.media.end(),
                       [&](const wire::SdpMedia& s) { return s.rtp == e || s.rtcp == e; });
  };
  bool changed = false;
  // Forks answer side by side; only an offer, or an answer after the call is up, moves media away.
  if (m.is_request || d.phase == Phase::answered)
    for (End& e : d.ends)
      if (!e.replaced && e.side == side && e.hop == hop && !announced(e.at)) e.replaced = changed = true;
  bool encrypted = false, plain = false;
  for (const wire::SdpMedia& s : sdp.media) {
    changed = install(d, s, side, hop) || changed;
    if (s.rtp.port != 0) (s.encrypted ? encrypted : plain) = true;
  }
  const auto has_side = [&](Side s) {
    return std::any_of(d.ends.begin(), d.ends.end(), [&](const End& e) { return e.side == s; });
  };
  d.both_sides = d.both_sides || (has_side(Side::caller) && has_side(Side::callee)) ||
                 (!m.is_request && !d.ends.empty());
  if (changed) WRIT_CHECK(media_changed(d, g.at));
  if (encrypted && !plain && d.both_sides)
    for (Attachment& a : d.attachments)
      if (a.stage == Stage::live && covers(a, g.at))
        WRIT_CHECK(unavailable(d, a, g.at, "media encrypted (SRTP), keys unknown here"));
  return {};
}

// An ended call, and an end that was moved away from, give way to whoever announces the endpoint next.
void Engine::Impl::supersede(const wire::Endpoint& e, const Dialog& by) {
  for (bool again = table.maybe(e.port); again;) {
    again = false;
    for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
      const MediaTable::Claim c = table.claim(i);
      if (c.dialog == &by) continue;
      if (c.dialog->phase != Phase::released && !c.dialog->ends[c.end].replaced) continue;
      table.remove(e, c.dialog);
      again = true;
      break;
    }
  }
}

Status Engine::Impl::contest(const wire::Endpoint& e, Instant at) {
  if (!table.maybe(e.port)) return {};
  const Dialog nobody;
  supersede(e, nobody);
  for (std::uint32_t i = table.find(e); i != MediaTable::none; i = table.claim(i).next) {
    Dialog& d = *table.claim(i).dialog;
    End& end = d.ends[table.claim(i).end];
    if (end.contested) continue;
    end.contested = true;
    if (end.rtcp) continue;  // said once, with its RTP port
    WRIT_CHECK(emit_live(d, EventType::gap, at,
                         {{"why", "media endpoint " + e.text() +
                                      " was announced by another call as well: from here on only "
                                      "packets between ends that this call had used are kept"},
                          {"from", rfc3339(at)}},
                         true));
  }
  return {};
}

// SDP of a call that no grant names: read only when it mentions a port of a target call, and kept by nobody.
Status Engine::Impl::foreign_sdp(const wire::SipMessage& m, const Datagram& g) {
  if (m.body.empty() || table.size() == 0 || !mentions_port(table, text_of(m.body))) return {};
  const std::string_view text = wire::sdp_part(m.first(Header::content_type), text_of(m.body));
  if (text.empty()) return {};
  for (const wire::SdpMedia& s : wire::parse_sdp(text).media) {
    if (!s.has_address || s.rtp.port == 0) continue;
    WRIT_CHECK(contest(s.rtp, g.at));
    if (is_rtp(s)) WRIT_CHECK(contest(s.rtcp, g.at));
  }
  return {};
}

void Engine::Impl::drop_ends(Dialog& d) {
  for (const End& e : d.ends) table.remove(e.at, &d);
  d.ends.clear();
}

}  // namespace writ::intercept
