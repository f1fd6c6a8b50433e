// SPDX-License-Identifier: GPL-3.0-or-later
// Which SDP counts, from when, and which of its lines (RFC 3264): an offer inside a dialog counts from its
// answer on, and not at all when it is refused; a line that the answer refuses is none; where an offer of
// SRTP is answered in the clear, the answer decides.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "intercept/streams.hh"
#include "wire/sip.hh"

namespace writ::intercept {

class OfferAnswer {
 public:
  explicit OfferAnswer(SdpTimeline& sdp) : sdp_(sdp) {}
  // Every message of the call, in order; `sdp` null where it has none.
  void take(Instant at, const wire::UdpPacket& udp, const wire::SipMessage& m, const wire::Sdp* sdp);
  // After the last one.
  void settle();

 private:
  struct Transaction {
    std::string from_tag;
    std::uint32_t cseq = 0;
    wire::Method method = wire::Method::none;  // ack: of an offer that came in the answer to an INVITE
    auto operator<=>(const Transaction&) const = default;
  };
  struct Line {  // of an offer, by all its answers: forks answer side by side
    bool must_encrypt = false;
    bool refused = false, taken = false, taken_secret = false;
  };
  struct Offer {  // on one hop
    wire::Address from, to;
    std::size_t id = 0;
    bool inside = false;  // of a dialog
    std::optional<Instant> answered;
    std::vector<Line> lines;
  };
  struct Offers {
    std::vector<Offer> list;
    bool refused = false;
  };
  void offer(Transaction t, const wire::UdpPacket& udp, std::size_t id, bool inside, const wire::Sdp& sdp);
  static void answer(Offers& to, Instant at, const wire::UdpPacket& udp, const wire::Sdp& sdp);
  SdpTimeline& sdp_;
  std::map<Transaction, Offers> offers_;
};

}  // namespace writ::intercept
