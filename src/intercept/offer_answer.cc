// SPDX-License-Identifier: GPL-3.0-or-later
#include "intercept/offer_answer.hh"

namespace writ::intercept {

void OfferAnswer::offer(Transaction t, const wire::UdpPacket& udp, std::size_t id, bool inside,
                        const wire::Sdp& sdp) {
  Offer o;
  o.from = udp.src.ip;
  o.to = udp.dst.ip;
  o.id = id;
  o.inside = inside;
  for (const wire::SdpMedia& m : sdp.media) o.lines.emplace_back().must_encrypt = m.must_encrypt;
  offers_[std::move(t)].list.push_back(std::move(o));
}

void OfferAnswer::answer(Offers& to, Instant at, const wire::UdpPacket& udp, const wire::Sdp& sdp) {
  for (Offer& o : to.list) {
    if (o.from != udp.dst.ip || o.to != udp.src.ip) continue;
    if (!o.answered) o.answered = at;
    for (std::size_t i = 0; i < std::min(o.lines.size(), sdp.media.size()); ++i) {
      const wire::SdpMedia& m = sdp.media[i];
      Line& line = o.lines[i];
      (m.rtp.port == 0 ? line.refused : line.taken) = true;
      line.taken_secret = line.taken_secret || (m.rtp.port != 0 && m.encrypted);
    }
  }
}

void OfferAnswer::take(Instant at, const wire::UdpPacket& udp, const wire::SipMessage& m,
                       const wire::Sdp* sdp) {
  Transaction t{std::string(wire::tag_of(m.first(wire::Header::from))), m.cseq_number(), m.method};
  // What a refusal describes is what could have been, and is announced to nobody.
  if (!m.is_request && m.status >= 300) {
    if (const auto it = offers_.find(t); it != offers_.end()) it->second.refused = true;
    return;
  }
  if (sdp == nullptr) return;
  const std::size_t id = sdp_.add(at, *sdp, udp.src.ip);
  if (const auto it = offers_.find(t);
      it != offers_.end() && (!m.is_request || m.method == wire::Method::ack))
    return answer(it->second, at, udp, *sdp);
  if (m.is_request && m.method != wire::Method::ack) {
    const bool inside = !wire::tag_of(m.first(wire::Header::to)).empty();
    offer(std::move(t), udp, id, inside, *sdp);
  } else if (!m.is_request && m.method == wire::Method::invite) {
    t.method = wire::Method::ack;
    offer(std::move(t), udp, id, true, *sdp);
  }
}

void OfferAnswer::settle() {
  std::vector<SdpTimeline::Verdict> verdicts(sdp_.size());
  for (const auto& [transaction, offers] : offers_)
    for (const Offer& o : offers.list) {
      SdpTimeline::Verdict& v = verdicts[o.id];
      v.withdrawn = o.inside && offers.refused && !o.answered;
      if (o.inside) v.counts_from = o.answered;
      for (const Line& l : o.lines)
        v.lines.push_back({l.refused && !l.taken, l.must_encrypt && l.taken && !l.taken_secret});
    }
  sdp_.settle(verdicts);
}

}  // namespace writ::intercept
