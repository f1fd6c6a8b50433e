// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "intercept/stable_order.hh"
#include "intercept/streams.hh"

namespace writ::intercept {
namespace {

const wire::RtpMap* format_in(const wire::SdpMedia& m, int pt) {
  const auto f = std::ranges::find(m.formats, pt, &wire::RtpMap::payload_type);
  return f == m.formats.end() ? nullptr : &*f;
}

}  // namespace

std::size_t SdpTimeline::add(Instant at, const wire::Sdp& sdp, const wire::Address& announcer) {
  for (std::size_t line = 0; line < sdp.media.size(); ++line) {
    const wire::SdpMedia& m = sdp.media[line];
    if (!m.has_address || m.rtp.port == 0) continue;
    const auto media = std::make_shared<const wire::SdpMedia>(m);
    add({at, m.rtp, media, count_, line});
    announcers_.try_emplace(m.rtp, announcer);
    for (const wire::IceCandidate& c : m.candidates)
      if (!c.rtcp && c.at != m.rtp) {
        add({at, c.at, media, count_, line});
        announcers_.try_emplace(c.at, announcer);
      }
  }
  return count_++;
}

const wire::Address& SdpTimeline::media_host(const wire::Endpoint& rtcp) const {
  const auto of = std::ranges::find_if(entries_, [&](const Entry& x) { return x.media->rtcp == rtcp; });
  return of == entries_.end() ? rtcp.ip : of->media->rtp.ip;
}

const wire::Address* SdpTimeline::announcer(const wire::Endpoint& e) const {
  const auto it = announcers_.find(e);
  return it == announcers_.end() ? nullptr : &it->second;
}

void SdpTimeline::add(Entry e) {
  entries_.insert(std::ranges::upper_bound(entries_, e.at, {}, &Entry::at), std::move(e));
}

void SdpTimeline::trickle(Instant at, const wire::Sdp& fragment) {
  for (const wire::SdpMedia& m : fragment.media) {
    const auto of = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& x) {
      return !m.ufrag.empty() && x.media->ufrag == m.ufrag && x.media->mid == m.mid;
    });
    if (of == entries_.rend()) continue;
    const auto media = of->media;
    const std::size_t number = of->sdp, line = of->line;
    for (const wire::IceCandidate& c : m.candidates)
      if (!c.rtcp && c.at != media->rtp) add({at, c.at, media, number, line});
  }
}

void SdpTimeline::settle(const std::vector<Verdict>& verdicts) {
  std::erase_if(entries_, [&](const Entry& x) { return verdicts[x.sdp].withdrawn; });
  for (Entry& x : entries_) {
    const Verdict& v = verdicts[x.sdp];
    if (v.counts_from) x.at = std::max(x.at, *v.counts_from);
    if (x.line >= v.lines.size()) continue;
    x.refused = v.lines[x.line].refused;
    if (!v.lines[x.line].plain) continue;
    auto plain = std::make_shared<wire::SdpMedia>(*x.media);
    plain->encrypted = plain->must_encrypt = false;
    x.media = std::move(plain);
  }
  order_stably(entries_, [](const Entry& x) { return x.at; });
}

Instant SdpTimeline::next_change(Instant t) const {
  const auto next = std::ranges::upper_bound(entries_, t, {}, &Entry::at);
  return next == entries_.end() ? Instant::max() : next->at;
}

const wire::SdpMedia* SdpTimeline::in_force(const wire::Endpoint& e, Instant t, int pt) const {
  const Entry* found = newest(e, t, pt, false);
  if (found == nullptr) found = newest(e, t, pt, true);
  return found == nullptr ? nullptr : found->media.get();
}

const SdpTimeline::Entry* SdpTimeline::newest(const wire::Endpoint& e, Instant t, int pt,
                                              bool of_refused) const {
  const Entry* found = nullptr;
  for (const Entry& x : entries_) {
    if (x.end != e || x.refused != of_refused) continue;
    if (found != nullptr && x.at > t && x.at != found->at) break;
    if (found != nullptr && x.at == found->at && pt >= 0 && format_in(*x.media, pt) == nullptr) continue;
    found = &x;
  }
  return found;
}

const wire::SdpMedia* SdpTimeline::line_of(int pt, const wire::Endpoint& src, const wire::Endpoint& dst,
                                           Instant t) const {
  for (const wire::Endpoint& e : {dst, src})
    if (const wire::SdpMedia* m = in_force(e, t, pt); m != nullptr && format_in(*m, pt) != nullptr) return m;
  const wire::SdpMedia* any = nullptr;
  for (const Entry& x : entries_) {
    if (any != nullptr && x.at > t) break;
    if (format_in(*x.media, pt) != nullptr) any = x.media.get();
  }
  return any;
}

const wire::RtpMap* SdpTimeline::format(int pt, const wire::Endpoint& src, const wire::Endpoint& dst,
                                        Instant t) const {
  const wire::SdpMedia* m = line_of(pt, src, dst, t);
  return m != nullptr ? format_in(*m, pt) : wire::static_payload_type(static_cast<std::uint8_t>(pt));
}

}  // namespace writ::intercept
