// SPDX-License-Identifier: GPL-3.0-or-later
// CCUnavailable: what of a call's content cannot be had, and why. Each thing once for a call and grant.
#include <algorithm>
#include <array>
#include <utility>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using Stage = Attachment::Stage;

namespace {

constexpr std::array<const char*, media_kinds> kinds = {"audio",   "video",       "image",      "text",
                                                        "message", "application", "other media"};
constexpr std::size_t audio = 0, video = 1;
constexpr std::chrono::seconds due_s_min{5};  // calls that begin agree twice and more within a moment
constexpr const char* all_keys = "keys";

std::uint8_t bit(Side s) { return s == Side::caller ? 1 : s == Side::callee ? 2 : 3; }

bool of(const End& e, Side s) { return e.side == s || e.side == Side::unknown; }

// By what both sides announced, does `from` send media of this kind?
bool is_to_send(const Dialog& d, Side from, std::size_t kind) {
  const auto has = [&](Side side, const char* one_way) {
    return std::ranges::any_of(d.ends, [&](const End& e) {
      return !e.rtcp && !e.over_tcp && of(e, side) && media_kind(e.kind) == kind &&
             (e.direction == "sendrecv" || e.direction == one_way);
    });
  };
  return has(from, "sendonly") && has(other(from), "recvonly");
}

// Both sides have a line of this kind that `pred` is true of, and none that it is not.
template <class Pred>
bool agreed(const Dialog& d, std::size_t kind, Pred pred) {
  std::uint8_t sides = 0;
  for (const End& e : d.ends) {
    if (e.rtcp || e.replaced || media_kind(e.kind) != kind) continue;
    if (!pred(e)) return false;
    sides |= bit(e.side);
  }
  return sides == 3;
}

}  // namespace

std::size_t media_kind(std::string_view kind) {
  const auto known = std::ranges::find(kinds, kind);
  return known == kinds.end() ? kinds.size() - 1 : static_cast<std::size_t>(known - kinds.begin());
}

std::string keys_of(const End& e) { return std::string(kinds[media_kind(e.kind)]) + " keys"; }

// STUN and DTLS at a media port are not yet its media.
void note_heard(Dialog& d, const End& e, PacketRole role, Side speaker) {
  const std::size_t kind = media_kind(e.kind);
  if (role == PacketRole::rtp || (role == PacketRole::other_media && kind != audio && kind != video))
    d.heard[kind] |= bit(speaker);
}

Status Engine::Impl::unavailable(Dialog& d, Attachment& a, Instant at, const std::string& of,
                                 const std::string& why) {
  const auto said = [&](std::string_view what) {
    return std::ranges::find(a.unavailable_said, what) != a.unavailable_said.end();
  };
  if (!a.content || said(of) || (of.ends_with(all_keys) && said(all_keys))) return {};
  a.unavailable_said.push_back(of);
  return emit(a, EventType::cc_unavailable, at, d, {{"why", why}});
}

// Open is what is plain, or has its keys in the signalling.
Status Engine::Impl::say_closed(Dialog& d, const wire::Sdp& sdp, Instant at) {
  bool closed = false, open = false;
  for (const wire::SdpMedia& s : sdp.media)
    if (s.rtp.port != 0 && !s.transport.starts_with("TCP"))
      (s.encrypted && s.crypto.empty() ? closed : open) = true;
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !covers(a, at)) continue;
    if (closed && !open)
      WRIT_CHECK(unavailable(d, a, at, all_keys, "media encrypted (SRTP), keys unknown here"));
    for (std::size_t kind = 0; kind < media_kinds; ++kind) {
      const std::string name = kinds[kind];
      if (agreed(d, kind, [](const End& e) { return e.over_tcp; }))
        WRIT_CHECK(unavailable(d, a, at, name + " over TCP",
                               name + " over TCP was agreed: such media are not read"));
      else if (agreed(d, kind, [](const End& e) { return e.closed; }))
        WRIT_CHECK(unavailable(d, a, at, name + " keys", name + " encrypted, keys unknown here"));
    }
  }
  return {};
}

// Before an SDP changes what is agreed: a call that is put on hold, and ends so, had two that spoke.
void Engine::Impl::note_due(Dialog& d, Instant at) {
  const Instant since = std::exchange(d.agreed_since, at);
  if (!d.ever_answered && !d.mid_call) return;
  for (Attachment& a : d.attachments) {
    if (a.stage != Stage::live || !covers(a, at) || at - std::max(since, a.began) < due_s_min) continue;
    for (std::size_t kind = 0; kind < media_kinds; ++kind)
      for (const Side from : {Side::caller, Side::callee})
        if (is_to_send(d, from, kind)) a.due[kind] |= bit(from);
  }
}

// At the end of the call, or of what is seen of it.
Status Engine::Impl::say_unseen(Dialog& d, Attachment& a, Instant at) {
  if (!a.content || !(d.ever_answered || d.mid_call)) return {};
  if (a.media_packets == 0)
    return unavailable(d, a, at, "media", "the call was answered, its media were never seen");
  for (std::size_t kind = 0; kind < media_kinds; ++kind)
    for (const Side from : {Side::caller, Side::callee})
      if ((is_to_send(d, from, kind) || (a.due[kind] & bit(from)) != 0) && (d.heard[kind] & bit(from)) == 0) {
        const char* way = from == a.target_side ? " from the target" : " to the target";
        WRIT_CHECK(unavailable(d, a, at, kinds[kind] + std::string(way),
                               kinds[kind] + std::string(way) + " was agreed, and never seen"));
      }
  return {};
}

}  // namespace writ::intercept
