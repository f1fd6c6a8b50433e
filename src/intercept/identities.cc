// SPDX-License-Identifier: GPL-3.0-or-later
// Calls whose identities become one: the Change of J-STD-025. It is said where the signalling itself makes
// one call of several: an INVITE that takes a dialog's place (Replaces, RFC 3891) and is answered, and a
// back-to-back agent that joins two calls which were up as calls of their own. Calls that a telephone or a
// focus mixes keep their identities; ConfPartyChange says who hears whom.
#include <algorithm>

#include "intercept/engine_impl.hh"

namespace writ::intercept {

using wire::Header;
using Stage = Attachment::Stage;

// Of the INVITE that begins the call: the dialog that it names by all three identifiers.
void Engine::Impl::note_replaces(Dialog& d, const wire::SipMessage& m) {
  const std::string_view value = m.first(Header::replaces);
  if (value.empty() || !d.replaces.empty()) return;
  const Dialog* old = replaced_by(value);
  if (old != nullptr && old != &d) d.replaces = old->call_id;
}

// The call that took another's place is up. Who was sent there by REFER leaves a call behind that becomes
// this one, too.
Status Engine::Impl::say_replaced(Dialog& d, Instant at) {
  if (d.replaces.empty()) return {};
  for (Attachment& a : d.attachments) {
    Json previous = Json::array();
    for (const auto& [key, each] : dialogs) {
      const Attachment* x = each->of(a.grant);
      const bool is_one = each->call_id == d.replaces || each->refer.replaces == d.replaces;
      if (each.get() != &d && is_one && x != nullptr && x->stage == Stage::live)
        previous.push_back(each->call_id);
    }
    if (previous.empty()) continue;
    WRIT_CHECK(emit_or_hold(d, a, EventType::change, at,
                            {{"previous", previous},
                             {"resulting", Json::array({d.call_id})},
                             {"why", "one call takes the place of another (Replaces)"}}));
  }
  return {};
}

// Is this message later than the call's own beginning? What joins legs then joins what was two calls.
bool is_afterwards(const Dialog& d, const wire::SipMessage& m) {
  const bool of_the_first =
      (m.method == wire::Method::invite || m.method == wire::Method::ack) && m.cseq_number() == d.invite_cseq;
  return d.ever_answered && !of_the_first;
}

}  // namespace writ::intercept
