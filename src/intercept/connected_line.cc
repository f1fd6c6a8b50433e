// SPDX-License-Identifier: GPL-3.0-or-later
// Who is at the other end now: a PBX that has put another party through says so in an UPDATE or a re-INVITE,
// or in the answer to one, by a P-Asserted-Identity that was not there before (RFC 5876). Heard from trusted
// peers only, and on each hop by itself: hops write one party in several ways.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using wire::Method;
using Stage = Attachment::Stage;

namespace {

constexpr std::size_t asserted_max = 16;

// The INVITE that begins the call, and its answers.
bool begins(const Dialog& d, const wire::SipMessage& m, Side sender) {
  if (m.method != Method::invite) return false;
  const bool by_caller = m.is_request == (sender == Side::caller);
  return by_caller &&
         (m.cseq_number() == d.invite_cseq || (m.is_request && wire::tag_of(m.first(Header::to)).empty()));
}

}  // namespace

Status Engine::Impl::note_connected(Dialog& d, const wire::SipMessage& m, const Datagram& g) {
  if ((m.method != Method::invite && m.method != Method::update) || m.status >= 300 ||
      (!m.is_request && m.status < 200) || !of_the_call(d, m))
    return {};
  const std::string who = party_text(m.first(Header::p_asserted_identity));
  if (who.empty()) return {};
  const Side side = sender_side(d, m);
  const std::string hop = hop_of(g);
  const bool up = d.ever_answered || d.mid_call;
  for (Attachment& a : d.attachments) {
    const bool trusted = judge.trusted_peer(a.grant, g.udp.src.ip) || judge.trusts(a.grant, g.udp.inputs);
    if (a.stage == Stage::dropped || !trusted || !covers(a, g.at)) continue;
    auto known =
        std::ranges::find_if(a.asserted, [&](const auto& x) { return x.side == side && x.hop == hop; });
    const std::string before = known == a.asserted.end() ? party_of(a, side) : known->who;
    if (known != a.asserted.end())
      known->who = who;
    else if (a.asserted.size() < asserted_max)
      a.asserted.push_back({side, hop, who});
    if (!up || begins(d, m, side) || before == who || a.connected[side == Side::caller ? 0 : 1] == who)
      continue;
    a.connected[side == Side::caller ? 0 : 1] = who;
    WRIT_CHECK(emit_or_hold(d, a, EventType::connection, g.at,
                            {{"connected", Json::array({who, party_of(a, other(side))})},
                             {"replaced", before},
                             {"why", "connected line"},
                             {"by", side == a.target_side ? "target" : "other"}}));
  }
  return {};
}

}  // namespace writ::intercept
