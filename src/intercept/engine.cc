// SPDX-License-Identifier: GPL-3.0-or-later
// The interception engine
// =======================
// Problem. A mirrored port carries the calls of a whole carrier. A few of them are named by a grant;
// everybody else's must leave no trace. A call is named by its signalling, its media are bare UDP packets
// that name nobody.
//
// Path of a packet. Nearly all are plain media of somebody else and are passed over (pass_over.cc). For the
// rest wire::decode finds the UDP payload in place, inside of tunnels too. First octet below 0x80 and a start
// line: SIP. A TCP segment goes to wire::SipStreams, which hands back whole SIP messages, each with frames
// that hold nothing else, so that everything below knows messages only. All else is possibly media: two
// look-ups in a bitmap of ports, then one or two probes of a hash table of endpoints that target calls
// announced (media_table.hh). A miss, that is nearly every packet, ends here, with nothing allocated or kept.
//
// Whose call. judge.cc gives each SIP message at most one claim a grant: proven, waiting for a digest, or
// just claimed.
//   * Proven claims attach the call at once: Request-URI (a call to the target), a registered contact, an
//   identity that a
//     trusted peer asserts, Diversion and History-Info, a transfer by the target (transfer.cc), From/To where
//     the grant trusts this port's peers.
//   * A digest waits for its answer. The dialog's packets are held (bounded) and either all given out, from
//   the first
//     challenged INVITE on, or all forgotten. Accepted means: a response to that very INVITE (CSeq), from the
//     address that it went to, that is not 401, 403 or 407, and not 100. A 100 never counts, not even after a
//     challenge: a hop may send it before it has looked at the credentials (RFC 3261 17.2.1), and waiting
//     loses nothing, since everything is held. And that next hop must be one that asks for credentials: it
//     challenged this Call-ID, or an earlier request of a call. Otherwise a header that nobody checks would
//     prove anything about anybody.
//   * A registration that was answered 200 binds an address and port to the target. When somebody else
//   registers from
//     the same address and port (a border controller in front), the address proves nothing and is not used.
//   * A bare claim waits likewise, because the same Call-ID may come back with a digest; any other outcome
//   makes it one
//     Review event per Call-ID and grant, and what was held is wiped. Strangers can send as many as they
//     like: the oldest gives way (waiting.cc).
//   A pen register takes only what the target sends, a trap what comes to it, redirected calls included.
//
// Dialogs. One per Call-ID, so both legs of a proxy are one call, and a retransmitted or forked INVITE opens
// no second. Grants attach to it side by side, each with its own call number. Caller is whoever's tag stood
// in From first. An end is believed when it fits: BYE with both tags of the dialog (either order) and a CSeq
// not below the last that was accepted, answered by 2xx; a failure only on the hop where the call came from
// (a fork may fail while another rings). Even then, the end closes nothing as long as media flow between ends
// that the call had used before: a forged BYE loses no packet. In-band things (RTCP BYE, tones) end nothing.
// Without any end, the call ends after limits::call_idle_s_max of silence; it then sleeps and takes up its
// own number again if it wakes.
//
// Media. A packet is of the call when its source or its destination was announced in the call's SDP (offer or
// answer, any leg); the other end may be a NAT's. Who speaks: an endpoint announced on behalf of side X
// receives what the other side says. On a leg behind a relay the relay announces its port on behalf of the
// far side, in a message of that side, so the rule holds on every leg without knowing what a relay is. The
// destination decides, else the source's own side. Port reuse: when SDP of somebody else's call announces an
// endpoint of a live target call, it is contested: from then on only packets between two ends of the call
// count (announced, or seen with it before), and a Gap says so; one call that announces both ends has them
// (rivals.cc). If the call is over, or has moved away by
// re-INVITE, the newer owner has it alone. To notice, the SDP of foreign calls is read, but only when one of
// its ports is in the bitmap; nothing of it is stored. Several calls of targets at one endpoint: those that
// announced both ends of the packet, else the one between whose ends it goes on, else the newest; a call that
// waits for its proof takes nothing from one that is proven. Thousands at one: announced.cc, list_end.
//
// Time. Each packet is judged by its own time against each grant's half-open window, at delivery, with no
// state in between.
//
// Pen registers. Their attachments have `content` false: deliver() never calls the sink for them, events
// carry no text that a party wrote except addresses, and causes come from our own table.
//
// What came in HEP: carried.cc.
//
// Cost: pass_over.cc.
#include "intercept/engine.hh"

#include "base/limits.hh"
#include "intercept/causes.hh"
#include "intercept/engine_impl.hh"

namespace writ::intercept {
namespace {

constexpr std::chrono::seconds media_grace_s{5};      // packets under way when the call ended
constexpr std::chrono::seconds linger_s{64};          // 64*T1 twice: retransmissions of an ended dialog
constexpr std::chrono::hours sleep_h_max{12};         // an idle call may wake
constexpr std::chrono::seconds challenge_s_max{32};   // 64*T1: a challenged INVITE that is not repeated
constexpr std::chrono::seconds digit_pause_s_max{5};  // keys further apart are two events

}  // namespace

Engine::Impl::Impl(const std::vector<authority::VerifiedGrant>& g, Sink& s, EngineOptions o)
    : grants(g),
      sink(s),
      options(std::move(o)),
      judge(g, bindings, credentials, options.inputs),
      next_turn(Instant::max()) {
  take_in_grants();
}

// Those that came since the last time; they begin with the packets after the one at hand.
void Engine::Impl::take_in_grants() {
  judge.take_in_grants();
  for (std::size_t g = next_number.size(); g < grants.size(); ++g) {
    next_number.push_back(options.calls_before);
    window_begun.push_back(false);
    window_ended.push_back(false);
    surveillance.push_back(Surveillance::unsaid);
    taken_in.push_back(last_seen);
    next_turn = std::min(next_turn, begin_of(static_cast<std::uint32_t>(g)));
    device_conference.emplace_back();
    has_held.push_back(false);
  }
}

void Engine::Impl::note_unread(Unread what, Instant at) {
  const auto kind = static_cast<std::size_t>(what);
  Times& u = unread[kind];
  if (stats.unread[kind]++ == 0) u.from = at;
  u.until = std::max(u.until, at);
}

Status Engine::Impl::on_packet(const wire::RawPacket& p) {
  if (stats.packets++ == 0) first_seen = p.at;
  frame = stats.packets;
  stats.bytes += p.wire_length;
  last_seen = p.at;
  if (p.at >= next_turn) WRIT_CHECK(turn_windows(p.at));
  const wire::Decoded d = wire::decode(p);
  switch (d.verdict) {
    case wire::Verdict::udp:
      return on_datagram(Datagram{d.udp, {&p, 1}, p.at});
    case wire::Verdict::fragment:
      return on_fragment(d.fragment, p);
    case wire::Verdict::tcp:
      return on_segment(d, p);
    default:
      if (const auto what = intercept::unread(d)) note_unread(*what, p.at);
      return {};
  }
}

Status Engine::Impl::on_segment(const wire::Decoded& d, const wire::RawPacket& p) {
  if (d.tcp.payload.empty() && d.tcp.flags == 0x10) return {};  // a bare acknowledgement
  if (!options.hep_from.empty() && hears(d.tcp.src.ip)) {
    bool taken = false;
    WRIT_CHECK(on_hep_segment(d.tcp, p.at, taken));
    if (taken) return {};
  }
  if (const auto what = intercept::unread(d))
    note_unread(*what, p.at);
  else if (tls_places.are_in(d.tcp))
    note_unread(Unread::tls, p.at);
  std::vector<wire::SipOverStream> whole;
  streams.add(d, p, whole);
  return on_streamed(whole);
}

Status Engine::Impl::on_streamed(const std::vector<wire::SipOverStream>& messages) {
  for (; compressed_said < streams.compressed(); ++compressed_said)
    note_unread(Unread::websocket_compressed, last_seen);
  for (const wire::SipOverStream& s : messages) {
    wire::SipMessage m;
    if (!wire::parse_sip(s.message, m)) continue;
    ++stats.sip;
    WRIT_CHECK(
        on_sip(m, Datagram{{s.src, s.dst, s.message, s.cut, s.inputs}, s.frames, s.at, {}, {}, s.inflated}));
    if (s.overlapped) WRIT_CHECK(say_disagreement(m.call_id(), s.at));
  }
  return {};
}

Status Engine::Impl::expire_streams(Instant now) {
  std::vector<wire::SipOverStream> cut;
  streams.expire(now, cut);
  WRIT_CHECK(on_streamed(cut));
  return expire_hep(now);
}

Status Engine::Impl::on_fragment(const wire::Fragment& f, const wire::RawPacket& p) {
  ++stats.fragments;
  wire::Reassembler::Whole whole;
  if (!reassembler.add(f, p, whole)) return {};
  std::vector<wire::RawPacket> frames;
  frames.reserve(whole.frames.size());
  for (std::size_t i = 0; i < whole.frames.size(); ++i)
    frames.push_back(
        {whole.times[i], p.link_type, whole.frames[i], static_cast<std::uint32_t>(whole.frames[i].size())});
  if (whole.decoded.verdict == wire::Verdict::tcp) return on_segment(whole.decoded, p);
  return on_datagram(Datagram{whole.decoded.udp, frames, p.at});
}

Status Engine::Impl::on_datagram(const Datagram& d) {
  ++stats.udp;
  const View payload = d.udp.payload;
  if (payload.empty()) return {};
  const bool signalling_port = d.udp.dst.port == sip_port || d.udp.src.port == sip_port;
  if ((payload[0] < 0x80 || signalling_port) && wire::looks_like_sip(payload)) {
    wire::SipMessage m;
    if (wire::parse_sip(payload, m)) {
      ++stats.sip;
      return on_sip(m, d);
    }
  } else if (signalling_port && is_broken_sip(payload)) {
    note_unread(Unread::bad_sip, d.at);
  } else if (payload[0] < 0x80) {
    if (wire::looks_like_hep(payload) && hears(d.udp.src.ip))
      return on_hep(payload, d.udp.src.ip, d.udp.inputs, d.at);
    if (const auto what = unread_datagram(d.udp)) note_unread(*what, d.at);
  }
  if (!table.maybe(d.udp.dst.port) && !table.maybe(d.udp.src.port)) return {};
  return on_media(d);
}

// The first instant that counts for it here.
Instant Engine::Impl::begin_of(std::uint32_t grant) const {
  return std::max(grants[grant].from(), taken_in[grant]);
}

// Windows that began or ended since the last packet.
Status Engine::Impl::turn_windows(Instant now) {
  next_turn = Instant::max();
  WRIT_CHECK(begin_windows(now));
  return end_windows(now);
}

Status Engine::Impl::begin_windows(Instant now) {
  std::vector<std::uint32_t> begun;
  for (std::uint32_t g = 0; g < grants.size(); ++g) {
    if (window_begun[g]) continue;
    window_begun[g] = now >= begin_of(g);
    if (!window_begun[g])
      next_turn = std::min(next_turn, begin_of(g));
    else if (grants[g].covers(begin_of(g)))
      begun.push_back(g);
  }
  return inherit(begun);
}

Status Engine::Impl::end_windows(Instant now) {
  for (std::uint32_t g = 0; g < grants.size(); ++g) {
    if (window_ended[g]) continue;
    if (now < grants[g].until()) {
      next_turn = std::min(next_turn, grants[g].until());
      continue;
    }
    window_ended[g] = true;
    // The last instant that the window covers: an event outside it would be refused by whoever checks.
    const Instant last = grants[g].until() - Nanos{1};
    for (auto& [id, d] : dialogs) {
      Attachment* a = d->of(g);
      if (a == nullptr || a->stage != Attachment::Stage::live || d->kind != DialogKind::call || a->end_said)
        continue;
      a->end_said = true;
      WRIT_CHECK(flush_digits(*d, *a));
      WRIT_CHECK(say_unseen(*d, *a, last));
      WRIT_CHECK(close_content(*d, *a, last, "authority ended"));
      WRIT_CHECK(
          emit(*a, EventType::gap, last, *d,
               {{"why", "authority ended while the call was up"}, {"from", rfc3339(grants[g].until())}}));
    }
    WRIT_CHECK(say_inactive(g, last, "the authority's window ended"));
  }
  return {};
}

Status Engine::Impl::tick(Instant now) {
  frame = 0;
  WRIT_CHECK(say_unfollowed(now));
  if (now >= next_turn) WRIT_CHECK(turn_windows(now));
  bindings.expire(now);
  WRIT_CHECK(expire_streams(now));
  for (auto it = dialogs.begin(); it != dialogs.end();) {
    bool erase = false;
    WRIT_CHECK(tick_dialog(*it->second, now, erase));
    if (erase) {
      erase_dialog(*it->second);
      it = dialogs.erase(it);
    } else {
      ++it;
    }
  }
  return {};
}

Status Engine::Impl::tick_dialog(Dialog& d, Instant now, bool& erase) {
  if (d.waiting() && now - d.created > limits::pending_dialog_s_max)
    for (Attachment& a : d.attachments) WRIT_CHECK(give_up(d, a, "not proven in time"));
  if (!d.any(Attachment::Stage::live) && !d.waiting()) {
    erase = true;
    return {};
  }
  const Nanos quiet = now - std::max(d.last_activity, d.last_media);
  if (d.kind != DialogKind::call) {
    erase = now >= d.conference.until &&
            quiet > (d.kind == DialogKind::registration ? Nanos{linger_s} : Nanos{limits::call_idle_s_max});
    return {};
  }
  if (d.phase == Phase::released) {
    // A stranger's word is no end: until the dialog is forgotten, packets between ends that the call had used
    // are its own.
    const Nanos grace = d.end_doubted ? Nanos{linger_s} : Nanos{media_grace_s};
    if (now - std::max(d.released_at, d.last_media) > grace && !d.dormant) {
      WRIT_CHECK(close_after_end(d, d.last_media));
      drop_ends(d);
    }
    erase = d.dormant ? quiet > sleep_h_max : now - d.released_at > linger_s && quiet > linger_s;
    return {};
  }
  for (Attachment& a : d.attachments)
    if (!a.digits.text.empty() && now - a.digits.last > digit_pause_s_max) WRIT_CHECK(flush_digits(d, a));
  if (!d.byes.empty() && quiet > challenge_s_max) return end_unanswered(d);
  if (d.challenged && d.phase == Phase::trying && now - d.challenged_at > challenge_s_max && !d.waiting())
    return release(d, d.challenged_at, cause_text(407) + ", not repeated", Side::unknown);
  if (quiet > limits::call_idle_s_max) {
    WRIT_CHECK(release(d, std::max(d.last_activity, d.last_media), "inactivity", Side::unknown));
    d.dormant = d.ever_answered || d.media_seen;  // nothing else can wake
  }
  return {};
}

Status Engine::Impl::finish() {
  frame = 0;
  WRIT_CHECK(expire_streams(Instant::max()));
  for (auto& [id, d] : dialogs) {
    for (Attachment& a : d->attachments) WRIT_CHECK(give_up(*d, a, "not proven at the end of the capture"));
    if (d->kind != DialogKind::call) continue;
    WRIT_CHECK(end_unanswered(*d));
    if (d->phase == Phase::released) {
      WRIT_CHECK(close_after_end(*d, last_seen));
      continue;
    }
    for (Attachment& a : d->attachments) {
      if (a.stage != Attachment::Stage::live || a.end_said) continue;
      a.end_said = true;
      const Instant last = std::min(last_seen, grants[a.grant].until() - Nanos{1});
      WRIT_CHECK(flush_digits(*d, a));
      WRIT_CHECK(say_unseen(*d, a, last));
      WRIT_CHECK(close_content(*d, a, last, "still up at end of capture"));
      WRIT_CHECK(emit(a, EventType::gap, last, *d,
                      {{"why", "still up at end of capture"}, {"from", rfc3339(last)}}));
    }
  }
  WRIT_CHECK(say_unfollowed(Instant::max()));
  for (auto& [id, d] : dialogs) erase_dialog(*d);
  dialogs.clear();
  return finish_gaps();
}

Status Engine::Impl::finish_gaps() {
  for (std::uint32_t g = 0; g < grants.size(); ++g) {
    const auto gap = [&](const char* text, std::uint64_t packets, Instant from, Instant until) -> Status {
      from = std::max(from, grants[g].from());
      until = std::min(until, grants[g].until() - Nanos{1});
      if (packets == 0 || from > until) return {};
      return say(
          g, Event{EventType::gap,
                   until,
                   0,
                   "",
                   {{"why", text}, {"from", rfc3339(from)}, {"until", rfc3339(until)}, {"packets", packets}},
                   0});
    };
    for (std::size_t k = 0; k < unread_kinds; ++k)
      WRIT_CHECK(gap(to_string(static_cast<Unread>(k)), stats.unread[k], unread[k].from, unread[k].until));
    WRIT_CHECK(
        gap("fragmented datagrams of which parts are missing", reassembler.dropped(), first_seen, last_seen));
    WRIT_CHECK(gap("SIP over TCP of which parts are missing", streams.dropped(), first_seen, last_seen));
    WRIT_CHECK(gap("HEP over TCP of which parts are missing", hep.given_up(), first_seen, last_seen));
    WRIT_CHECK(say_inactive(g, last_seen, "the input ended"));
  }
  return {};
}

Engine::Engine(const std::vector<authority::VerifiedGrant>& grants, Sink& sink, EngineOptions options)
    : i_(std::make_unique<Impl>(grants, sink, std::move(options))) {}
Engine::~Engine() = default;
void Engine::grants_added() { i_->take_in_grants(); }
Status Engine::on_packet(const wire::RawPacket& p) { return i_->on_packet(p); }
bool Engine::pass(const wire::RawPacket& p) { return i_->pass(p); }
Passed Engine::pass_over(wire::CaptureReader& reader, Instant from, Instant until, std::uint64_t most) {
  return i_->pass_over(reader, from, until, most);
}
void Engine::skip(std::uint64_t packets) { i_->stats.packets += packets; }
Status Engine::tick(Instant now) { return i_->tick(now); }
Status Engine::finish() { return i_->finish(); }
const EngineStats& Engine::stats() const { return i_->stats; }

}  // namespace writ::intercept
